"""Minimises an objective with a non-smooth penalty.

Proximal steps in the norm of the Fisher, with backtracking: the Fisher is the Hessian for linear maps
and is positive semi-definite, so that every step is a descent step. For other models the Fisher is not
the Hessian, and such steps converge slowly; between them, Newton steps with the true Hessian are taken on
the parameters that are not held at a kink.

Source: Lee, Sun and Saunders, Proximal Newton-type Methods for Minimizing Composite Functions (2014).
"""

from __future__ import annotations

from torch import Tensor

from afif_explorer.engine.curvature.operators import Fisher
from afif_explorer.engine.problem.objective import Objective, Point
from afif_explorer.engine.training.convergence import gradient_scale
from afif_explorer.engine.training.free_newton import is_better, newton_on_free
from afif_explorer.engine.training.proximal import ProximalProblem
from afif_explorer.progress import report

LEAST_DAMPING = 1e-3  # relative to the mean curvature, for a nearly singular Fisher
FREE_STEPS = 50  # maximum number of Newton steps after each proximal step


def proximal_newton(
    objective: Objective,
    theta: Tensor,
    weights: Tensor,
    max_steps: int,
    *,
    free_steps: int = FREE_STEPS,
) -> tuple[Tensor, int]:
    """Minimise ``L(theta; w)`` from ``theta``: the final parameters and the number of proximal steps."""
    damping = 0.0
    for step in range(max_steps):
        point = objective.at(theta)
        before = point.optimality(weights)
        goal = gradient_scale(point, weights).goal
        if before <= goal:
            return theta, step
        report("training", step, None)
        fisher = Fisher.of(point, weights=weights).dense()
        size = float(fisher.diagonal().mean())
        least = 0.0 if objective.canonical else LEAST_DAMPING * size
        fisher.diagonal().add_(max(damping, least))
        problem = ProximalProblem(fisher, theta, objective.kinked, objective.penalised)
        aim = problem.solve(point.gradient(weights)[:, None], max(0.1 * goal, 1e-3 * before)).value[
            :, 0
        ]
        found = _shortened(objective, point, weights, aim)
        if found is None and damping > 1e6 * size:
            return theta, step
        if found is None:
            damping = max(10 * damping, 1e-6 * size)
            continue
        theta, damping = found, damping / 10 if damping > 1e-9 * size else 0.0
        if not objective.canonical:
            theta = newton_on_free(objective.at(theta), weights, free_steps).theta
    return theta, max_steps


def _shortened(objective: Objective, point: Point, weights: Tensor, aim: Tensor) -> Tensor | None:
    """Backtracking from ``aim``: the first point better than the start; None if there is none."""
    length = 1.0
    for _ in range(20):
        trial = objective.at(point.theta + length * (aim - point.theta))
        if is_better(trial, point, weights):
            return trial.theta
        length /= 2
    return None
