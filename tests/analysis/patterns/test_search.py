"""Patterns: planted rows come first, and their effects are those of refits."""

from __future__ import annotations

import numpy as np
import pytest

import afif_explorer as ax
from afif_explorer.analysis.fits.fitting import Fit


@pytest.fixture(scope="module")
def hiring() -> Fit:
    return ax.fit(ax.load_dataset("hiring"))


@pytest.mark.parametrize(
    "target", [ax.MeanLoss(), ax.EqualOpportunityDifference("group")], ids=["loss", "gap"]
)
def test_the_planted_rows_of_hiring_come_first(hiring: Fit, target: ax.Target) -> None:
    first = ax.patterns(hiring, target, top=1)[0]
    assert set(first.predicates) == {"group = green", "hired = rejected", "prediction is wrong"}
    planted = np.isin(first.rows, hiring.data.planted)
    assert planted.mean() > 0.9
    assert planted.sum() > 0.8 * len(hiring.data.planted)
    assert first.p_value == 0.01
    assert first.retrained < 0


def test_effects_are_told_on_other_rows_than_patterns_are_chosen_by(hiring: Fit) -> None:
    found = ax.patterns(hiring, ax.MeanLoss("train"), depth=2, top=4, permutations=9)
    sums = {
        split: ax.attribute(hiring, ax.MeanLoss(split), ax.AFIF(leverage_correction=True), order=1)
        for split in ("validation", "test")
    }
    told = ax.MeanLoss("test")
    for one in found:
        there = np.isin(hiring.ids, one.rows)
        np.testing.assert_allclose(one.chosen, sums["validation"][there].sum(), rtol=1e-8)
        np.testing.assert_allclose(one.summed, sums["test"][there].sum(), rtol=1e-8)
        step = ax.unlearn(hiring, one.rows, ax.NewtonStep(), told).effects[told]
        np.testing.assert_allclose(one.newton, step, rtol=1e-6)
        refit = ax.retrain(hiring, one.rows).effects(told)[told]
        np.testing.assert_allclose(one.retrained, refit, rtol=1e-4, atol=1e-8)
    scores = [one.score for one in found]
    assert scores == sorted(scores)
    assert all(score < 0 for score in scores)
    assert len(found.by_chance) == 9


def test_patterns_differ_and_have_the_support_that_was_asked_for(hiring: Fit) -> None:
    found = ax.patterns(
        hiring, ax.MeanLoss(), support=(0.05, 0.1), direction="raise", verify=False, permutations=1
    )
    masks = [np.isin(hiring.ids, one.rows) for one in found]
    for place, mask in enumerate(masks):
        assert 0.05 <= mask.mean() <= 0.1
        assert found[place].summed > 0
        assert np.isnan(found[place].retrained)
        for other in masks[:place]:
            assert (mask & other).sum() <= 0.5 * (mask | other).sum()
    table = found.to_frame()
    assert table["rows"].tolist() == [len(one) for one in found]
    assert len(repr(found)) < 200
    assert len(repr(found[0])) < 250


def test_a_regression_has_ranges_of_outcome_and_error() -> None:
    data = ax.load_dataset("diabetes", validation=0)
    fit = ax.fit(data)
    found = ax.patterns(fit, ax.MeanLoss("train"), permutations=9, verify=False)
    assert any("observed - predicted" in one.words for one in found)
    assert found.target == found.chosen_by == ax.MeanLoss("test")
    assert "same rows" in found.notes[0]
    target = ax.Prediction("test", int(data.test.ids[3]))
    person = ax.patterns(fit, target, depth=1, permutations=9, verify=False)
    assert person.target == target


def test_what_cannot_be_searched_is_told(hiring: Fit) -> None:
    target = ax.MeanLoss()
    for settings, words in (
        ({"depth": 0}, "depth must be a whole number"),
        ({"support": (0.2, 0.1)}, "smallest and a largest share"),
        ({"direction": "up"}, "'lower' or 'raise'"),
        ({"split": "test"}, "two splits"),
        ({"seed": -1}, "seed must be"),
    ):
        with pytest.raises(ax.InvalidChoice, match=words):
            ax.patterns(hiring, target, **settings)
    with pytest.raises(ax.InvalidChoice, match="Expected a target"):
        ax.patterns(hiring, "loss")
    alone = ax.fit_objective(hiring.objective)
    with pytest.raises(ax.InvalidChoice, match="fit a Dataset"):
        ax.patterns(alone, ax.MeanLoss("train"))
