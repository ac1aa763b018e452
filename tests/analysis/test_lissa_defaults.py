"""LiSSA with default settings converges on every small bundled data set."""

from __future__ import annotations

import numpy as np
import pytest

import afif_explorer as ax


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
