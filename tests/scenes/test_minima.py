"""The scenes' networks are trained to minima, not to saddles on the way: autograd judges where they end."""

from __future__ import annotations

import base64

import numpy as np
import pytest
import torch
from torch.func import grad, hessian
from torch.nn.functional import softplus

from afif_explorer.scenes import SCENES
from afif_explorer.scenes.bundle import joined

pytestmark = pytest.mark.browser
HIDDEN, STRENGTH, TURNS = 6, 2e-3, 20
TRAIN = """
async ([source, problem, turned]) => {
  const {default: e} = await import("data:text/javascript;base64," + source)
  let theta = e.initial(problem, 1)
  return turned.map((row) => {
    problem.y[row] = 1 - problem.y[row]
    const found = e.finish(e.newton({...problem, y: [...problem.y]}, theta, null, 400))
    theta = found.theta
    return {theta: Array.from(theta), y: [...problem.y], converged: found.converged}
  })
}
"""


def rows() -> tuple[np.ndarray, np.ndarray]:
    """The 40 points of the scene and 80 near them."""
    points = np.array(SCENES["network"].points, float)
    chance = np.random.default_rng(0)
    near = points[chance.integers(len(points), size=80)]
    near[:, :2] += chance.normal(scale=0.3, size=(80, 2))
    points = np.vstack([points, near])
    return points[:, :2].round(3), points[:, 2]


def objective(theta: torch.Tensor, X: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    d = X.shape[1]
    weights, intercepts, out, last = theta.split([HIDDEN * d, HIDDEN, HIDDEN, 1])
    f = torch.tanh(X @ weights.reshape(HIDDEN, d).T + intercepts) @ out + last
    return (softplus(f) - y * f).mean() + STRENGTH / 2 * (theta[:-1] ** 2).sum()


def test_a_network_is_trained_to_a_minimum_after_every_turned_label(page):
    X, y = rows()
    problem = {
        "model": "network",
        "X": X.tolist(),
        "y": y.tolist(),
        "strength": STRENGTH,
        "hidden": HIDDEN,
    }
    script = f"{joined('engine.js')}\nexport default modules['engine.js']"
    page.goto("about:blank")
    source = base64.b64encode(script.encode()).decode()
    found = page.evaluate(TRAIN, [source, problem, list(range(TURNS))])
    inputs = torch.tensor(X)
    for row, one in enumerate(found):
        theta, labels = torch.tensor(one["theta"], dtype=torch.float64), torch.tensor(one["y"])
        assert one["converged"], row
        assert float(grad(objective)(theta, inputs, labels).norm()) < 1e-9, row
        assert float(torch.linalg.eigvalsh(hessian(objective)(theta, inputs, labels))[0]) > 0, row
