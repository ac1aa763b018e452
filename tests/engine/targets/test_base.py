"""Targets and disparities against NumPy, fairlearn and finite differences."""

from __future__ import annotations

import functools
import warnings

import numpy as np
import pandas as pd
import pytest
import torch

import afif_explorer as ax

SPLIT = "test"


@functools.cache
def fitted(task: str):
    draw = np.random.default_rng(0)
    n = 600
    frame = pd.DataFrame(draw.normal(size=(n, 3)), columns=["a", "b", "c"])
    frame["side"] = draw.choice(["left", "middle", "right"], n, p=[0.5, 0.3, 0.2])
    score = frame["a"] + 0.8 * (frame["side"] == "left") - 0.3 * frame["b"] + draw.normal(size=n)
    frame["outcome"] = {
        "binary": lambda: np.where(score > 0.3, "yes", "no"),
        "turned": lambda: np.where(score > 0.3, "no", "yes"),  # the larger gap is now given "no"
        "classes": lambda: np.array(["low", "mid", "top"])[np.digitize(score, [-0.5, 0.9])],
        "number": lambda: score,
        "count": lambda: draw.poisson(np.exp(0.4 * score)),
    }[task]()
    kind = dict.fromkeys(("binary", "turned", "classes"), "classification") | {
        "number": "regression"
    }
    data = ax.Dataset.from_frame(
        frame, target="outcome", sensitive=["side"], task=kind.get(task, "count"), test=0.4
    )
    return ax.fit(data, penalty=ax.Ridge(1e-2))


def parts(fit, outcome: int | None = None):
    """Mean predictions, decisions, hits and groups of the test rows, by NumPy alone."""
    split = fit.data.test
    mean = fit.predict(split.X)
    groups = split.sensitive["side"].to_numpy()
    if len(fit.data.classes) > 2:
        column = len(fit.data.classes) - 1 if outcome is None else outcome
        return mean[:, column], mean.argmax(1) == column, split.y == column, groups
    if outcome == 0:
        return 1 - mean, mean < 0.5, split.y == 0, groups
    return mean, mean >= 0.5, split.y == 1, groups


def gap(values: np.ndarray, groups: np.ndarray, among: np.ndarray | None = None) -> float:
    among = np.ones(len(values), bool) if among is None else among
    means = [values[(groups == g) & among].mean() for g in np.unique(groups)]
    return max(means) - min(means)


def value(fit, target) -> float:
    return target.bind(fit).value(fit.parameters)


@pytest.mark.parametrize("task", ["binary", "turned", "classes"])
def test_soft_disparities_are_gaps_of_mean_probabilities(task: str) -> None:
    fit = fitted(task)
    mean, _, hit, groups = parts(fit)
    wanted = {
        ax.DemographicParityDifference("side"): gap(mean, groups),
        ax.EqualOpportunityDifference("side"): gap(mean, groups, hit),
        ax.EqualizedOddsDifference("side"): max(gap(mean, groups, hit), gap(mean, groups, ~hit)),
    }
    for target, expected in wanted.items():
        assert value(fit, target) == pytest.approx(expected, rel=1e-12)
        assert expected > 0


@pytest.mark.parametrize("task", ["binary", "classes"])
def test_another_outcome_is_another_disparity(task: str) -> None:
    fit = fitted(task)
    mean, decided, hit, groups = parts(fit, outcome=0)
    for kind, among in (
        (ax.DemographicParityDifference, None),
        (ax.EqualOpportunityDifference, hit),
    ):
        target = kind("side", outcome=0)
        assert value(fit, target) == pytest.approx(gap(mean, groups, among), rel=1e-12)
        hard = target.hard(fit, fit.parameters)
        assert hard == pytest.approx(gap(decided, groups, among), rel=1e-12)
    with pytest.raises(ax.InvalidChoice, match="no class 7"):
        value(fit, ax.DemographicParityDifference("side", outcome=7))


@pytest.mark.parametrize("task", ["binary", "turned", "classes"])
def test_hard_disparities_are_fairlearns(task: str) -> None:
    fairlearn = pytest.importorskip("fairlearn.metrics")
    fit = fitted(task)
    _, decided, hit, groups = parts(fit)
    pairs = {
        ax.DemographicParityDifference("side"): fairlearn.demographic_parity_difference,
        ax.EqualOpportunityDifference("side"): fairlearn.equal_opportunity_difference,
        ax.EqualizedOddsDifference("side"): fairlearn.equalized_odds_difference,
    }
    for target, metric in pairs.items():
        theirs = metric(hit, decided, sensitive_features=groups)
        assert target.hard(fit, fit.parameters) == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize("task", ["binary", "classes", "number", "count"])
