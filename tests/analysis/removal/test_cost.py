"""``unlearn`` of a few rows costs about as much as ``attribute``, also without a dense factor."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

import afif_explorer as ax
from afif_explorer.engine.curvature.operators import Curvature

ROWS = [0, 3, 5, 7, 11]

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # not trained to a minimum


@pytest.fixture(scope="module")
def fit() -> ax.Fit:
    """A network of 3 230 parameters: too many for a dense factor by default."""
    generator = torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    X = torch.randn(120, 40, generator=generator, dtype=torch.float64)
    module = torch.nn.Sequential(torch.nn.Linear(40, 70), torch.nn.Tanh(), torch.nn.Linear(70, 5))
    objective = ax.Objective(module, "categorical", ax.Ridge(1e-1), X, X[:, :5].argmax(1))
    return ax.fit_objective(objective, max_steps=10)


def products(monkeypatch: Any, call: Any) -> int:
    """The number of vectors that the curvature is multiplied with during a call."""
    seen, product = [0], Curvature.__matmul__

    def counted(self: Curvature, block: torch.Tensor) -> torch.Tensor:
        seen.append(1 if block.ndim == 1 else block.shape[1])
        return product(self, block)

    with monkeypatch.context() as patched:
        patched.setattr(Curvature, "__matmul__", counted)
        call()
    return sum(seen)


METHODS = [
    ax.AFIF(damping=1e-2, solver=ax.BlockConjugateGradient()),
    ax.AFIF(damping=1e-2, solver="ekfac"),
    ax.AFIF(damping=1e-2),
]


@pytest.mark.parametrize("method", METHODS, ids=lambda method: str(method.solver)[:12])
def test_unlearning_takes_at_most_twice_the_products_of_attribution(
    method: ax.AFIF, fit: ax.Fit, monkeypatch: Any
) -> None:
    target = ax.MeanLoss("train")
    attributed, removed = replace(fit), replace(fit)  # without cached factors
    once = products(monkeypatch, lambda: ax.attribute(attributed, target, method))
    few = products(monkeypatch, lambda: ax.unlearn(removed, ROWS, method, target))
    assert few <= 2 * once + 2


def test_the_leverage_of_few_rows_is_that_of_a_dense_factor(fit: ax.Fit) -> None:
    iterated, direct = (
        ax.AFIF(damping=1e-2, solver=solver).prepare(fit.objective, fit.parameters)
        for solver in (ax.BlockConjugateGradient(), ax.Cholesky())
    )
    found, wanted = (one.leverage_of(torch.tensor(ROWS)).sum() for one in (iterated, direct))
    assert float(found) == pytest.approx(float(wanted), rel=2e-2)


def test_a_constant_added_to_all_logits_is_not_solved_for(fit: ax.Fit) -> None:
    """Without damping the curvature is singular along it, which nothing about a softmax depends on."""
    objective = fit.objective
    small = ax.Objective(
        objective.model, "categorical", ax.Ridge(1e-1), objective.X / 100, objective.y
    )
    near = ax.fit_objective(small, max_steps=3)
    rows = torch.tensor(ROWS)
    iterated, direct = (
        ax.AFIF(solver).prepare(small, near.parameters)
        for solver in (ax.ConjugateGradient(), ax.Cholesky())
    )
    iterated.reliable = iterated.prepared
    found, wanted = (one.leverage_of(rows) for one in (iterated, direct))
    torch.testing.assert_close(found, wanted, rtol=5e-2, atol=1e-8)
    assert ax.unlearn(near, ROWS).reach.leverage > 0
