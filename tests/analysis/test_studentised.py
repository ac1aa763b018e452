"""Studentised residuals, covariance ratios and the outlier test against statsmodels and R's formulas."""

from __future__ import annotations

import numpy as np
import pytest

import afif_explorer as ax
from afif_explorer.analysis.fits.fitting import Fit

CLOSE = {"rtol": 1e-7, "atol": 1e-10}


@pytest.fixture(scope="module")
def diabetes() -> Fit:
    return ax.fit(ax.load_dataset("diabetes"), model="linear", penalty=None)


def design(fit: Fit) -> np.ndarray:
    assert fit.data is not None
    return np.column_stack([fit.data.train.X, np.ones(fit.n)])


def test_least_squares_is_statsmodels(diabetes: Fit) -> None:
    sm = pytest.importorskip("statsmodels.api")
    results = sm.OLS(diabetes.data.train.y, design(diabetes)).fit()
    wanted = results.get_influence()
    np.testing.assert_allclose(ax.rstandard(diabetes), wanted.resid_studentized_internal, **CLOSE)
    np.testing.assert_allclose(ax.rstudent(diabetes), wanted.resid_studentized_external, **CLOSE)
    np.testing.assert_allclose(ax.covratio(diabetes), wanted.cov_ratio, **CLOSE)
    np.testing.assert_array_equal(ax.rstudent(diabetes).index, diabetes.data.train.ids)


def test_the_covariance_ratio_is_that_of_two_determinants(diabetes: Fit) -> None:
    X, y = design(diabetes), diabetes.data.train.y

    def volume(rows: np.ndarray) -> float:
        left, wanted = X[rows], y[rows]
        residual = wanted - left @ np.linalg.lstsq(left, wanted, rcond=None)[0]
        variance = residual @ residual / (len(left) - X.shape[1])
        return float(np.linalg.det(variance * np.linalg.inv(left.T @ left)))

    everyone = np.arange(diabetes.n)
    wanted = [volume(np.delete(everyone, i)) / volume(everyone) for i in range(5)]
    np.testing.assert_allclose(ax.covratio(diabetes)[:5], wanted, rtol=1e-6)


def test_the_outlier_test_is_statsmodels() -> None:
    sm = pytest.importorskip("statsmodels.api")
    draw = np.random.default_rng(0)
    X = draw.normal(size=(60, 3))
    y = X[:, 0] + draw.normal(size=60)
    y[[7, 31]] += [9, -9]
    fit = ax.fit(
        ax.Dataset.from_arrays(X, y, validation=0, test=0, standardise=False), penalty=None
    )
    wanted = sm.OLS(y, sm.add_constant(X)).fit().outlier_test("bonferroni")
    found = ax.outlier_test(fit)
    assert found.index.tolist() == [7, 31]
    np.testing.assert_allclose(found, wanted[[7, 31]], rtol=1e-6)
    assert len(ax.outlier_test(fit, level=1e-30)) == 1  # the largest, if none is beyond the level
    assert len(ax.outlier_test(fit, level=1.0)) == 60


@pytest.mark.parametrize("loss", ["bernoulli", "poisson"])
def test_other_families_are_rs(loss: str) -> None:
    sm = pytest.importorskip("statsmodels.api")
    draw = np.random.default_rng(1)
    X = draw.normal(size=(80, 3))
    mean = np.exp(X[:, 0] / 2)
    y = draw.poisson(mean) if loss == "poisson" else draw.random(80) < mean / (1 + mean)
    fit = ax.fit_objective(ax.Objective(ax.LinearMap(3), loss, None, X, y.astype(float)))
    family = sm.families.Poisson() if loss == "poisson" else sm.families.Binomial()
    results = sm.GLM(y.astype(float), np.column_stack([X, np.ones(80)]), family).fit()
    hat = results.get_influence().hat_matrix_diag
    deviance, pearson = results.resid_deviance, results.resid_pearson
    np.testing.assert_allclose(ax.rstandard(fit), deviance / np.sqrt(1 - hat), rtol=1e-5)
    student = np.sign(deviance) * np.sqrt(deviance**2 + hat * pearson**2 / (1 - hat))
    np.testing.assert_allclose(ax.rstudent(fit), student, rtol=1e-5)
    np.testing.assert_allclose(ax.covratio(fit), 1 / (1 - hat), rtol=1e-5)


def test_the_table_marks_what_r_marks(diabetes: Fit) -> None:
    table = ax.influence_measures(diabetes)
    rank, n = diabetes.objective.p, diabetes.n
    limit = 3 * np.sqrt(rank / (n - rank))
    marked = table["dffits"].abs().gt(limit) | table["leverage"].gt(3 * rank / n)
    marked |= (1 - table["covratio"]).abs().gt(3 * rank / (n - rank))
    assert table["influential"].equals(marked)  # no Cook's distance is that large
    assert 0 < marked.sum() < 50


def test_a_row_that_alone_fixes_a_parameter_is_nan() -> None:
    X = np.zeros((8, 2))
    X[:, 0], X[3, 1] = np.arange(8.0), 1.0
    y = np.array([0.1, 1.2, 1.9, 7.0, 4.2, 4.8, 6.1, 7.3])
    fit = ax.fit_objective(ax.Objective(ax.LinearMap(2), "gaussian", None, X, y))
    for measure in (ax.rstandard, ax.rstudent, ax.covratio):
        assert np.isnan(measure(fit)).tolist() == [i == 3 for i in range(8)]
    assert 3 not in ax.outlier_test(fit, level=1.0).index


def test_what_has_no_standardised_residual_is_refused() -> None:
    fit = ax.fit(ax.load_dataset("digits"), penalty=ax.Ridge(1e-1), max_steps=2)
    with pytest.raises(ax.InvalidChoice, match="need one output"):
        ax.covratio(fit)
    with pytest.raises(ax.InvalidChoice, match="from 0 to 1"):
        ax.outlier_test(fit, level=2)