def test_gaps_of_losses_and_of_means(task: str) -> None:
    fit = fitted(task)
    mean, _, _, groups = parts(fit)
    sample = fit.sample(SPLIT)
    losses = fit.objective.loss.value(
        fit.objective.model.outputs(fit.parameters, sample.X), sample.y
    ).numpy()
    assert value(fit, ax.GroupLossDifference("side")) == pytest.approx(gap(losses, groups))
    assert value(fit, ax.MeanLoss(SPLIT)) == pytest.approx(losses.mean())
    row = int(fit.data.test.ids[5])
    assert value(fit, ax.PointLoss(SPLIT, row)) == pytest.approx(losses[5])
    assert value(fit, ax.Prediction(SPLIT, row)) == pytest.approx(mean[5])
    assert value(fit, ax.MeanPredictionDifference("side")) == pytest.approx(gap(mean, groups))
    target = ax.MeanPredictionDifference("side")
    if task in ("number", "count"):
        assert target.hard(fit, fit.parameters) == pytest.approx(gap(mean, groups))


def targets_of(task: str) -> list:
    row = int(fitted(task).data.test.ids[3])
    every = [
        ax.MeanLoss(SPLIT),
        ax.MeanLoss("train"),
        ax.PointLoss(SPLIT, row),
        ax.Prediction(SPLIT, row),
        ax.DemographicParityDifference("side"),
        ax.GroupLossDifference("side", split="validation"),
    ]
    if task in ("binary", "classes"):
        every += [ax.EqualOpportunityDifference("side"), ax.EqualizedOddsDifference("side")]
    return every


@pytest.mark.parametrize("task", ["binary", "classes", "number", "count"])
def test_gradients_are_finite_differences(task: str) -> None:
    fit = fitted(task)
    step = torch.randn(fit.objective.p, dtype=torch.float64)
    for target in targets_of(task):
        bound, h = target.bind(fit), 1e-5
        up, down = (bound.value(fit.parameters + s * h * step) for s in (1, -1))
        slope = float(bound.gradient() @ step)
        assert (up - down) / (2 * h) == pytest.approx(slope, rel=1e-5, abs=1e-8), target


def test_the_two_groups_stay_those_of_the_fit() -> None:
    """Far from the fit the disparity may turn negative: it is smooth, and its groups don't change."""
    fit = fitted("binary")
    target = ax.DemographicParityDifference("side")
    bound = target.bind(fit)
    assert bound.value(fit.parameters) > 0
    assert bound.value(-fit.parameters) < 0
    assert target.hard(fit, -fit.parameters) > 0


def lonely(rows: int, outcome: bool):
    """A fit whose test rows hold one group only, or one group only among those with the outcome."""
    draw = np.random.default_rng(1)
    frame = pd.DataFrame({"a": draw.normal(size=300), "side": draw.choice(["x", "y"], 300)})
    frame["outcome"] = (frame["a"] + draw.normal(size=300) > 0).astype(int)
    data = ax.Dataset.from_frame(frame, target="outcome", sensitive=["side"])
    fit = ax.fit(data)
    sample = fit.samples[SPLIT]
    codes = np.array(sample.groups["side"])
    codes[(sample.y == 1).numpy() if outcome else slice(None)] = 0
    codes[:rows] = -1
    sample.groups["side"] = codes
    return fit


def test_one_group_is_no_disparity() -> None:
    with pytest.raises(ax.DataError, match=r"needs two groups.*'side'.*test split"):
        ax.attribute(lonely(0, False), ax.DemographicParityDifference("side"))
    fit = lonely(0, True)
    assert value(fit, ax.DemographicParityDifference("side")) >= 0
    with pytest.raises(ax.DataError, match="among rows with the outcome only 1 group"):
        value(fit, ax.EqualOpportunityDifference("side"))


def test_rows_of_an_unknown_group_do_not_count() -> None:
    fit = lonely(10, True)
    sample = fit.samples[SPLIT]
    codes, mean = sample.groups["side"], fit.predict(sample.X)
    known = gap(mean[codes >= 0], codes[codes >= 0])
    assert value(fit, ax.DemographicParityDifference("side")) == pytest.approx(known)


