"""The fewest rows that carry a sign: attained by a refit, and not far from brute force."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

import afif_explorer as ax
from afif_explorer.analysis.fits.fitting import Fit


def line(seed: int, n: int = 13, intercept: bool = True) -> Fit:
    draw = np.random.default_rng(seed)
    X = draw.normal(size=(n, 2))
    y = 0.4 * X[:, 0] + draw.normal(size=n)
    model = ax.LinearMap(2, intercept=intercept)
    return ax.fit_objective(ax.Objective(model, "gaussian", ax.Ridge(1e-2), X, y))


def refitted(fit: Fit, gone: tuple[int, ...]) -> np.ndarray:
    """Ridge regression without some rows, in closed form."""
    objective = fit.objective
    X = objective.X.numpy()
    ridge = np.full(objective.p, 1e-2)
    if objective.model.intercept:
        X, ridge[-1] = np.column_stack([X, np.ones(len(X))]), 0.0
    kept = np.delete(np.arange(len(X)), gone)
    left, y = X[kept], objective.y.numpy()[kept]
    return np.linalg.solve(left.T @ left + len(X) * np.diag(ridge), left.T @ y)


def fewest(fit: Fit) -> int:
    """The smallest number of rows without which the first coefficient has the other sign."""
    for size in range(1, 6):
        for gone in combinations(range(fit.n), size):
            if refitted(fit, gone)[0] * fit.theta[0] < 0:
                return size
    raise AssertionError("no small set flips it")


def test_sets_are_as_small_as_those_of_brute_force() -> None:
    sizes = []
    for seed in range(6):
        fit = line(seed)
        found = ax.flip(fit, ax.Coefficient(0))
        assert found.flipped
        assert found.upper == len(found.rows)
        theta = refitted(fit, tuple(found.rows))
        np.testing.assert_allclose(found.after, theta[0], rtol=1e-7)
        assert found.after * found.before < 0
        sizes.append((found.upper, fewest(fit)))
    assert all(upper >= true for upper, true in sizes)
    assert sum(upper == true for upper, true in sizes) >= 5
    assert max(true for _, true in sizes) > 1


def test_the_lower_bound_is_below_brute_force() -> None:
    draw = np.random.default_rng(0)
    X = draw.uniform(-1, 1, size=(60, 1))
    y = 4 * X[:, 0] + 0.1 * draw.normal(size=60)
    model = ax.LinearMap(1, intercept=False)
    fit = ax.fit_objective(ax.Objective(model, "gaussian", ax.Ridge(1.0), X, y))
    found = ax.flip(fit, ax.Coefficient(0), level=0.6 * fit.theta[0])
    assert found.lower is not None
    assert 1 <= found.lower <= found.upper
    X, y = X[:, 0], y
    order = np.argsort(-X * y)  # with one input and no intercept, the largest products go first
    sizes = [
        (X[kept] @ y[kept]) / (X[kept] @ X[kept] + 60) for kept in (order[m:] for m in range(60))
    ]
    true = int(np.argmax(np.array(sizes) < 0.6 * fit.theta[0]))
    # The strength, 1, bounds the curvature: each row moves the refit by at most its largest gradient over n.
    gradient = np.abs(y - fit.theta[0] * X).max() * np.abs(X).max()
    assert found.lower == np.ceil(0.4 * fit.theta[0] * 60 / gradient)
    assert 1 < found.lower <= true
    assert found.upper > found.lower


def test_a_gap_closes_in_a_refit() -> None:
    fit = ax.fit(ax.load_dataset("hiring"))
    gap = ax.DemographicParityDifference("group")
    found = ax.flip(fit, gap)
    assert found.flipped
    assert found.before > 0 >= found.after
    cold = ax.retrain(fit, found.rows, warm=False)
    np.testing.assert_allclose(cold.effects(gap)[gap], found.after - found.before, rtol=1e-6)
    assert found.lower is None
    assert "coefficients only" in found.lower_text
    plain = ax.attribute(fit, gap)
    ranked = ax.retrain(fit, fit.ids[np.argsort(plain)[: len(found)]]).effects(gap)[gap]
    assert found.before + ranked > 0  # ranking once does not close it with as many rows
    table = found.to_frame()
    assert table.index.tolist() == found.rows.tolist()
    assert np.isin(found.rows, fit.data.train.ids).all()
    assert table["order"].tolist() == list(range(1, len(found) + 1))


@pytest.mark.parametrize(
    "settings",
    [
        {"penalty": ax.Lasso(1e-3)},
        {"penalty": ax.Ridge(1e-2), "model": "mlp", "hidden": (3,)},
    ],
    ids=["lasso", "network"],
)
def test_other_models_and_levels(settings: dict) -> None:
    fit = ax.fit(ax.load_dataset("hiring"), **settings)
    loss = ax.MeanLoss("validation")
    level = loss.bind(fit).value(fit.parameters) - 0.004
    found = ax.flip(fit, loss, level=level)
    assert found.flipped
    assert found.after < level < found.before
    np.testing.assert_allclose(
        ax.retrain(fit, found.rows).effects(loss)[loss], found.after - found.before, rtol=1e-4
    )


def test_what_was_not_found_is_told() -> None:
    fit = ax.fit(ax.load_dataset("hiring"))
    found = ax.flip(fit, ax.Coefficient("test score"), most=3)
    assert not found.flipped
    assert found.upper is None
    assert len(found) == 3
    assert "No set of at most 3 rows was found" in found.text
    assert abs(found.after) < abs(found.before)
    assert found.path[:, 0].tolist() == sorted(found.path[:, 0])
    with pytest.raises(ax.InvalidChoice, match="Expected a target"):
        ax.flip(fit, "test score")
    with pytest.raises(ax.InvalidChoice, match="must be a number"):
        ax.flip(fit, ax.Coefficient(0), level="zero")


def test_a_row_that_alone_fixes_a_parameter_is_never_removed() -> None:
    draw = np.random.default_rng(0)
    X = np.column_stack([draw.normal(size=40), np.zeros(40)])
    X[7, 1] = 1.0
    y = 0.2 * X[:, 0] + draw.normal(size=40)
    fit = ax.fit_objective(ax.Objective(ax.LinearMap(2), "gaussian", None, X, y))
    with pytest.warns(ax.Undefined, match="1 training row with a leverage of 1"):
        found = ax.flip(fit, ax.Coefficient(0))
    assert found.flipped
    assert 7 not in found.rows
