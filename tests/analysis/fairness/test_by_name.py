"""Favourable class, groups and intersections by name, against pandas and fairlearn."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from fairlearn import metrics as fairlearn

import afif_explorer as ax
from afif_explorer.datasets.favourable import guess

CLASSES = {
    "two": ["approved", "denied"],
    "three": ["approved", "denied", "on hold"],
}
FAIRLEARN = {
    ax.DemographicParityDifference: fairlearn.demographic_parity_difference,
    ax.EqualOpportunityDifference: fairlearn.equal_opportunity_difference,
    ax.EqualizedOddsDifference: fairlearn.equalized_odds_difference,
}


@functools.cache
def fitted(kind: str = "two") -> ax.Fit:
    draw = np.random.default_rng(4)
    n = 900
    frame = pd.DataFrame(draw.normal(size=(n, 3)), columns=["a", "b", "c"])
    frame["sex"] = draw.choice(["F", "M"], n)
    frame["race"] = draw.choice(["Black", "Other", "White"], n, p=[0.4, 0.05, 0.55])
    score = frame["a"] + 0.9 * (frame["sex"] == "M") + 0.6 * (frame["race"] == "White")
    score = score + draw.normal(size=n)
    frame["decision"] = np.array(CLASSES[kind])[
        np.digitize(-score, [-0.6] if kind == "two" else [-1.0, 0.4])
    ]
    data = ax.Dataset.from_frame(
        frame, target="decision", sensitive=["sex", "race"], include_sensitive=True, test=0.4
    )
    return ax.fit(data, penalty=ax.Ridge(1e-2))


def scores(fit: ax.Fit, favourable: str, columns: list[str]) -> pd.DataFrame:
    """Probability, decision and truth of the favourable class, and the groups, by NumPy and pandas."""
    place, test = fit.data.classes.index(favourable), fit.data.test
    mean = fit.predict(test.X)
    each = np.stack([1 - mean, mean], axis=1) if mean.ndim == 1 else mean
    return pd.DataFrame(
        {
            "mean": each[:, place],
            "decided": each.argmax(1) == place,
            "met": test.y == place,
            "group": [group_name(columns, row) for row in test.sensitive[columns].to_numpy()],
        }
    )


def group_name(columns: list[str], row: Sequence[str]) -> str:
    """A level, or ``sex=F, race=Black`` for those of several columns."""
    named = [f"{column}={level}" for column, level in zip(columns, row, strict=True)]
    return ", ".join(named) if len(columns) > 1 else row[0]


def value(fit: ax.Fit, target: ax.Target) -> float:
    return target.bind(fit).value(fit.parameters)


@pytest.mark.parametrize("columns", [["sex"], ["race"], ["sex", "race"]])
@pytest.mark.parametrize(("kind", "favourable"), [("two", "approved"), ("three", "on hold")])
def test_disparities_of_a_named_class_are_pandas_and_fairlearns(
    kind: str, favourable: str, columns: list[str]
) -> None:
    fit = fitted(kind)
    table = scores(fit, favourable, columns)
    means = table.groupby("group")["mean"].mean()
    parity = ax.DemographicParityDifference(columns, favourable=favourable)
    assert value(fit, parity) == pytest.approx(means.max() - means.min(), rel=1e-12)
    who = fit.data.test.sensitive[columns]
    for target, metric in FAIRLEARN.items():
        found = target(columns, favourable=favourable).compare(fit, fit.parameters, soft=False)
        theirs = metric(
            table["met"], table["decided"], sensitive_features=who.reset_index(drop=True)
        )
        assert found.as_zero == pytest.approx(theirs, abs=1e-12)
        if not found.left_out:
            assert found.gap == pytest.approx(theirs, abs=1e-12)


def test_a_pair_of_groups_is_compared_whatever_the_others_are() -> None:
    fit = fitted()
    means = scores(fit, "approved", ["race"]).groupby("group")["mean"].mean()
    target = ax.DemographicParityDifference("race", groups=("Black", "Other"))
    assert value(fit, target) == pytest.approx(abs(means["Black"] - means["Other"]), rel=1e-12)
    means = scores(fit, "approved", ["sex", "race"]).groupby("group")["mean"].mean()
    pair = (("F", "Black"), ("M", "White"))
    target = ax.DemographicParityDifference(["sex", "race"], groups=pair)
    found = target.compare(fit, fit.parameters)
    high, low = "sex=M, race=White", "sex=F, race=Black"
    assert (found.highest, found.lowest) == (high, low)
    assert found.gap == pytest.approx(means[high] - means[low], rel=1e-12)
    effects = ax.attribute(fit, [target, ax.MeanLoss("test")])
    place = int(np.nanargmax(np.abs(effects[:, 0])))
    truth = ax.retrain(fit, fit.ids[[place]]).effects(target)[target]
    assert effects[place, 0] == pytest.approx(truth, rel=0.05)


@pytest.mark.parametrize(
    ("classes", "name"),
    [
        (("approved", "denied"), "approved"),
        (("rejected", "hired"), "hired"),
        (("Default", "fine"), "fine"),
        (("<=50K", ">50K"), ">50K"),
        (("0", "1"), "1"),
        (("bad", "good", "great"), "good"),
        (("a", "b", "c"), "c"),
    ],
)
def test_the_favourable_class_is_guessed_from_its_name(classes: tuple[str, ...], name: str) -> None:
    found = guess(classes)
    assert found is not None
    assert (found.name, classes[found.place]) == (name, name)
    assert guess(()) is None


def test_a_guess_is_told_and_a_choice_is_not() -> None:
    fit = fitted()
    told = "'approved' is taken to be the favourable class, by its name."
    audit, chosen = (ax.audit_fairness(fit, "sex", favourable=name) for name in (None, "approved"))
    assert told in audit.notes
    assert not any("taken to be" in note for note in chosen.notes)
    pd.testing.assert_frame_equal(audit.disparities, chosen.disparities)
    other = ax.audit_fairness(fit, "sex", favourable="denied").disparities
    named = ax.EqualOpportunityDifference("sex", favourable="denied")
    assert other.loc["equal_opportunity", "soft"] == pytest.approx(value(fit, named), rel=1e-12)
    assert (
        other.loc["equal_opportunity", "soft"] != audit.disparities.loc["equal_opportunity", "soft"]
    )


@pytest.mark.parametrize(
    ("target", "guesses"),
    [
        (ax.EqualOpportunityDifference("sex"), 1),
        ([ax.EqualOpportunityDifference("sex"), ax.EqualOpportunityDifference("race")], 1),
        (ax.EqualOpportunityDifference("sex", favourable="approved"), 0),
        (ax.EqualOpportunityDifference("sex", outcome=0), 0),
        (ax.DemographicParityDifference("sex"), 0),  # the same for both classes
        (ax.GroupLossDifference("sex"), 0),
        (ax.MeanLoss("test"), 0),
    ],
)
def test_effects_on_a_guessed_class_warn_once(target: ax.Target, guesses: int) -> None:
    fit = fitted()
    for call in (ax.attribute, lambda fit, target: ax.unlearn(fit, fit.ids[:1], targets=target)):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            call(fit, target)
        told = [str(one.message) for one in caught if one.category is ax.Guessed]
        assert len(told) == guesses
        assert all("'approved'" in words and "favourable=" in words for words in told)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"favourable": "aproved"}, "no class 'aproved'; the classes are: 'approved', 'denied'"),
        ({"favourable": 1}, "no class 1"),
        ({"groups": ("F", "X")}, "'X' is not a group of 'sex'; there are: 'F', 'M'"),
        ({"groups": ("F", "F")}, "two groups"),
        ({"groups": "F"}, "two groups"),
        ({"minimum": 0}, "minimum number of rows"),
        ({"favourable": "denied", "outcome": 1}, "give one of them"),
        ({"sensitive": []}, "name of a sensitive attribute"),
        ({"sensitive": ["sex", 3]}, "name of a sensitive attribute"),
        ({"sensitive": ["sex", "age"]}, "'age' is not a sensitive attribute"),
    ],
)
def test_names_that_do_not_exist_are_refused_in_a_sentence(arguments: dict, words: str) -> None:
    with pytest.raises(ax.InvalidChoice, match=words):
        value(fitted(), ax.DemographicParityDifference(**({"sensitive": "sex"} | arguments)))


def test_numbers_have_no_favourable_class() -> None:
    fit = ax.fit(ax.load_dataset("diabetes"))
    with pytest.raises(ax.InvalidChoice, match="this model predicts numbers"):
        value(fit, ax.MeanPredictionDifference("sex", favourable="high"))


def test_intersections_whose_names_collide_stay_apart() -> None:
    draw = np.random.default_rng(0)
    pairs = [("x, q=y", "z"), ("x", "y, q=z")]
    rows = [pairs[i] for i in draw.integers(2, size=200)]
    frame = pd.DataFrame(rows, columns=["p", "q"]).assign(a=draw.normal(size=200))
    frame["outcome"] = (frame["a"] + draw.normal(size=200) > 0).astype(int)
    fit = ax.fit(ax.Dataset.from_frame(frame, target="outcome", sensitive=["p", "q"]))
    target = ax.DemographicParityDifference(["p", "q"], groups=pairs)
    who = fit.data.test.sensitive["p"]
    means = pd.Series(fit.predict(fit.data.test.X), who.index).groupby(who).mean()
    assert value(fit, target) == pytest.approx(abs(means.diff().iloc[-1]), rel=1e-12)
