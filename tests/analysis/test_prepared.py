"""A fit caches prepared methods, so that a second call computes only what is new."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from torch import Tensor

import afif_explorer as ax
from afif_explorer.analysis.fits.prepared import prepared
from afif_explorer.engine.solvers import factor
from afif_explorer.engine.targets.bound import Fitted, Sample

draw = np.random.default_rng(0)
X = draw.normal(size=(80, 4))
Y = (X[:, 0] + draw.normal(size=80) > 0).astype(float)


def fitted(n: int = 80) -> ax.Fit:
    objective = ax.Objective(ax.LinearMap(4), "bernoulli", ax.Ridge(1e-2), X[:n], Y[:n])
    return ax.fit_objective(objective, test=(X[:10], Y[:10]))


def everything(fit: ax.Fit) -> list[np.ndarray]:
    """Answers of most public functions."""
    target = ax.MeanLoss("test")
    return [
        ax.attribute(fit, target),
        ax.unlearn(fit, [3, 5], targets=[target]).theta,
        ax.diagnostics(fit).to_numpy(),
        ax.cross_validate(fit).losses,
        ax.attribute(fit, [ax.PointLoss("test", i) for i in range(3)]),
    ]


def test_the_curvature_is_factorised_once(monkeypatch) -> None:
    fit, made = fitted(), []

    class Counted(factor.Factor):
        def __init__(self, *args: Any) -> None:
            made.append(self)
            super().__init__(*args)

    monkeypatch.setattr(factor, "Factor", Counted)
    everything(fit)
    assert len(made) == 1


def test_results_do_not_depend_on_earlier_calls() -> None:
    once = [everything(fitted())[place] for place in range(5)]
    fit = fitted()
    everything(fit)
    for again, wanted in zip(everything(fit)[::-1], once[::-1], strict=True):
        np.testing.assert_allclose(again, wanted, rtol=1e-12, atol=1e-15)


def test_equal_methods_are_one_and_others_are_not() -> None:
    fit = fitted()
    assert prepared(ax.AFIF(), fit) is prepared(ax.AFIF(), fit)
    assert prepared(ax.AFIF(damping=0.1), fit) is not prepared(ax.AFIF(), fit)
    assert prepared(ax.AFIF(), fit) is not prepared(ax.AFIF(), fitted())
    with ax.memory_limit("2 GB"):
        limited = prepared(ax.AFIF(), fit)
    assert limited is not prepared(ax.AFIF(), fit)  # its solver was chosen for that limit


def test_unlearning_looks_at_the_removed_rows_alone() -> None:
    fit = fitted()
    found = ax.unlearn(fit, [3, 5, 7])
    assert "row_blocks" not in vars(prepared(ax.AFIF(), fit))
    leverage = ax.diagnostics(fit)["leverage"].iloc[[3, 5, 7]].sum()
    assert found.reach.leverage == pytest.approx(leverage, rel=1e-10)


def test_threads_have_the_results_of_their_own_solves() -> None:
    influence = prepared(ax.AFIF(solver=ax.ConjugateGradient()), fitted())
    with ThreadPoolExecutor(1) as other:
        influence.solve(influence.point.theta)
        assert influence.solution is not None
        assert other.submit(lambda: influence.solution).result() is None


def test_methods_go_when_memory_is_short() -> None:
    p, n = 200, 60
    rows = draw.normal(size=(n, p))
    objective = ax.Objective(ax.LinearMap(p), "gaussian", ax.Ridge(1.0), rows, rows[:, 0])
    fit = ax.fit_objective(objective, test=(rows, rows[:, 0]))
    with ax.memory_limit("1 MB"):
        for damping in (0.0, 0.1, 0.2, 0.3):
            ax.attribute(fit, ax.MeanLoss("test"), ax.AFIF(solver="cholesky", damping=damping))
        assert len(fit.prepared_methods._kept) == 1


def test_methods_go_with_their_fit() -> None:
    fit = fitted()
    ax.attribute(fit, ax.MeanLoss("test"))
    kept = weakref.ref(prepared(ax.AFIF(), fit))
    del fit
    gc.collect()
    assert kept() is None


class Asking(ax.Target):
    """A target of a user's own that asks the fit itself while it is bound."""

    where = "test"

    def function(self, fit: Fitted, sample: Sample) -> Callable[[Tensor], Tensor]:
        known = float(ax.attribute(fit, ax.MeanLoss("test")).sum())
        return lambda f: f.square().mean() + known


def test_a_target_may_ask_the_fit_while_it_is_bound() -> None:
    with ThreadPoolExecutor(1) as other:
        found = other.submit(ax.attribute, fitted(), Asking()).result(timeout=60)
    assert np.isfinite(found).all()
