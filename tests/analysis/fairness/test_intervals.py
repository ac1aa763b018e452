"""Bootstrap intervals of gaps and of their predicted changes, against a bootstrap by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import afif_explorer as ax
from tests.analysis.fairness.test_by_name import fitted, scores

REMOVED = slice(40)  # of the training rows


def by_hand(
    score: np.ndarray,
    weight: np.ndarray,
    groups: np.ndarray,
    pair: tuple[str, str],
    draws: int = 4000,
) -> np.ndarray:
    """Gaps ``[draws]`` of a plain loop: the rows of each of two groups drawn with replacement."""
    draw = np.random.default_rng(99)
    rows = [np.flatnonzero((groups == name) & (weight > 0)) for name in pair]
    found = np.empty((draws, *score.shape[1:]))
    for place in range(draws):
        first, second = (draw.choice(each, len(each)) for each in rows)
        found[place] = np.average(score[first], axis=0, weights=weight[first]) - np.average(
            score[second], axis=0, weights=weight[second]
        )
    return found


def agree(low: float, high: float, draws: np.ndarray, confidence: float) -> None:
    """Ends within the error of two bootstraps: a small part of the width."""
    tail = (1 - confidence) / 2
    wanted = np.quantile(draws, [tail, 1 - tail])
    assert [low, high] == pytest.approx(wanted, abs=0.06 * (wanted[1] - wanted[0]))


@pytest.mark.parametrize("soft", [True, False])
@pytest.mark.parametrize("confidence", [0.95, 0.8])
def test_the_interval_of_a_gap_is_that_of_a_bootstrap_by_hand(
    confidence: float, soft: bool
) -> None:
    fit = fitted()
    table = scores(fit, "approved", ["race"])
    score = table["mean" if soft else "decided"].to_numpy(dtype=float)
    for target, weight in (
        (ax.DemographicParityDifference("race"), np.ones(len(table))),
        (ax.EqualOpportunityDifference("race"), table["met"].to_numpy(dtype=float)),
    ):
        found = ax.bootstrap_disparity(
            fit, target, soft=soft, confidence=confidence, resamples=4000, seed=3
        )
        assert found.gap == pytest.approx(target.compare(fit, fit.parameters, soft=soft).gap)
        pair = (found.highest, found.lowest)
        agree(
            found.low,
            found.high,
            by_hand(score, weight, table["group"].to_numpy(), pair),
            confidence,
        )
        assert np.isnan([found.change, found.change_low, found.change_high]).all()


def test_weighted_means_are_resampled_with_their_weights() -> None:
    fit = fitted()
    table = scores(fit, "approved", ["sex"])
    found = ax.bootstrap_disparity(fit, ax.PredictiveParityDifference("sex"), resamples=4000)
    draws = by_hand(
        table["met"].to_numpy(dtype=float),
        table["mean"].to_numpy(),
        table["group"].to_numpy(),
        (found.highest, found.lowest),
    )
    agree(found.low, found.high, draws, 0.95)


@pytest.mark.parametrize("retrained", [False, True])
def test_the_interval_of_a_change_draws_the_same_people_before_and_after(retrained: bool) -> None:
    fit = fitted()
    target = ax.DemographicParityDifference("sex")
    unlearned = ax.unlearn(fit, fit.ids[REMOVED], targets=target)
    without, change = fit.ids[REMOVED], unlearned.effects[target]
    if retrained:
        unlearned = without = ax.retrain(fit, fit.ids[REMOVED])
        change = without.effects(target)[target]
    found = ax.bootstrap_disparity(fit, target, without, resamples=4000)
    assert found.change == pytest.approx(change, rel=1e-9)
    model, loss = fit.objective.model, fit.objective.loss
    sample = fit.sample("test")
    means = [
        loss.mean(model.outputs(fit.objective.vector(theta), sample.X))[:, 0].numpy()
        for theta in (fit.theta, unlearned.theta)
    ]
    moved = -(means[1] - means[0])  # of the first class, "approved"
    groups = fit.data.test.sensitive["sex"].to_numpy()
    draws = by_hand(moved, np.ones(len(moved)), groups, (found.highest, found.lowest))
    agree(found.change_low, found.change_high, draws, 0.95)
    assert found.change_high - found.change_low < found.high - found.low


def test_an_audit_tells_the_true_changes_of_a_refit() -> None:
    fit = fitted()
    refit = ax.retrain(fit, fit.ids[REMOVED])
    changes = ax.audit_fairness(fit, "sex", removed=refit, resamples=20).changes
    for split in ("test", "validation"):
        target = ax.DemographicParityDifference("sex", split)
        told = changes.loc[("demographic_parity", split), "change"]
        assert told == pytest.approx(refit.effects(target)[target], rel=1e-9)
    with pytest.raises(ax.InvalidChoice, match="one of another fit"):
        ax.bootstrap_disparity(fitted("three"), ax.DemographicParityDifference("sex"), refit)


def test_an_audit_has_an_interval_for_each_measure_and_each_split() -> None:
    fit = fitted()
    audit = ax.audit_fairness(fit, "race", favourable="approved", removed=fit.ids[REMOVED], seed=5)
    assert list(audit.intervals.index) == list(audit.compared.index)
    gaps = audit.disparities.stack()
    assert audit.intervals["gap"].to_numpy() == pytest.approx(gaps.to_numpy())
    splits = ("test", "validation")
    for measure, kind in (
        ("demographic_parity", ax.DemographicParityDifference),
        ("equalized_odds", ax.EqualizedOddsDifference),
    ):
        for split in splits:
            target = kind("race", split, favourable="approved")
            alone = ax.bootstrap_disparity(fit, target, fit.ids[REMOVED], seed=5)
            row = audit.changes.loc[(measure, split)]
            ends = (alone.change, alone.change_low, alone.change_high)
            assert tuple(row) == pytest.approx(ends, nan_ok=True)
    assert ax.audit_fairness(fit, "race").changes.empty
    again = ax.audit_fairness(fit, "race", favourable="approved", seed=5).intervals
    pd.testing.assert_frame_equal(again, audit.intervals)


def test_one_row_of_a_group_has_no_interval() -> None:
    draw = np.random.default_rng(2)
    frame = pd.DataFrame({"x": draw.normal(size=200), "side": ["a"] * 199 + ["b"]})
    frame["outcome"] = (frame["x"] + draw.normal(size=200) > 0).astype(int)
    data = next(
        found
        for seed in range(99)
        if "b"
        in set((found := ax.Dataset.from_frame(
            pd.concat([frame, frame.tail(1)]).reset_index(drop=True),
            target="outcome", sensitive="side", seed=seed,
        )).test.sensitive["side"])
        and (found.test.sensitive["side"] == "b").sum() == 1
        and (found.train.sensitive["side"] == "b").any()
    )  # fmt: skip
    found = ax.bootstrap_disparity(ax.fit(data), ax.DemographicParityDifference("side"))
    assert found.gap > 0
    assert min(found.rows) == 1
    assert np.isnan([found.low, found.high]).all()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"target": ax.MeanLoss("test")}, "Expected a disparity"),
        ({"removed": [1], "soft": False}, "gap of decisions has no interval"),
        ({"resamples": 0}, "number of resamples"),
        ({"confidence": 95}, "between 0 and 1"),
        ({"seed": -1}, "valid seed"),
    ],
)
def test_what_cannot_be_resampled_is_refused(arguments: dict, words: str) -> None:
    with pytest.raises(ax.InvalidChoice, match=words):
        ax.bootstrap_disparity(
            fitted(), **({"target": ax.DemographicParityDifference("sex")} | arguments)
        )
