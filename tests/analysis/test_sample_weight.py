"""Sample weights: a weight of ``k`` is the same row ``k`` times, and one of 0 no row, in every result."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
import torch
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, log_loss, r2_score
from torch import nn

import afif_explorer as ax
from afif_explorer.engine.problem.weights import leave_out
from afif_explorer.errors import DataError

N, D = 50, 3
WEIGHTS = np.tile([1, 2, 0, 3, 1], N // 5)
PROBLEMS = ["gaussian", "bernoulli", "categorical", "poisson", "network", "lasso"]
METHODS = [ax.AFIF(), ax.InfinitesimalJackknife(), ax.NewtonStep()]


class Problem:
    """The same rows with weights, and repeated as often as these say."""

    def __init__(self, name: str) -> None:
        draw = np.random.default_rng(5)
        self.X = draw.normal(size=(N, D))
        score = self.X @ np.array([1.0, -0.5, 0.3]) + 0.7 * draw.normal(size=N)
        self.y = {
            "bernoulli": (score > 0).astype(float),
            "categorical": np.digitize(score, [-0.5, 0.5]),
            "poisson": draw.poisson(np.exp(score / 2)).astype(float),
        }.get(name, score)
        torch.manual_seed(0)
        self.loss = name if name in ("bernoulli", "categorical", "poisson") else "gaussian"
        self.model = ax.LinearMap(D, 3 if name == "categorical" else 1)
        if name == "network":
            self.model = nn.Sequential(nn.Linear(D, 2), nn.Tanh(), nn.Linear(2, 1)).double()
        self.penalty = ax.Lasso(0.05) if name == "lasso" else ax.Ridge(0.1)
        self.copies = np.repeat(np.arange(N), WEIGHTS)

    def weighted(self) -> ax.Fit:
        test = (self.X[:20], self.y[:20], WEIGHTS[:20])
        objective = ax.Objective(
            self.model, self.loss, self.penalty, self.X, self.y, sample_weight=WEIGHTS
        )
        return ax.fit_objective(objective, test=test)

    def repeated(self) -> ax.Fit:
        """The penalty has the same weight against the sum of losses."""
        strength = self.penalty.strength * N / len(self.copies)
        few = self.copies[self.copies < 20]
        objective = ax.Objective(
            self.model,
            self.loss,
            replace(self.penalty, strength=strength),
            self.X[self.copies],
            self.y[self.copies],
        )
        return ax.fit_objective(objective, test=(self.X[few], self.y[few]))


@pytest.fixture(scope="module", params=PROBLEMS)
def problem(request) -> Problem:
    return Problem(request.param)


@pytest.fixture(scope="module")
def pair(problem: Problem) -> tuple[ax.Fit, ax.Fit]:
    return problem.weighted(), problem.repeated()


def test_a_weight_is_a_repeated_row(problem, pair):
    fit, repeated = pair
    assert fit.converged
    assert repeated.converged
    np.testing.assert_allclose(fit.theta, repeated.theta, atol=1e-7)
    assert fit.metrics.keys() == repeated.metrics.keys()
    for name, value in fit.metrics.items():
        assert value == pytest.approx(repeated.metrics[name], abs=1e-7)


@pytest.mark.parametrize("method", METHODS, ids=lambda one: type(one).__name__)
def test_removing_it_removes_all_copies(problem, pair, method):
    fit, repeated = pair
    one, all_copies = (
        method.prepare(part.objective, part.parameters).parameters(
            part.objective.vector(leave_out(part.n, rows))
        )
        for part, rows in ((fit, [3]), (repeated, np.flatnonzero(problem.copies == 3)))
    )
    np.testing.assert_allclose(one, all_copies, atol=1e-7)


def test_refits_and_responses_are_the_same(problem, pair):
    fit, repeated = pair
    copies = np.flatnonzero(problem.copies == 3)
    refit, again = ax.retrain(fit, [3]), ax.retrain(repeated, copies)
    np.testing.assert_allclose(refit.theta, again.theta, atol=1e-6)
    left_out = ax.retrain_each(fit, [3], ax.MeanLoss("test"))
    assert left_out.effects[0] == pytest.approx(
        again.effects(ax.MeanLoss("test"))[ax.MeanLoss("test")], abs=1e-6
    )
    response, other = (
        ax.bregman_response(one, rows) for one, rows in ((fit, [3]), (repeated, copies))
    )
    np.testing.assert_allclose(response.theta, other.theta, atol=1e-6)


def test_a_row_of_weight_0_has_no_effect(problem, pair):
    fit, gone = pair[0], np.flatnonzero(WEIGHTS == 0)
    assert np.abs(ax.attribute(fit, ax.MeanLoss("test"))[gone]).max() < 1e-14
    np.testing.assert_allclose(ax.unlearn(fit, gone).theta, fit.theta, atol=1e-12)
    table = ax.diagnostics(fit).iloc[gone]
    assert (table[["leverage", "cooks_distance", "self_influence"]].abs() < 1e-14).all(axis=None)
    assert (table["loss"] > 0).all()


@pytest.mark.parametrize(
    "solver",
    [
        ax.ConjugateGradient(tolerance=1e-12),
        ax.LiSSA(depth=4000, repeats=1),
        "lanczos",
        "auto",
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["bernoulli", "categorical", "network"])
def test_every_solver_sees_the_weights(name, solver):
    fit, target = Problem(name).weighted(), ax.MeanLoss("test")
    exact = ax.attribute(fit, target, ax.AFIF(solver=ax.Cholesky()), refine=False)
    found = ax.attribute(fit, target, ax.AFIF(solver=solver), refine=False)
    np.testing.assert_allclose(found, exact, atol=1e-4 * np.abs(exact).max())


def test_more_parameters_than_rows():
    """The dual solve, against effects from the dense weighted matrix."""
    draw = np.random.default_rng(0)
    X, y, weight = draw.normal(size=(20, 40)), draw.normal(size=20), draw.uniform(0, 3, 20)
    model = ax.LinearMap(40, intercept=False)
    fit = ax.fit_objective(
        ax.Objective(model, "gaussian", ax.Ridge(0.5), X, y, sample_weight=weight)
    )
    inverse = np.linalg.inv((X.T * weight) @ X / 20 + 0.5 * np.eye(40))
    residual = weight * (X @ fit.theta - y)
    np.testing.assert_allclose(
        fit.theta, inverse @ X.T @ (weight * y) / 20, atol=1e-8
    )  # closed form
    plain = ax.AFIF(leverage_correction=False)
    exact = inverse @ (X * residual[:, None]).T / 20
    found = np.stack([ax.unlearn(fit, [row], plain).theta - fit.theta for row in range(20)], axis=1)
    np.testing.assert_allclose(found, exact, atol=1e-10)


def test_scikit_learns_weights():
    """``strength`` is ``alpha / n`` of Ridge and ``1 / (C n)`` of LogisticRegression, weights as they are."""
    draw = np.random.default_rng(1)
    weight = draw.uniform(0, 3, N)
    number, chance = Problem("gaussian"), Problem("bernoulli")

    def fitted(one: Problem) -> ax.Fit:
        objective = ax.Objective(
            ax.LinearMap(D), one.loss, ax.Ridge(0.1), one.X, one.y, sample_weight=weight
        )
        return ax.fit_objective(objective)

    ridge = Ridge(alpha=0.1 * N).fit(number.X, number.y, sample_weight=weight)
    found = fitted(number)
    np.testing.assert_allclose(found.theta, [*ridge.coef_, ridge.intercept_], atol=1e-10)
    assert found.metrics["r2"] == pytest.approx(
        r2_score(number.y, ridge.predict(number.X), sample_weight=weight)
    )
    logistic = LogisticRegression(C=1 / (0.1 * N), tol=1e-12, max_iter=1000)
    logistic.fit(chance.X, chance.y, sample_weight=weight)
    found = fitted(chance)
    np.testing.assert_allclose(found.theta, [*logistic.coef_[0], *logistic.intercept_], atol=1e-6)
    probability = found.predict(chance.X)
    assert found.metrics["mean_loss"] == pytest.approx(
        log_loss(chance.y, probability, sample_weight=weight)
    )
    assert found.metrics["accuracy"] == pytest.approx(
        accuracy_score(chance.y, probability > 0.5, sample_weight=weight)
    )


def test_diagnostics_of_weighted_least_squares():
    """Against statsmodels: least squares on rows scaled by the root of their weight is WLS."""
    one, weight = Problem("gaussian"), np.random.default_rng(2).uniform(0.1, 3, N)
    fit = ax.fit_objective(
        ax.Objective(ax.LinearMap(D), "gaussian", None, one.X, one.y, sample_weight=weight)
    )
    columns = np.column_stack([one.X, np.ones(N)])
    wls = sm.WLS(one.y, columns, weights=weight).fit()
    np.testing.assert_allclose(fit.theta, wls.params, atol=1e-10)
    root = np.sqrt(weight)
    truth = sm.OLS(root * one.y, root[:, None] * columns).fit().get_influence()
    table, measures = ax.diagnostics(fit), ax.influence_measures(fit)
    np.testing.assert_allclose(table["leverage"], truth.hat_matrix_diag, atol=1e-10)
    np.testing.assert_allclose(table["cooks_distance"], truth.cooks_distance[0], atol=1e-10)
    np.testing.assert_allclose(table["residual"], wls.resid, atol=1e-10)
    np.testing.assert_allclose(measures["rstandard"], truth.resid_studentized_internal, atol=1e-10)
    np.testing.assert_allclose(measures["rstudent"], truth.resid_studentized_external, atol=1e-10)
    np.testing.assert_allclose(measures["dffits"], truth.dffits[0], atol=1e-10)
    np.testing.assert_allclose(measures["covratio"], truth.cov_ratio, atol=1e-10)
    np.testing.assert_allclose(ax.dfbetas(fit), truth.dfbetas, atol=1e-10)
    held_out = ax.cross_validate(fit)
    left_out = wls.resid / (1 - truth.hat_matrix_diag)
    np.testing.assert_allclose(held_out.losses, left_out**2 / 2, atol=1e-10)
    assert held_out.mean == pytest.approx(np.average(left_out**2 / 2, weights=weight))


@pytest.mark.parametrize(("name", "family"), [("bernoulli", "Binomial"), ("poisson", "Poisson")])
def test_the_fisher_of_frequency_weights(name, family):
    one, weight = Problem(name), np.random.default_rng(3).uniform(0.1, 3, N)
    objective = ax.Objective(ax.LinearMap(D), name, None, one.X, one.y, sample_weight=weight)
    fit = ax.fit_objective(objective)
    columns = np.column_stack([one.X, np.ones(N)])
    kind = getattr(sm.families, family)()
    glm = sm.GLM(one.y, columns, family=kind, freq_weights=weight).fit(tol=1e-14, maxiter=200)
    np.testing.assert_allclose(fit.theta, glm.params, atol=1e-8)
    fisher = ax.Fisher(objective, fit.theta).dense().numpy()
    np.testing.assert_allclose(np.linalg.inv(N * fisher), glm.cov_params(), atol=1e-7)


@pytest.mark.parametrize("name", ["bernoulli", "categorical", "poisson"])
def test_held_out_losses_are_those_of_weighted_refits(name):
    fit, rows = Problem(name).weighted(), [0, 8]
    found = ax.cross_validate(fit).losses[rows]
    rises = [
        ax.retrain(fit, [row]).effects(ax.PointLoss("train", row))[ax.PointLoss("train", row)]
        for row in rows
    ]
    np.testing.assert_allclose(found, rises + ax.diagnostics(fit)["loss"].iloc[rows], rtol=0.01)


def test_the_four_leave_one_outs_agree():
    fit = Problem("bernoulli").weighted()
    found = ax.leave_one_out(fit, refits=10)
    rises = found.table.sub(found.table["loss"], axis=0).dropna()
    assert len(rises) == 10
    assert np.corrcoef(rises["corrected"], rises["refit"])[0, 1] > 0.99
    assert np.corrcoef(rises["psis_plug_in"], rises["refit"])[0, 1] > 0.95
    assert (rises["psis_plug_in"].sum() / rises["refit"].sum()) == pytest.approx(1, abs=0.05)
    mean = np.average(found.table["corrected"], weights=WEIGHTS)
    assert found.means["corrected"] == pytest.approx(mean)


def test_means_over_folds_are_weighted():
    held_out = ax.cross_validate(Problem("bernoulli").weighted(), folds=5, seed=1)
    assert held_out.mean == pytest.approx(np.average(held_out.losses, weights=WEIGHTS))


def test_the_error_bound_holds():
    one = Problem("bernoulli")
    model = ax.LinearMap(D, intercept=False)
    objective = ax.Objective(model, "bernoulli", ax.Ridge(0.1), one.X, one.y, sample_weight=WEIGHTS)
    fit = ax.fit_objective(objective)
    found = ax.certified_unlearn(fit, [3], epsilon=1.0, delta=1e-2).certificate
    step = ax.unlearn(fit, [3], ax.NewtonStep(leverage_correction=True)).theta
    assert np.linalg.norm(step - ax.retrain(fit, [3]).theta) <= found.gamma
    gradients = np.linalg.norm(objective.at(fit.theta).gradients(torch.arange(N)), axis=1)
    assert gradients.max() <= found.gradient


def test_the_only_counted_row_of_a_class_cannot_be_removed():
    X, y = np.arange(8.0)[:, None], np.array([0, 0, 0, 0, 0, 0, 1, 1])
    weight = np.array([1, 1, 1, 1, 1, 1, 1, 0])
    objective = ax.Objective(
        ax.LinearMap(1), "bernoulli", ax.Ridge(0.1), X, y, sample_weight=weight
    )
    fit = ax.fit_objective(objective)
    with pytest.raises(DataError, match="no training row of class 1"):
        ax.retrain(fit, [6])
    assert ax.retrain(fit, [7]).converged
    with pytest.raises(DataError, match="sample weight 0"):
        ax.retrain(fit, np.arange(7))


@pytest.mark.parametrize(
    ("weight", "told"),
    [
        (
            np.r_[-1.0, np.ones(N - 1)],
            "at least 0, but 1 of the 50 training rows .* -1, at position 0",
        ),
        (np.r_[np.ones(N - 1), np.nan], "finite .* nan, at position 49"),
        (np.zeros(N), "are 0; at least one"),
        (np.ones(N - 1), "one number for each of the 50 training rows"),
        (["a"] * N, "real numbers"),
    ],
)
def test_invalid_weights_are_refused(weight, told):
    one = Problem("gaussian")
    with pytest.raises(DataError, match=told):
        ax.Objective(one.model, "gaussian", None, one.X, one.y, sample_weight=weight)


def test_weights_of_1_change_nothing():
    one = Problem("bernoulli")
    plain = ax.Objective(one.model, "bernoulli", one.penalty, one.X, one.y)
    ones = ax.Objective(one.model, "bernoulli", one.penalty, one.X, one.y, sample_weight=[1] * N)
    fits = [ax.fit_objective(objective) for objective in (plain, ones)]
    np.testing.assert_array_equal(fits[0].theta, fits[1].theta)
    assert ones.sample_weight is None


def test_weights_are_saved(tmp_path):
    one, fit = Problem("bernoulli"), Problem("bernoulli").weighted()
    fit.save(tmp_path / "fit")
    splits = {"train": (one.X, one.y), "test": (one.X[:20], one.y[:20], WEIGHTS[:20])}
    again = ax.load_fit(tmp_path / "fit", splits)
    assert again.metrics == fit.metrics
    target = ax.MeanLoss("test")
    np.testing.assert_array_equal(ax.attribute(again, target), ax.attribute(fit, target))
    with pytest.raises(DataError, match="not the data"):
        ax.load_fit(tmp_path / "fit", splits | {"test": (one.X[:20], one.y[:20])})


def test_a_trained_module_with_weights():
    one = Problem("network")
    fit = one.weighted()
    module = fit.to_module()
    found = ax.from_trained(module, one.X, one.y, "gaussian", one.penalty, sample_weight=WEIGHTS)
    assert found.converged
    assert not ax.from_trained(module, one.X, one.y, "gaussian", one.penalty).converged
