"""Reach: estimated errors agree with refits, for non-smooth penalties, networks and cancelling effects."""

from __future__ import annotations

import numpy as np
import pytest

import afif_explorer as ax
from afif_explorer.analysis.removal.reach import FAIR, GOOD, judge
from afif_explorer.engine.influence import refinement
from benchmarks.reach_calibration import cancelling, measure, sets, word

PENALTIES = (ax.Ridge(1e-3), ax.Lasso(1e-2), ax.ElasticNet(1e-2), ax.GroupLasso(1e-2))


def hiring(penalty: ax.Penalty) -> ax.Fit:
    return ax.fit(ax.load_dataset("hiring"), model="logistic", penalty=penalty)


@pytest.mark.parametrize("penalty", PENALTIES, ids=lambda penalty: type(penalty).__name__)
def test_errors_are_as_large_as_expected_with_kinks_too(penalty: ax.Penalty) -> None:
    fit = hiring(penalty)
    effects = ax.attribute(fit, ax.MeanLoss("test"))
    gone = [np.random.default_rng(0).choice(fit.n, 140, replace=False), np.argsort(-effects)[:40]]
    for rows in gone:
        case = measure(fit, rows)
        for expected, actual, captured in zip(case.reach, case.actual, case.captured, strict=True):
            assert expected.expected_error == pytest.approx(actual, rel=0.02)
            assert (expected.captured < 1) == (captured < 1)


def test_a_step_that_leaves_the_wrong_parameters_at_zero_is_off_by_that_too() -> None:
    """Least squares and a lasso: a second step with the curvature that is left is the refit itself."""
    draw = np.random.default_rng(0)
    X = draw.normal(size=(60, 8))
    y = X @ np.array([1.0, 0.5, 0.3, 0.2, 0, 0, 0, 0]) + draw.normal(size=60)
    fit = ax.fit_objective(
        ax.Objective(ax.LinearMap(8), "gaussian", ax.Lasso(0.15), X, y), test=(X[:20], y[:20])
    )
    methods = (ax.AFIF(leverage_correction=False), ax.AFIF())
    rows = np.arange(20)
    plain, corrected = (ax.unlearn(fit, fit.ids[rows], method).theta for method in methods)
    refit = ax.retrain(fit, fit.ids[rows]).theta
    assert ((plain == 0) != (refit == 0)).any()
    np.testing.assert_allclose(corrected, refit, atol=1e-8)  # without the rows' own curvature
    case = measure(fit, rows)
    for expected, actual in zip(case.reach, case.actual, strict=True):
        assert expected.expected_error == pytest.approx(actual, rel=1e-6)


@pytest.mark.parametrize("share", [0.005, 0.05, 0.2])
def test_errors_of_networks_are_as_large_as_expected_or_unsure(share: float) -> None:
    data = ax.load_dataset("hiring")
    fit = ax.fit(data, model="mlp", penalty=ax.Ridge(1e-2), hidden=(4,))
    cases = [measure(fit, rows) for rows in sets(fit, share).values()]
    for case in cases:
        for expected, actual in zip(case.reach, case.actual, strict=True):
            assert actual <= {"good": GOOD, "fair": FAIR, "poor": np.inf}[expected.level]
            if word(expected) != "unsure":
                assert expected.expected_error == pytest.approx(actual, rel=0.1)
    assert sum(word(case.reach[0]) == "unsure" for case in cases) <= 1


def test_reach_is_poor_without_convergence(monkeypatch) -> None:
    fit, loss = hiring(ax.Ridge(1e-3)), ax.MeanLoss("test")
    assert ax.unlearn(fit, fit.ids[[5]], targets=[loss]).reach.level == "good"
    monkeypatch.setattr(refinement, "DIRECTLY", (1, 1))
    unlearned = ax.unlearn(fit, fit.ids[[5]], targets=[loss])
    for one in (unlearned.reach, unlearned.target_reach[loss]):
        assert one.level == "poor"
        assert one.expected_error == np.inf
        assert "cannot be estimated" in one.text


@pytest.mark.parametrize("solver", [ax.ConjugateGradient(), ax.LiSSA(), ax.Dual()])
def test_every_solver_has_the_same_reach(solver) -> None:
    fit, rows = hiring(ax.Ridge(1e-2)), range(50)
    wanted = ax.unlearn(fit, fit.ids[rows]).reach.expected_error
    plain = ax.unlearn(fit, fit.ids[rows], ax.AFIF(solver=solver))
    near = 0.3 if isinstance(solver, ax.LiSSA) else 0.02
    assert plain.reach.expected_error == pytest.approx(wanted, rel=near)
    assert "do not converge" not in plain.reach.text


@pytest.mark.parametrize("rows", [[5], range(5), range(40)], ids=["one", "five", "forty rows"])
def test_a_network_with_kinks_is_judged_by_its_hessian(rows) -> None:
    draw = np.random.default_rng(0)
    X = draw.normal(size=(300, 4))
    y = np.sin(2 * X[:, 0]) + X[:, 1] ** 2 / 2 + 0.5 * draw.normal(size=300)
    model = ax.MLP(4, (3,), 1)
    objective = ax.Objective(model, "gaussian", ax.Lasso(1e-2), X[:200], y[:200])
    case = measure(ax.fit_objective(objective, test=(X[200:], y[200:])), np.array(rows))
    assert case.reach[0].expected_error == pytest.approx(case.actual[0], rel=0.02)


@pytest.mark.parametrize("penalty", PENALTIES[:2], ids=lambda penalty: type(penalty).__name__)
def test_a_target_on_which_effects_cancel_is_trusted_less_than_the_parameters(penalty) -> None:
    fit = hiring(penalty)
    case = measure(fit, cancelling(ax.attribute(fit, ax.MeanLoss("test")), 70))
    parameters, target = case.reach
    assert (parameters.level, target.level) == ("fair", "poor")
    assert target.expected_error == pytest.approx(case.actual[1], rel=0.02)
    assert target.expected_error > 2 * parameters.expected_error
    assert "cancel" in target.text
    assert "Too much" not in target.text


def test_an_empty_removal_is_reliable_and_a_zero_change_is_described() -> None:
    fit, loss = hiring(ax.Ridge(1e-3)), ax.MeanLoss("test")
    reach = ax.unlearn(fit, [], targets=[loss])
    assert reach.reach.expected_error == reach.target_reach[loss].expected_error == 0
    assert reach.target_reach[loss].captured == 1
    assert "more than 1000 %" in judge(1e300, 2.0, 0.1, 0.1, "target's", "Retrain.").text


@pytest.mark.parametrize(("captured", "word"), [(0.8, "too small"), (1.2, "too large")])
def test_a_fair_prediction_says_to_which_side_it_errs(captured: float, word: str) -> None:
    assert word in judge(0.2, captured, 0.1, 0.1, "target's", "Retrain.").text


def test_refined_unlearning_is_the_refit() -> None:
    fit, target = ax.fit(ax.load_dataset("hiring")), ax.MeanLoss("test")
    rows = fit.ids[np.argsort(-np.asarray(fit.data.train.y))[:150]]
    truth = ax.retrain(fit, rows)
    plain, refined = (ax.unlearn(fit, rows, targets=target, refine=one) for one in (False, True))
    away = [np.linalg.norm(one.theta - truth.theta) for one in (plain, refined)]
    assert away[1] < 0.02 * away[0]
    change = truth.effects(target)[target]
    np.testing.assert_allclose(refined.effects[target], change, rtol=0.01)
    assert refined.reach.level == "good"
