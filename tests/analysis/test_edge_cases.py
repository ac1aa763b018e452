"""Edge cases of rows and data: a correct result, or one clear error message."""

from __future__ import annotations

import functools
import re

import numpy as np
import pytest
import torch

import afif_explorer as ax
from afif_explorer.engine.models.model import LinearMap

DRAW = np.random.default_rng(0)


@functools.cache
def hiring():
    return ax.fit(ax.load_dataset("hiring"), penalty=ax.Ridge(1e-3))


def of_rows(X, y, loss="gaussian", penalty=ax.Ridge(1e-3), k=1, new=None):  # noqa: B008 - frozen
    X = np.asarray(X, dtype=float)
    objective = ax.Objective(LinearMap(X.shape[1], k), loss, penalty, X, y)
    return ax.fit_objective(objective, test=(X, y if new is None else new))


def one_sentence(error: pytest.ExceptionInfo) -> None:
    text = str(error.value)
    assert "\n" not in text
    assert re.fullmatch(r"[A-Z].*\.", text), text
    assert len(text) < 250


def with_a_lone_row(penalty) -> tuple:
    """A 0/1 column that is 1 in row 0 only: its leverage is 1 without a penalty."""
    X = DRAW.normal(size=(30, 3))
    X[:, 2] = 0
    X[0, 2] = 1
    return X, of_rows(X, X[:, 0] + DRAW.normal(size=30), penalty=penalty)


def test_a_row_that_alone_fixes_a_parameter_has_leverage_one_and_no_corrected_effect() -> None:
    _, fit = with_a_lone_row(None)
    table = ax.diagnostics(fit)
    assert table["leverage"].iloc[0] == pytest.approx(1.0)
    assert np.isnan(table["cooks_distance"].iloc[0])
    assert np.isfinite(table["cooks_distance"].iloc[1:]).all()
    with pytest.warns(ax.Undefined, match=r"1 training row \(row 0\) is NaN"):
        effects = ax.attribute(fit, ax.MeanLoss("test"))
    assert np.flatnonzero(np.isnan(effects)).tolist() == [0]
    stays = ax.unlearn(fit, [0, 5]).theta
    others = ax.retrain(fit, [0, 5]).theta
    np.testing.assert_allclose(np.delete(stays, 2), np.delete(others, 2), rtol=1e-8)


def test_a_column_that_turns_constant_after_the_removal_is_no_trouble_with_a_penalty() -> None:
    _, fit = with_a_lone_row(ax.Ridge(1e-3))
    loss = ax.MeanLoss("test")
    truth = ax.retrain(fit, [0])
    assert truth.converged
    effect = ax.attribute(fit, loss, ax.AFIF(leverage_correction=True))[0]
    assert effect == pytest.approx(truth.effects([loss])[loss], rel=1e-6)
    assert truth.theta[2] == pytest.approx(0, abs=1e-10)


def test_duplicated_rows_have_the_same_effect_and_each_counts() -> None:
    X = DRAW.normal(size=(20, 2))
    y = (X[:, 0] + DRAW.normal(size=20) > 0).astype(float)
    fit = of_rows(np.vstack([X, X]), np.concatenate([y, y]), "bernoulli")
    effects = ax.attribute(fit, ax.MeanLoss("test"))
    np.testing.assert_allclose(effects[:20], effects[20:], rtol=1e-9)
    alone = of_rows(X, y, "bernoulli")
    np.testing.assert_allclose(fit.theta, alone.theta, rtol=1e-7)
    halves = ax.diagnostics(fit)["leverage"].to_numpy()[:20] * 2
    np.testing.assert_allclose(halves, ax.diagnostics(alone)["leverage"], rtol=1e-7)


@pytest.mark.parametrize("which", ["constant", "duplicate"])
def test_columns_that_say_nothing_new_are_solved_on_the_range(which: str) -> None:
    """Without a penalty the curvature is singular; effects on predictions are those of the plain fit."""
    X = DRAW.normal(size=(40, 3))
    y = X[:, 0] + DRAW.normal(size=40)
    more = np.column_stack([X, np.full(40, 2.0) if which == "constant" else X[:, 1]])
    loss, new = ax.PointLoss("test", 3), y + DRAW.normal(size=40)
    effects, plain = (
        ax.attribute(of_rows(rows, y, penalty=None, new=new), loss) for rows in (more, X)
    )
    np.testing.assert_allclose(effects, plain, rtol=1e-6, atol=1e-12)


