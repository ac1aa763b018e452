"""The selection bar's numbers equal those of the public functions."""

from __future__ import annotations

import numpy as np
import pytest

import afif_explorer as ax
from afif_explorer import study
from afif_explorer.spec import Spec

DATA = ax.load_dataset("hiring")
ROWS = ax.rows_where(DATA, "group = green and hired = rejected and test score > 55")
SPEC = Spec(target="demographic_parity", selected=tuple(ROWS.tolist()))
TARGETS = {
    "target": ax.DemographicParityDifference("group", split="test"),
    "loss": ax.MeanLoss("test"),
    "accuracy": ax.SoftAccuracy("test"),
}


@pytest.fixture(scope="module")
def fit() -> ax.Fit:
    return ax.fit(DATA, penalty=ax.Ridge(SPEC.strength))


def test_the_changes_are_those_of_unlearn_and_retrain(fit: ax.Fit) -> None:
    found = study.removal(SPEC, retrained=True)
    predicted = ax.unlearn(fit, ROWS, targets=list(TARGETS.values()))
    truth = ax.retrain(fit, ROWS).effects(list(TARGETS.values()))
    assert [one.of.key for one in found.changes] == list(TARGETS)
    for one in found.changes:
        target = TARGETS[one.of.key]
        assert one.predicted == pytest.approx(predicted.effects[target], rel=1e-9)
        assert one.retrained == pytest.approx(truth[target], rel=1e-6)
        assert one.reach.level == predicted.target_reach[target].level
    assert found.ids.tolist() == ROWS.tolist()
    assert found.traits[0].words == str(ax.profile(DATA, ROWS)[0].condition)


def test_what_the_browser_adds_up_are_the_effects_of_attribute(fit: ax.Fit) -> None:
    found, change = study.brush(SPEC), study.removal(SPEC).changes
    effects = np.asarray(ax.attribute(fit, list(TARGETS.values())))
    np.testing.assert_allclose(found.effects, effects.T, rtol=1e-5, atol=1e-12)
    assert found.effects.dtype == np.float32
    sums = effects[np.isin(DATA.train.ids, ROWS)].sum(0)
    assert [one.summed for one in change] == pytest.approx(sums.tolist(), rel=1e-5)


def test_the_effects_are_computed_once_for_the_browser_and_the_removal(monkeypatch) -> None:
    spec = SPEC.replace(strength=0.0123)
    known = study.brush(spec)
    monkeypatch.setattr("afif_explorer.study.views.removals.watched.effects_of", None)
    assert study.brush(spec) is known
    assert study.removal(spec).changes


def test_a_mean_loss_is_followed_beside_a_gap() -> None:
    watched = study.brush(Spec()).watched
    assert [(one.key, one.label) for one in watched] == [
        ("target", "mean loss of the test rows"),
        ("accuracy", "soft accuracy of the test rows"),
        ("gap", "demographic parity gap by group on the test rows"),
    ]


def test_rows_that_cannot_be_removed_together_are_still_described() -> None:
    rows = ax.rows_where(DATA, "hired = hired")
    found = study.removal(SPEC.replace(selected=tuple(rows.tolist())))
    assert (found.changes, found.traits[0].words) == ((), "hired = hired")
    assert "hired" in found.refused
    assert study.removal(SPEC.replace(selected=())) is None


def test_soft_accuracy_is_the_mean_probability_of_the_observed_class(fit: ax.Fit) -> None:
    mean = fit.predict(DATA.test.X)
    observed = np.where(DATA.test.y == 1, mean, 1 - mean)
    assert study.brush(Spec()).watched[1].value == pytest.approx(observed.mean(), rel=1e-12)
    digits = ax.load_dataset("digits")
    several = ax.fit(digits)
    told = ax.SoftAccuracy("test").bind(several).value(several.parameters)
    picked = several.predict(digits.test.X)[np.arange(len(digits.test)), digits.test.y]
    assert told == pytest.approx(picked.mean(), rel=1e-12)
    with pytest.raises(ax.InvalidChoice, match="one of several classes"):
        ax.attribute(ax.fit(ax.load_dataset("diabetes")), ax.SoftAccuracy("test"))
