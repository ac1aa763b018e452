"""Pareto-smoothed weights against SciPy's generalised Pareto distribution."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import genpareto

from afif_explorer.engine.influence.pareto import pareto_fit, smoothed


@pytest.mark.parametrize("shape", [-0.3, 0.0, 0.4, 0.9])
def test_the_fit_is_that_of_maximum_likelihood(shape: float) -> None:
    sample = np.sort(genpareto.rvs(shape, scale=2.5, size=(3, 3000), random_state=0), axis=1)
    shapes, scales = pareto_fit(torch.from_numpy(sample))
    wanted = np.array([genpareto.fit(one, floc=0) for one in sample])
    np.testing.assert_allclose(shapes, wanted[:, 0], atol=0.01)
    np.testing.assert_allclose(scales, wanted[:, 2], rtol=0.02)


def test_the_largest_weights_become_quantiles_of_the_tail() -> None:
    draw = np.random.default_rng(1)
    logs = torch.from_numpy(1.5 * draw.normal(size=(4, 1000)))
    weights, shapes = smoothed(logs)
    np.testing.assert_allclose(weights.exp().sum(1), 1.0)
    for row in range(4):
        raw = np.exp(logs[row].numpy() - logs[row].max().item())
        order = np.argsort(raw)
        tail, cutoff = order[-95:], raw[order[-96]]
        shape, scale = (
            float(one) for one in pareto_fit(torch.from_numpy(raw[tail] - cutoff)[None])
        )
        assert shapes[row] == pytest.approx(shape)
        fitted = cutoff + genpareto.ppf((np.arange(95) + 0.5) / 95, shape, scale=scale)
        wanted = raw.copy()
        wanted[tail] = np.minimum(fitted, 1.0)
        np.testing.assert_allclose(weights[row].exp(), wanted / wanted.sum(), rtol=1e-9)


def test_heavier_tails_have_larger_shapes_and_equal_weights_none() -> None:
    draw = torch.randn(1, 2000, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    _, shapes = smoothed(torch.cat([0.1 * draw, draw, 4 * draw, 0 * draw]))
    assert shapes[0] < shapes[1] < shapes[2]
    assert shapes[0] < 0.5 < 0.7 < shapes[2]
    assert shapes[3] == -torch.inf
    weights, shapes = smoothed(draw[:, :20])
    assert shapes.tolist() == [torch.inf]
    torch.testing.assert_close(weights, torch.log_softmax(draw[:, :20], 1))
