"""Added-variable plots and Pearson residuals, against statsmodels and least squares by hand."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

import afif_explorer as ax


def design(fit: ax.Fit) -> tuple[np.ndarray, np.ndarray]:
    """The inputs with the intercept last, as in ``theta``, and the target."""
    X = fit.data.train.X
    return np.column_stack([X, np.ones(len(X))]), np.asarray(fit.data.train.y, dtype=float)


def residual(y: np.ndarray, X: np.ndarray, weight: np.ndarray) -> np.ndarray:
    root = np.sqrt(weight)
    return y - X @ np.linalg.lstsq(X * root[:, None], y * root, rcond=None)[0]


@pytest.mark.parametrize("name", ["body mass index", "log triglycerides"])
def test_least_squares_gives_the_partial_regression(name: str) -> None:
    fit = ax.fit(ax.load_dataset("diabetes"), penalty=None)
    X, y = design(fit)
    place = fit.parameter_names.index(name)
    others, ones = np.delete(X, place, axis=1), np.ones(len(y))
    plot = ax.added_variable(fit, name)
    np.testing.assert_allclose(plot["input"], residual(X[:, place], others, ones), atol=1e-8)
    np.testing.assert_allclose(plot["response"], residual(y, others, ones), atol=1e-6)
    assert (plot["weight"] == 1).all()


def test_two_classes_give_the_last_weighted_step() -> None:
    fit = ax.fit(ax.load_dataset("hiring"), penalty=None)
    X, _ = design(fit)
    place = fit.parameter_names.index("years of experience")
    plot = ax.added_variable(fit, place)
    mean = fit.predict(fit.data.train.X)
    others, weight = np.delete(X, place, axis=1), mean * (1 - mean)
    np.testing.assert_allclose(plot["weight"], weight, atol=1e-10)
    found = residual(X[:, place], others, weight)
    np.testing.assert_allclose(plot["input"], found, atol=1e-6)
    slope = (weight * plot["input"] * plot["response"]).sum() / (weight * plot["input"] ** 2).sum()
    assert slope == pytest.approx(fit.theta[place], rel=1e-6)


def test_a_penalty_flattens_the_line_below_the_cloud() -> None:
    fit = ax.fit(ax.load_dataset("diabetes"), penalty=ax.Ridge(1.0))
    plot = ax.added_variable(fit, "body mass index")
    slope = (plot["input"] * plot["response"]).sum() / (plot["input"] ** 2).sum()
    assert slope > fit.theta[fit.parameter_names.index("body mass index")] > 0


def test_what_has_no_plot_says_why() -> None:
    several = ax.fit(ax.load_dataset("digits"), penalty=ax.Ridge(1e-2))
    with pytest.raises(ax.InvalidChoice, match="needs one output"):
        ax.added_variable(several, 0)
    sparse = ax.fit(ax.load_dataset("diabetes"), penalty=ax.Lasso(30.0))
    zero = int(np.flatnonzero(sparse.theta[:-1] == 0)[0])
    with pytest.raises(ax.InvalidChoice, match="held at zero"):
        ax.added_variable(sparse, zero)
    with pytest.raises(ax.InvalidChoice, match="no coefficient"):
        ax.added_variable(sparse, "nowhere")


@pytest.mark.parametrize(("name", "family"), [("hiring", "Binomial"), ("diabetes", "Gaussian")])
def test_pearson_residuals_and_cooks_distance_are_those_of_statsmodels(
    name: str, family: str
) -> None:
    fit = ax.fit(ax.load_dataset(name), penalty=None)
    X, y = design(fit)
    basis = np.linalg.svd(X, full_matrices=False)
    X = basis[0][:, basis[1] > 1e-9 * basis[1][0]]  # one-hot columns add up to the intercept
    there = sm.GLM(y, X, family=getattr(sm.families, family)()).fit(tol=1e-12).get_influence()
    found = ax.rstandard(fit, kind="pearson")
    np.testing.assert_allclose(found, there.resid_studentized, rtol=1e-5, atol=1e-8)
    table, rank = ax.diagnostics(fit), X.shape[1]
    h = table["leverage"]
    np.testing.assert_allclose(table["cooks_distance"], found**2 * h / ((1 - h) * rank), rtol=1e-6)
    with pytest.raises(ax.InvalidChoice, match="kind"):
        ax.rstandard(fit, kind="raw")