def test_more_parameters_than_rows_without_a_penalty_name_a_damping() -> None:
    X = DRAW.normal(size=(5, 9))
    y = DRAW.normal(size=5)
    new = DRAW.normal(size=(3, 9))
    objective = ax.Objective(LinearMap(9), "gaussian", None, X, y)
    fit = ax.fit_objective(objective, test=(new, y[:3]))
    with pytest.raises(ax.CurvatureError, match="is singular") as error:
        ax.attribute(fit, ax.Prediction("test", 0))
    one_sentence(error)
    damping = float(re.search(r"damping to at least ([\d.e+-]+),", str(error.value)).group(1))
    effects = ax.attribute(fit, ax.Prediction("test", 0), ax.AFIF(damping=damping))
    assert np.isfinite(effects).all()


def test_reach_reports_high_leverage() -> None:
    X = DRAW.normal(size=(40, 3))
    X[0] *= 100
    fit = of_rows(X, X[:, 0] + DRAW.normal(size=40), penalty=ax.Ridge(1e-4))
    assert ax.diagnostics(fit)["leverage"].iloc[0] > 0.5
    reach = ax.unlearn(fit, [0], ax.AFIF(leverage_correction=False)).reach
    assert reach.level == "poor"
    assert reach.leverage > 0.5
    assert "retrain" in reach.text


def test_reach_estimates_the_error_of_a_prediction() -> None:
    """Its expected error is what further steps would add: the true error."""
    fit = hiring()
    matrix = ax.Fisher(fit.objective, fit.parameters).dense().numpy()
    for count in (1, 5, 20, 100):
        rows = np.random.default_rng(count).choice(fit.n, count, replace=False)
        told = ax.unlearn(fit, fit.ids[rows], ax.AFIF(leverage_correction=False))
        truth = ax.retrain(fit, fit.ids[rows]).theta
        wrong, change = told.theta - truth, truth - fit.theta
        error = np.sqrt((wrong @ matrix @ wrong) / (change @ matrix @ change))
        assert told.reach.expected_error == pytest.approx(error, rel=0.01), count
        assert told.reach.share == pytest.approx(count / fit.n)


def test_reach_is_what_one_step_leaves_out() -> None:
    """For least squares: the removed rows' own curvature, and the damping."""
    X = DRAW.normal(size=(30, 3))
    fit = of_rows(X, X[:, 0] + DRAW.normal(size=30), penalty=ax.Ridge(0.5))
    rows = [1, 4, 7]
    C = ax.Fisher(fit.objective, fit.parameters, damping=0.3).dense().numpy()
    Z = np.column_stack([X, np.ones(30)])[rows]
    told = ax.unlearn(fit, rows, ax.AFIF(damping=0.3, leverage_correction=False))
    step = told.theta - fit.theta
    left = Z.T @ (Z @ step) / 30 + 0.3 * step
    H = C - 0.3 * np.eye(4) - Z.T @ Z / 30
    missed = np.linalg.solve(H, left)
    truth = step + missed
    np.testing.assert_allclose(fit.theta + truth, ax.retrain(fit, rows).theta, rtol=1e-8)
    wanted = np.sqrt((missed @ C @ missed) / (truth @ C @ truth))
    assert told.reach.expected_error == pytest.approx(wanted, rel=1e-3)


def test_reach_accounts_for_the_difference_of_fisher_and_hessian() -> None:
    draw = np.random.default_rng(0)
    X = draw.normal(size=(300, 3))
    y = np.sin(2 * X[:, 0]) + X[:, 1] ** 2 / 2 + 0.8 * draw.normal(size=300)
    fit = ax.fit_objective(ax.Objective(ax.MLP(3, (4,), 1), "gaussian", ax.Ridge(1e-2), X, y))
    truth = ax.retrain(fit, [5]).theta
    expected = []
    for method in (ax.AFIF(), ax.InfinitesimalJackknife()):
        told = ax.unlearn(fit, [5], method)
        matrix = method.curvature(fit.objective, fit.parameters).dense().numpy()
        wrong, change = told.theta - truth, truth - fit.theta
        error = np.sqrt((wrong @ matrix @ wrong) / (change @ matrix @ change))
        expected.append(told.reach.expected_error)
        assert expected[-1] == pytest.approx(error, rel=0.02)
    assert expected[0] > 3 * expected[1]


def test_removing_nothing_changes_nothing() -> None:
    fit, loss = hiring(), ax.MeanLoss("test")
    told = ax.unlearn(fit, [], targets=[loss])
    np.testing.assert_array_equal(told.theta, fit.theta)
    assert told.effects[loss] == 0
    assert told.reach.level == "good"
    assert abs(ax.retrain(fit, []).effects([loss])[loss]) < 1e-12


@pytest.mark.parametrize("remove", [ax.unlearn, ax.retrain])
def test_some_rows_must_stay(remove) -> None:
    with pytest.raises(ax.DataError, match="All training rows would be removed") as error:
        remove(hiring(), hiring().ids)
    one_sentence(error)