@pytest.mark.parametrize(
    ("target", "error", "words"),
    [
        (
            ax.DemographicParityDifference("age"),
            ax.InvalidChoice,
            "'age' is not a sensitive .*'side'",
        ),
        (ax.MeanLoss("exam"), ax.InvalidChoice, "no split 'exam'"),
        (ax.PointLoss(SPLIT, 10_000), ax.InvalidChoice, "Row 10000 is not in the test split"),
        (ax.PointLoss(SPLIT, -1), ax.InvalidChoice, "Row -1 is not in the test split"),
    ],
)
def test_targets_that_do_not_exist_are_refused(target, error, words) -> None:
    with pytest.raises(error, match=words):
        value(fitted("binary"), target)


def test_disparities_of_classes_are_refused_for_numbers() -> None:
    with pytest.raises(ax.InvalidChoice, match="defined for classification"):
        value(fitted("number"), ax.EqualOpportunityDifference("side"))


def test_an_empty_split_is_refused() -> None:
    fit = ax.fit(ax.load_dataset("hiring", validation=0))
    with pytest.raises(ax.DataError, match="validation split has no rows"):
        ax.attribute(fit, ax.MeanLoss("validation"))


@pytest.mark.parametrize("task", ["binary", "classes", "number", "count"])
def test_an_audit_holds_every_measure_of_the_task(task: str) -> None:
    fit = fitted(task)
    audit = ax.audit_fairness(fit, "side")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isfinite(audit.effects.to_numpy()).all()
    assert list(audit.effects.columns) == list(audit.disparities.index)
    assert len(audit.effects) == len(fit.data.train)
    assert list(audit.effects.index) == list(fit.data.train.ids)
    assert audit.groups["rows"].sum() == len(fit.data.test)
    first = audit.disparities["soft"].iloc[0]
    means = audit.groups["mean_prediction"]
    assert first == pytest.approx(means.max() - means.min())


def with_group(rare: int, positives: int, seed: int = 5) -> ax.Dataset:
    """Groups a and b of either outcome, and ``rare`` rows of c, so many of them positive."""
    draw = np.random.default_rng(seed)
    side = np.array(["c"] * rare + ["a"] * 300 + ["b"] * 240)
    frame = pd.DataFrame({"x": draw.normal(size=len(side)), "z": draw.normal(size=len(side))})
    frame["side"] = side
    score = frame["x"] + (side == "a") + draw.normal(size=len(side))
    frame["outcome"] = np.where(score > 0.5, "yes", "no")
    frame.loc[side == "c", "outcome"] = "no"
    frame.loc[: positives - 1, "outcome"] = "yes"
    return ax.Dataset.from_frame(
        frame, target="outcome", sensitive=["side"], validation=0.2, test=0.2, seed=seed
    )


FAIRLEARN = {
    "demographic_parity": "demographic_parity_difference",
    "equal_opportunity": "equal_opportunity_difference",
    "equalized_odds": "equalized_odds_difference",
}


def test_a_group_without_the_outcome_is_named_with_fairlearns_number() -> None:
    fairlearn = pytest.importorskip("fairlearn.metrics")
    fit = ax.fit(with_group(50, 0))
    with pytest.warns(ax.Undefined, match="No row with the outcome 'yes'.*'c' of 'side'"):
        audit = ax.audit_fairness(fit, "side")
    decided, split = fit.predict(fit.data.test.X) >= 0.5, fit.data.test
    for measure, name in FAIRLEARN.items():
        ours = audit.disparities.loc[measure, "hard"]
        theirs = getattr(fairlearn, name)(split.y, decided, sensitive_features=split.sensitive.side)
        if ours != pytest.approx(theirs, abs=1e-12):
            title = measure.replace("_", " ").capitalize()
            [told] = [
                note for note in audit.notes if note.startswith(title) and "fairlearn" in note
            ]
            assert f"would be {theirs:.4g} instead of {ours:.4g}" in told
            among = split.sensitive.side.isin(["a", "b"]).to_numpy()  # where all are defined
            again = getattr(fairlearn, name)(
                split.y[among], decided[among], sensitive_features=split.sensitive.side[among]
            )
            assert ours == pytest.approx(again, abs=1e-12)
    assert audit.disparities.notna().all().all()
    assert any("Group 'c' of 'side' has no test rows with" in note for note in fit.data.notes)
    with pytest.warns(ax.Undefined, match="'c' of 'side'"):
        ax.attribute(fit, ax.EqualOpportunityDifference("side"))
    with pytest.warns(ax.Undefined, match="'c' of 'side'"):
        ax.unlearn(fit, fit.ids[:1], targets=ax.EqualOpportunityDifference("side"))


