"""Sets of rows that carry a decision: every one that is claimed flips in a refit."""

from __future__ import annotations

import numpy as np
import pytest

import afif_explorer as ax
from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fragility import decisions


def small(seed: int = 0, classes: int = 2, penalty: ax.Penalty | None = None, **kw: object) -> Fit:
    draw = np.random.default_rng(seed)
    X = draw.normal(size=(140, 4))
    score = X[:, :classes] + 0.7 * draw.gumbel(size=(140, classes))
    y = np.array(list("abc"))[score.argmax(1)]
    data = ax.Dataset.from_arrays(X, y, validation=0, test=0.4, seed=seed)
    return ax.fit(data, penalty=penalty or ax.Ridge(1e-2), **kw)


def logits(fit: Fit, theta: np.ndarray, person: int) -> np.ndarray:
    """The outputs of a linear map, by hand."""
    k, x = fit.objective.model.k, fit.data.test.X[person]
    return theta[: k * len(x)].reshape(k, -1) @ x + theta[k * len(x) :]


def decision(fit: Fit, theta: np.ndarray, person: int) -> int:
    f = logits(fit, theta, person)
    return int(f[0] >= 0) if len(f) == 1 else int(f.argmax())


@pytest.mark.parametrize("classes", [2, 3])
def test_every_refitted_set_flips_and_has_a_true_margin(classes: int) -> None:
    fit = small(classes=classes)
    found = ax.flip(fit)
    assert set(found.sets) == set(found.ids[found.counts <= 20])
    assert found.ids.tolist() == fit.data.test.ids.tolist()
    assert len(found.sets) > 3
    for name, rows in found.sets.items():
        person = found.ids.tolist().index(name)
        assert len(rows) == found.counts[person]
        refitted = ax.retrain(fit, rows, warm=False)
        assert decision(fit, refitted.theta, person) != found.decisions[person]
        checked = found.verify(name)
        assert checked.flipped
        assert checked.margin < 0
        assert checked.after == decision(fit, refitted.theta, person)
    for person in range(0, len(found), 7):
        f = logits(fit, fit.theta, person)
        assert decision(fit, fit.theta, person) == found.decisions[person]
        lead = abs(f[0]) if classes == 2 else f[found.decisions[person]] - f[found.rivals[person]]
        np.testing.assert_allclose(found.margins[person], lead, rtol=1e-10)


def test_sets_that_a_poor_method_predicts_are_extended_until_they_flip() -> None:
    fit, poor = small(1), ax.EmpiricalFisherInfluence(damping=1e-3)
    found = ax.flip(fit, method=poor)
    assert len(found.sets) > 20
    for name, rows in found.sets.items():
        theta, person = ax.retrain(fit, rows).theta, found.ids.tolist().index(name)
        assert decision(fit, theta, person) != found.decisions[person]


def test_single_rows_are_those_that_brute_force_finds() -> None:
    carried = 0
    for seed in range(4):
        fit = small(seed)
        found = ax.flip(fit)
        refits = ax.retrain_each(fit, fit.ids, ax.MeanLoss("test")).theta.T
        for person in range(len(found)):
            changed = {decision(fit, theta, person) for theta in refits} != {
                found.decisions[person]
            }
            assert changed == (found.counts[person] == 1)
            carried += changed
    assert carried >= 2


@pytest.mark.parametrize(
    "settings",
    [
        {"penalty": ax.Lasso(5e-3)},
        {"penalty": ax.Ridge(3e-2), "model": "mlp", "hidden": (3,)},
    ],
    ids=["lasso", "network"],
)
@pytest.mark.filterwarnings("ignore::afif_explorer.errors.AnotherBasin")  # as the processor rounds
def test_other_models_flip_too(settings: dict) -> None:
    fit = small(1, **settings)
    found = ax.flip(fit, refitted=6)
    assert found.sets
    assert all(found.verify(person).flipped for person in found.sets)
    assert (found.counts[np.isin(found.ids, list(found.sets))] <= 6).all()


def test_counts_beyond_the_refitted_are_predictions_with_rows() -> None:
    fit = ax.fit(ax.load_dataset("hiring"))
    found = ax.flip(fit, split="validation", most=40, refitted=2)
    predicted = np.flatnonzero(found.counts > 2)
    person = int(predicted[0])
    name = int(found.ids[person])
    rows = found.rows(name)
    assert len(rows) == found.counts[person]
    assert name not in found.sets
    # The rows are the strongest by their effect on the probability, whichever way it must move.
    target = ax.Prediction("validation", name)
    effects = ax.attribute(fit, target, ax.AFIF(leverage_correction=True), order=1)
    towards = effects if found.decisions[person] == 0 else -effects
    assert set(rows) == set(fit.ids[np.argsort(-towards)[: len(rows)]])
    lost = int(found.ids[np.isnan(found.counts)][0])
    with pytest.raises(ax.InvalidChoice, match="at most 40 training rows"):
        found.verify(lost)


def test_the_table_has_a_row_for_each_person() -> None:
    data = ax.load_dataset("hiring")
    found = ax.flip(ax.fit(data))
    table = found.to_frame()
    assert table.index.tolist() == data.test.ids.tolist()
    assert table["group"].equals(data.test.sensitive["group"].rename("group"))
    assert set(table["decision"]) == set(data.classes)
    assert len(repr(found)) < 200
    assert found.share(20) == (found.counts <= 20).mean()


def test_the_last_row_of_a_class_is_never_removed() -> None:
    X = np.array([[-3.0], [-2.5], [-2.0], [0.4], [-0.2]])
    y = np.array([0.0, 0, 0, 1, 0])
    objective = ax.Objective(ax.LinearMap(1), "bernoulli", ax.Ridge(0.1), X, y)
    fit = ax.fit_objective(objective, test=(np.array([[0.3], [1.5]]), np.array([1.0, 1.0])))
    found = ax.flip(fit)
    assert all(3 not in rows for rows in found.sets.values())
    assert all(found.verify(person).flipped for person in found.sets)


def test_what_makes_no_decisions_is_told() -> None:
    fit = ax.fit(ax.load_dataset("diabetes"))
    with pytest.raises(ax.InvalidChoice, match="makes no decisions"):
        ax.flip(fit)
    two = small()
    with pytest.raises(ax.DataError, match="has no rows"):
        ax.flip(two, split="validation")
    with pytest.raises(ax.InvalidChoice, match="is not in the test split"):
        ax.flip(two).rows(900)
    with pytest.raises(ax.InvalidChoice, match="rows most must be"):
        ax.flip(two, most=0)


def test_refits_of_a_network_that_take_too_long_are_refused_with_their_cost(monkeypatch) -> None:
    fit = small(model="mlp", hidden=(3,))
    method = ax.AFIF(damping=1e-2)
    monkeypatch.setattr(decisions, "PATIENT", 0.0)
    with pytest.raises(ax.InvalidChoice, match="would take about"):
        ax.flip(fit, method=method)
    found = ax.flip(fit, method=method, refitted=0)
    assert found.sets == {}
    assert np.isfinite(found.counts).any()