@pytest.mark.parametrize("remove", [ax.unlearn, ax.retrain])
def test_a_class_must_keep_a_row(remove) -> None:
    """Without one the free intercept runs off to infinity: there is no refit to predict."""
    fit = hiring()
    with pytest.raises(ax.DataError, match="no training row of class") as error:
        remove(fit, fit.ids[fit.data.train.y == 1])
    one_sentence(error)
    assert remove(fit, fit.ids[fit.data.train.y == 1][1:]) is not None


def test_a_class_of_several_must_keep_a_row() -> None:
    X = DRAW.normal(size=(30, 2))
    fit = of_rows(X, np.arange(30) % 3, "categorical", k=3)
    with pytest.raises(ax.DataError, match="no training row of class"):
        ax.retrain(fit, np.arange(1, 30, 3))


def test_separable_classes_have_no_fit_without_a_penalty() -> None:
    X = np.linspace(-1, 1, 20)[:, None]
    fit = of_rows(X, (X[:, 0] > 0).astype(float), "bernoulli", penalty=None)
    assert fit.gradient_norm < 1e-8
    assert not fit.converged
    assert "no minimum" in fit.advice
    assert "add a penalty" in fit.advice
    assert of_rows(X, (X[:, 0] > 0).astype(float), "bernoulli").converged


def test_a_fit_of_one_row() -> None:
    fit = of_rows([[1.0, 2.0]], [3.0])
    plain = ax.AFIF(leverage_correction=False)
    with pytest.warns(ax.HighLeverage, match="leverage above"):
        assert np.isfinite(ax.attribute(fit, ax.MeanLoss("test"), plain)).all()
    with pytest.warns(ax.Undefined, match="is NaN"):
        assert np.isnan(ax.attribute(fit, ax.MeanLoss("test"))).all()
    with pytest.raises(ax.DataError, match="All training rows"):
        ax.unlearn(fit, [0])


@pytest.mark.parametrize("folds", [None, 5])
def test_cross_validation_agrees_with_true_refits(folds) -> None:
    fit = hiring()
    found = ax.cross_validate(fit, folds=folds)
    if folds is None:
        rows = np.argsort(-found.losses)[:30]
        held = ax.retrain_each(fit, fit.ids[rows], ax.MeanLoss("test"))
        for place, row in enumerate(rows):
            f = fit.objective.model.outputs(
                fit.objective.vector(held.theta[:, place]), fit.objective.X[[row]]
            )
            loss = float(fit.objective.loss.value(f, fit.objective.y[[row]]))
            assert found.losses[row] == pytest.approx(loss, rel=1e-3)
        return
    from afif_explorer.engine.problem.weights import folds as folds_of

    total = 0.0
    for out in folds_of(fit.n, folds):
        truth = ax.retrain(fit, fit.ids[out])
        f = fit.objective.model.outputs(fit.objective.vector(truth.theta), fit.objective.X[out])
        total += float(fit.objective.loss.value(f, fit.objective.y[out]).sum())
    truth = total / fit.n
    newton = ax.cross_validate(fit, ax.NewtonStep(), folds=folds).mean
    assert found.mean == pytest.approx(truth, rel=1e-2)
    assert newton == pytest.approx(truth, rel=1e-3)
    plain = ax.cross_validate(fit, ax.AFIF(leverage_correction=False), folds=folds).mean
    assert abs(found.mean - truth) < abs(plain - truth)


def test_effects_follow_a_permutation_of_the_training_rows() -> None:
    fit, order = hiring(), torch.randperm(hiring().n)
    test = fit.data.test
    objective = fit.objective
    shuffled = ax.fit_objective(
        ax.Objective(
            objective.model,
            objective.loss,
            objective.penalty,
            objective.X[order],
            objective.y[order],
        ),
        test=(test.X, test.y),
    )
    loss = ax.MeanLoss("test")
    np.testing.assert_allclose(
        ax.attribute(shuffled, loss), ax.attribute(fit, loss)[order], rtol=1e-7, atol=1e-14
    )


def test_a_lasso_with_nearly_as_many_parameters_as_rows() -> None:
    """More parameters than rows cannot become nonzero: such sets are never tried."""
    draw = np.random.default_rng(0)
    X = draw.normal(size=(40, 120))
    y = X[:, :8] @ draw.normal(size=8) + draw.normal(size=40)
    fit = ax.fit_objective(ax.Objective(ax.LinearMap(120), "gaussian", ax.Lasso(0.05), X, y))
    assert 28 <= (fit.theta != 0).sum() < 40
    target = ax.MeanLoss("train")
    truth = ax.retrain_each(fit, fit.ids, target)
    np.testing.assert_allclose(ax.attribute(fit, target), truth.effects, atol=1e-9)