def test_a_group_of_one_split_alone_is_compared_there_and_named() -> None:
    fairlearn = pytest.importorskip("fairlearn.metrics")
    data = next(found for seed in range(99) if in_test_alone(found := with_group(1, 0, seed)))
    fit = ax.fit(data)
    split = data.test
    decided = fit.predict(split.X) >= 0.5
    theirs = fairlearn.demographic_parity_difference(
        split.y, decided, sensitive_features=split.sensitive.side
    )
    target = ax.DemographicParityDifference("side")
    assert target.hard(fit, fit.parameters) == pytest.approx(theirs, abs=1e-12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ax.Undefined)
        audit = ax.audit_fairness(fit, "side")
    assert audit.groups["rows"].to_dict() == split.sensitive.side.value_counts().to_dict()
    for words in ("training", "validation"):
        assert f"Group 'c' of 'side' has no {words} rows." in data.notes


def in_test_alone(data: ax.Dataset) -> bool:
    others = pd.concat([data.train.sensitive.side, data.validation.sensitive.side])
    return "c" in set(data.test.sensitive.side) - set(others)


def test_an_undefined_measure_leaves_the_others_standing() -> None:
    fairlearn = pytest.importorskip("fairlearn.metrics")
    draw = np.random.default_rng(1)
    x, side = draw.normal(size=400), np.repeat(["a", "b"], 200)
    frame = pd.DataFrame({"x": x, "z": draw.normal(size=400), "side": side})
    frame["outcome"] = ((x > 0) & (side == "a")).astype(int)
    fit = ax.fit(ax.Dataset.from_frame(frame, target="outcome", sensitive=["side"]))
    with pytest.warns(ax.Undefined, match="only 1 group"):
        audit = ax.audit_fairness(fit, "side")
    undefined = ["equal_opportunity", "equalized_odds"]
    assert audit.disparities.loc[undefined].isna().all().all()
    assert audit.effects[undefined].isna().all().all()
    others = ["demographic_parity", "group_loss"]
    assert audit.disparities.loc[others].notna().all().all()
    for measure in others:
        kind = ax.DemographicParityDifference if "parity" in measure else ax.GroupLossDifference
        alone = ax.attribute(fit, kind("side"))
        np.testing.assert_allclose(audit.effects[measure], alone, rtol=1e-12, atol=1e-18)
    split = fit.data.test
    theirs = fairlearn.demographic_parity_difference(
        split.y, fit.predict(split.X) >= 0.5, sensitive_features=split.sensitive.side
    )
    assert audit.disparities.loc["demographic_parity", "hard"] == pytest.approx(theirs, abs=1e-12)
    for title in ("Equal opportunity", "Equalized odds"):
        [note] = [note for note in audit.notes if note.startswith(title)]
        assert "among rows with the outcome '1' only 1 group of 'side' ('a')" in note
    with pytest.raises(ax.UndefinedMeasure):
        ax.attribute(fit, ax.EqualOpportunityDifference("side"))


def test_an_audit_says_which_groups_it_compares_and_how_large_they_are() -> None:
    fit = ax.fit(with_group(60, 30))
    audit = ax.audit_fairness(fit, "side")
    split = fit.data.test
    side, mean = split.sensitive.side, fit.predict(split.X)
    among = {"demographic_parity": side == side, "equal_opportunity": split.y == 1}
    for measure, rows in among.items():
        for form, score in (("soft", mean), ("hard", mean >= 0.5)):
            table = pd.DataFrame({"side": side, "score": score})[rows].groupby("side")["score"]
            found = audit.compared.loc[(measure, form)]
            assert found["highest"] == table.mean().idxmax()
            assert found["lowest"] == table.mean().idxmin()
            assert found["highest_rows"] == table.size()[found["highest"]]
            assert found["lowest_rows"] == table.size()[found["lowest"]]
            small = found[["highest_rows", "lowest_rows"]].min() < 30
            title = measure.replace("_", " ").capitalize()
            told = [note for note in audit.notes if note.startswith(f"{title}: Fewer than 30")]
            assert bool(told) >= small
    assert any("may be due to chance" in note for note in audit.notes)
