"""LiSSA with default settings converges on every small bundled data set."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import afif_explorer as ax
from afif_explorer.analysis.fits.prepared import prepared
from afif_explorer.analysis.rows.attribution import effects_of
from afif_explorer.engine.solvers.lissa import effect_error


@pytest.mark.parametrize("name", ["hiring", "breast_cancer"])
def test_lissa_with_its_own_settings_converges_near_the_direct_solve(name: str) -> None:
    fit = ax.fit(ax.load_dataset(name))
    target = ax.MeanLoss("test")
    gradient = target.bind(fit).gradient()
    exact = ax.AFIF().prepare(fit.objective, fit.parameters).solve(gradient)
    estimate = ax.AFIF(solver=ax.LiSSA()).prepare(fit.objective, fit.parameters).solve(gradient)
    assert float((estimate - exact).norm()) < 0.1 * float(exact.norm())
    effects = ax.attribute(fit, target, ax.AFIF(solver=ax.LiSSA()), order=1)
    assert np.corrcoef(effects, ax.attribute(fit, target, order=1))[0, 1] > 0.98


@pytest.mark.parametrize("by_products", [False, True])
def test_the_bound_is_that_of_leverage_corrected_effects(by_products: bool, monkeypatch) -> None:
    """Rows of high leverage: their correction weighs the error of the solution differently."""
    if by_products:
        monkeypatch.setattr(effect_error, "_factor_is_cheap", lambda *_: False)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 25)) * np.geomspace(0.1, 2, 25)
    y = (X[:, -1] + rng.normal(size=40) > 0).astype(float)
    target, larger = ax.MeanLoss("test"), 0
    for depth in (20, 60, 200, 600, 2000):
        objective = ax.Objective(ax.LinearMap(25), "bernoulli", ax.Ridge(1e-2), X, y)
        fit = ax.fit_objective(objective, test=(X[::-1] + 0.1, y))
        method = ax.AFIF(ax.LiSSA(depth=depth, batch_size=39 if by_products else None))
        influence = prepared(method, fit)
        assert influence.leverage_corrected
        found, exact = (
            effects_of(prepared(one, fit), fit, target, order=1) for one in (method, ax.AFIF())
        )
        off = np.linalg.norm(found - exact) / np.linalg.norm(exact)
        assert off <= influence.solution.stats["effect_error"] * (1 + 1e-6) + 1e-9
        plain = [
            effects_of(prepared(replace(one, leverage_correction=False), fit), fit, target, order=1)
            for one in (method, ax.AFIF())
        ]
        larger += off > 1.05 * np.linalg.norm(plain[0] - plain[1]) / np.linalg.norm(plain[1])
    assert larger >= 1
