"""The orders in which scene 10 audits its rows, against the same rules in Python."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest

import afif_explorer as ax
from afif_explorer.scenes import SCENES
from afif_explorer.scenes.bundle import script

pytestmark = pytest.mark.browser
STATE = SCENES["liar"].state
ORDERS = """
async ([source, states]) => {
  const {modules} = await import("data:text/javascript;base64," + source)
  const {audit, RULES} = modules["each/liar.js"], {solved} = modules["case.js"]
  return states.map((state) => {
    const {problem, theta, target} = solved({...state, rows: []}, {})
    return Object.fromEntries(RULES.map((name, rule) => [name, audit(problem, theta, target, rule)]))
  })
}
"""


def states() -> list[dict[str, Any]]:
    """The first state, other penalties, and rows moved and relabelled at random."""
    rng = np.random.default_rng(0)
    found = [STATE] + [
        STATE | {"settings": STATE["settings"] | {"strength": s}} for s in (0.3, 2e-3)
    ]
    for _ in range(5):
        points = np.array(STATE["points"])
        points[:, :2] = np.round(points[:, :2] + rng.normal(0, 0.5, (len(points), 2)), 3)
        points[:, 2] = rng.integers(0, 2, len(points))
        found.append(STATE | {"points": points.tolist()})
    return found


def by_python(state: dict[str, Any]) -> dict[str, np.ndarray]:
    """What each rule ranks by, the largest first."""
    points = np.array(state["points"])
    X, y, group = points[:, :2], points[:, 2], points[:, 3].astype(int) % 2
    penalty = ax.Ridge(state["settings"]["strength"])
    objective = ax.Objective(ax.LinearMap(2), "bernoulli", penalty, X, y)
    fit = ax.fit_objective(objective, sensitive=group)
    theta = objective.vector(fit.theta)
    odds = np.c_[X, np.ones(len(y))] @ theta.numpy()
    chance = 1 / (1 + np.exp(-odds))
    gradients = (chance - y)[:, None] * np.c_[X, np.ones(len(y))]
    curvature = ax.Fisher(objective, theta).dense().numpy()
    gap = ax.DemographicParityDifference("group", "train", favourable=1)
    effects = ax.attribute(fit, gap, ax.AFIF(leverage_correction=False), order=1, refine=False)
    return {
        "loss": -np.log(np.where(y == 1, chance, 1 - chance)),
        "margin": -(2 * y - 1) * odds,
        "self-influence": np.sum(gradients * np.linalg.solve(curvature, gradients.T).T, axis=1),
        "influence on the gap": -np.asarray(effects),
    }


def test_the_rules_are_those_of_python_and_margin_and_loss_are_one_ranking(page):
    source = base64.b64encode(script().encode()).decode()
    page.goto("about:blank")
    cases = states()
    for state, orders in zip(cases, page.evaluate(ORDERS, [source, cases]), strict=True):
        scores = by_python(state)
        assert list(orders) == list(scores)
        assert orders["margin"] == orders["loss"]
        for name, order in orders.items():
            ranked = scores[name][order]
            assert (np.diff(ranked) <= 1e-9 * np.ptp(ranked)).all(), name
