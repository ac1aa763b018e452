"""Cross-validation along a path of strengths, against closed forms and true refits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
import torch

import afif_explorer as ax
from afif_explorer.engine.problem.weights import folds as folds_of
from afif_explorer.engine.problem.weights import leave_out
from afif_explorer.engine.training.retrain import refit

STRENGTHS = (1e-3, 1e-2, 1e-1, 1.0)


def few(n: int = 60, d: int = 8) -> ax.Dataset:
    """Few rows for their columns, so that the strength matters."""
    draw = np.random.default_rng(0)
    X = draw.normal(size=(n, d))
    y = X[:, 0] - X[:, 1] + draw.normal(size=n)
    return ax.Dataset.from_arrays(X, y, target="y", validation=0.0, test=0.2)


def refitted_losses(fit: ax.Fit, sets: Iterable[np.ndarray]) -> np.ndarray:
    """The loss of each row under the true refit that leaves its set out."""
    objective, losses = fit.objective, np.empty(fit.n)
    for out in sets:
        weights = torch.as_tensor(leave_out(fit.n, out))
        theta = refit(objective, fit.parameters, weights).theta
        losses[out] = objective.at(theta).losses().numpy()[out]
    return losses


def test_the_path_of_ridge_is_the_closed_form() -> None:
    data = few()
    path = ax.cross_validation_path(data, STRENGTHS)
    n, d = data.train.X.shape
    X = np.column_stack([data.train.X, np.ones(n)])
    for strength, mean in zip(STRENGTHS, path.means, strict=True):
        held = np.diag([*[n * strength] * d, 0.0])
        hat = X @ np.linalg.solve(X.T @ X + held, X.T)
        errors = (data.train.y - hat @ data.train.y) / (1 - np.diag(hat))
        assert mean == pytest.approx(0.5 * (errors**2).mean(), rel=1e-10)
    assert path.converged.all()
    assert path.gradient_norms.max() < 1e-8


def test_the_choices_are_the_minimum_and_the_simplest_within_its_error() -> None:
    path = ax.cross_validation_path(few(), np.geomspace(1e-3, 10, 12)[::-1])
    assert (np.diff(path.strengths) > 0).all()
    lowest = path.means.argmin()
    assert path.best == path.strengths[lowest]
    limit = path.means[lowest] + path.losses[lowest].std(ddof=1) / len(path.losses[0]) ** 0.5
    assert path.one_standard_error == path.strengths[path.means <= limit].max() > path.best


@pytest.mark.parametrize(
    "penalty",
    [ax.Lasso(1.0), ax.ElasticNet(1.0, 0.5), ax.GroupLasso(1.0)],
    ids=lambda p: type(p).__name__,
)
def test_penalties_with_kinks_agree_with_true_refits(penalty: ax.Penalty) -> None:
    data, strengths = few(), (0.03, 0.1, 0.3)
    path = ax.cross_validation_path(data, strengths, penalty=penalty)
    zeros = 0
    for strength, losses in zip(strengths, path.losses, strict=True):
        fit = ax.fit(data, penalty=replace(penalty, strength=strength))
        truth = refitted_losses(fit, np.arange(fit.n)[:, None])
        zeros += int((fit.theta == 0).sum())
        assert losses.mean() == pytest.approx(truth.mean(), rel=1e-2)
        np.testing.assert_allclose(losses, truth, rtol=0.2, atol=0.03)
    assert zeros > 3


@pytest.mark.parametrize(("model", "tolerance"), [("linear", 1e-9), ("logistic", 1e-2)])
def test_folds_agree_with_true_refits(model: str, tolerance: float) -> None:
    """The Newton step is exact for least squares, whatever is left out."""
    data = few() if model == "linear" else ax.load_dataset("hiring")
    strengths = (1e-2, 1e-1)
    path = ax.cross_validation_path(
        data, strengths, model=model, method=ax.NewtonStep(), folds=5, seed=3
    )
    for strength, mean in zip(strengths, path.means, strict=True):
        fit = ax.fit(data, model=model, penalty=ax.Ridge(strength))
        truth = refitted_losses(fit, folds_of(fit.n, 5, 3)).mean()
        assert mean == pytest.approx(truth, rel=tolerance)


def test_a_point_of_the_path_is_the_cross_validation_of_its_fit() -> None:
    data = ax.load_dataset("hiring")
    fit = ax.fit(data, penalty=ax.Ridge(0.5))
    path = ax.cross_validation_path(fit, [1e-2, 1e-1])
    alone = ax.cross_validate(ax.fit(data, penalty=ax.Ridge(1e-2)))
    np.testing.assert_allclose(path.losses[0], alone.losses, rtol=1e-8)
    assert path.standard_errors[0] == pytest.approx(alone.standard_error)


def test_paths_that_cannot_be_are_refused() -> None:
    data = ax.load_dataset("hiring")
    for wrong in ([], [-1.0], [np.nan]):
        with pytest.raises(ax.InvalidChoice, match="at least one number"):
            ax.cross_validation_path(data, wrong)
    with pytest.raises(ax.InvalidChoice, match="no penalty"):
        ax.cross_validation_path(ax.fit(data, penalty=None), [0.1])
