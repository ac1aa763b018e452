"""Newton steps with the true Hessian on the parameters that are not held at a kink of the penalty.

By a dense factor, or by conjugate gradients with Hessian products where there are many parameters.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from afif_explorer.engine.curvature.operators import Hessian
from afif_explorer.engine.problem.objective import Point
from afif_explorer.engine.solvers.auto import FEW
from afif_explorer.engine.solvers.base import ConjugateGradient, Status
from afif_explorer.engine.training.convergence import same_value
from afif_explorer.engine.training.metric import KinkProduct, kinked_matrix

DAMPINGS = (0.0, 1e-3, 1e-2, 1e-1, 1.0, 10.0)  # relative to the mean curvature
SOLVED = ConjugateGradient(tolerance=1e-3, max_steps=200)


def newton_on_free(point: Point, weights: Tensor, most: int) -> Point:
    """As many Newton steps as improve, at most so many."""
    free = torch.nonzero(point.objective.free(point.theta)).flatten()
    for _ in range(most):
        better = _step(point, weights, free)
        if better is None:
            break
        point = better
    return point


def is_better(trial: Point, point: Point, weights: Tensor) -> bool:
    """Lower, or equal to rounding (the value is flat near the minimum) with a smaller residual."""
    change = float(trial.value(weights) - point.value(weights))
    if same_value(change, point, weights):
        return trial.optimality(weights) < 0.9 * point.optimality(weights)
    return change < 0


def _step(point: Point, weights: Tensor, free: Tensor) -> Point | None:
    """The first of increasingly damped Newton steps that improves; None if none does."""
    objective, theta = point.objective, point.theta
    penalised = objective.penalised
    slope = point.gradient(weights)
    slope[penalised] += objective.kinked.kink_gradient(theta[penalised])
    moves = _moves_by_factor if objective.p <= FEW else _moves_by_products
    for move in moves(point, weights, free, slope[free]):
        aim = theta.clone()
        aim[free] -= move
        if objective.kinked.piecewise_linear:
            # A parameter that crosses zero leaves the region where the penalty is smooth.
            aim[penalised & (aim * theta < 0)] = 0.0
        trial = objective.at(aim)
        if is_better(trial, point, weights):
            return trial
    return None


def _moves_by_factor(
    point: Point, weights: Tensor, free: Tensor, slope: Tensor
) -> Iterator[Tensor]:
    objective = point.objective
    bent = kinked_matrix(
        Hessian.of(point, weights=weights).dense(),
        point.theta,
        objective.kinked,
        objective.penalised,
    )
    bent = bent[free[:, None], free]
    size = float(bent.diagonal().abs().mean())
    eye = torch.eye(len(free), dtype=bent.dtype, device=bent.device)
    for damping in DAMPINGS:
        factor, info = torch.linalg.cholesky_ex(bent + damping * size * eye)
        if int(info) == 0:
            yield torch.cholesky_solve(slope[:, None], factor)[:, 0]


def _moves_by_products(
    point: Point, weights: Tensor, free: Tensor, slope: Tensor
) -> Iterator[Tensor]:
    objective, kinked = point.objective, point.objective.kinked
    extra = None
    if not kinked.piecewise_linear:
        extra = KinkProduct(kinked, objective.penalised, point.theta, free)
    square = float(slope @ slope)
    if not square:
        return
    plain = Hessian.of(point, weights=weights).restricted(free, extra)
    size = abs(float(slope @ (plain @ slope))) / square
    for damping in DAMPINGS:
        bent = plain
        if damping:
            damped = Hessian.of(point, weights=weights, damping=damping * size)
            bent = damped.restricted(free, extra)
        found = SOLVED.prepare(bent).solve(slope)
        if found.status is not Status.DIVERGED:
            yield found.value
