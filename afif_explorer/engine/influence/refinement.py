"""Newton refinement of a prediction towards the refit, using only matrix-vector products.

Each round solves ``H s = tilt - grad L(t; w)`` with the Hessian at ``t`` by conjugate gradients,
preconditioned by the curvature used for the prediction, which is close enough that a few products suffice.
A step is halved until the objective decreases. At negative curvature the round ends with the step so far;
with a non-smooth penalty a round is two steps of :mod:`afif_explorer.engine.training.proximal_newton`.

This is an unfinished refit: rounds stop as soon as further ones would change the result little.

Sources: Dembo, Eisenstat and Steihaug, Inexact Newton Methods (1982); Steihaug (1983) for negative
curvature; Notay, Flexible Conjugate Gradients (2000), for variable preconditioners.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from afif_explorer.engine.curvature.operators import Curvature, Hessian
from afif_explorer.engine.influence.protocol import Solving
from afif_explorer.engine.problem.objective import Point
from afif_explorer.engine.problem.weights import leave_out
from afif_explorer.engine.training.convergence import same_value
from afif_explorer.engine.training.working_sets import minimise_nonsmooth
from afif_explorer.errors import CurvatureError
from afif_explorer.progress import report

SOLVED = 0.03  # relative residual, in the norm of the preconditioner, at which a round's solve ends
SETTLED = 0.05  # relative to the total step, at and below which the last step is negligible
FREE = 3  # Newton steps between proximal ones
# Rounds, and Hessian products in each: with cheap and with expensive solves.
DIRECTLY, ITERATIVELY = (12, 60), (3, 4)
NEGLIGIBLE = 1e-6  # relative to the rows' gradient: a remaining gradient that is ignored
ROUNDINGS = 100  # units of the machine precision, if that is larger
HALVINGS = 30  # of a step that does not decrease the objective


@dataclass(frozen=True, eq=False)
class Refined:
    """The total ``step`` ``[p]`` of all rounds, and whether the last one was negligible."""

    step: Tensor
    settled: bool


def towards_refit(influence: Solving, rows: np.ndarray, moved: Tensor) -> Refined:
    """From the prediction ``moved`` ``[p]`` without some rows (positions) towards the refit."""
    objective, fitted = influence.objective, influence.point
    if bool((moved == fitted.theta).all()):
        return Refined(torch.zeros_like(moved), True)
    weights = objective.vector(leave_out(objective.n, rows))
    start, tilt, size = objective.at(moved), fitted.gradient(), partial(norm_of, influence)
    if not objective.smooth:

        def proximal(there: Point, _: Tensor) -> Tensor:
            return proximal_step(there, weights)

        still = torch.zeros_like(tilt)
        return refine(start, weights, still, proximal, size, DIRECTLY[0], 0.0)
    solver = influence.reliable
    rounds, products = DIRECTLY if solver.exact else ITERATIVELY
    rough = solver.rough()

    def newton(there: Point, gradient: Tensor) -> Tensor:
        hessian = Hessian.of(there, weights=weights)
        return newton_step(hessian, gradient, lambda v: rough.solve(v).value, products)

    least = max(NEGLIGIBLE, ROUNDINGS * torch.finfo(tilt.dtype).eps)
    negligible = least * float((fitted.gradient(weights) - tilt).norm())
    return refine(start, weights, tilt, newton, size, rounds, negligible)


def norm_of(influence: Solving, step: Tensor) -> float:
    """``||step||`` in the norm of the curvature."""
    return float((step @ (influence.curvature @ step)).clamp(min=0).sqrt())


def refine(
    start: Point,
    weights: Tensor,
    tilt: Tensor,
    propose: Callable[[Point, Tensor], Tensor],
    size: Callable[[Tensor], float],
    rounds: int,
    negligible: float,
) -> Refined:
    """From ``start`` towards the minimum of ``L(t; w) - <tilt, t>``, in at most ``rounds``.

    Args:
        weights: ``[n]``. tilt: ``[p]``, the gradient to aim for.
        propose: a step ``[p]`` from a point, for the remaining gradient. size: the norm of a step.
        negligible: norm at and below which the remaining gradient is negligible (never with kinks).
    """
    there, added = start, torch.zeros_like(start.theta)
    smooth = start.objective.smooth
    for done in range(rounds):
        report("reach", done, None)
        left = there.gradient(weights) - tilt
        if smooth and float(left.norm()) <= negligible:
            return Refined(added, True)
        lower = _lower(there, propose(there, left), weights, tilt)
        if lower is None:
            return Refined(added, False)
        last, there = size(lower.theta - there.theta), lower
        added = there.theta - start.theta
        if last == 0 or (done and last <= SETTLED * size(added)):
            return Refined(added, last > 0 or not smooth)
    return Refined(added, False)


def newton_step(
    hessian: Curvature, gradient: Tensor, precondition: Callable[[Tensor], Tensor], most: int
) -> Tensor:
    """An approximation of ``-H^-1 gradient`` ``[p]`` in a limited number of products.

    Stops at negative curvature of ``H``, and if a singular preconditioner rejects a residual outside
    its range.
    """
    step, left = torch.zeros_like(gradient), -gradient
    direction = _within(precondition, left)
    pull = float(left @ direction)
    goal = SOLVED**2 * pull
    for _ in range(most):
        if pull <= 0:
            break
        moved = hessian @ direction
        bend = float(direction @ moved)
        if bend <= 0:
            return step if bool(step.any()) else direction
        length = float(left @ direction) / bend
        step = step + length * direction
        fresh = left - length * moved
        along = _within(precondition, fresh)
        turn, pull, left = float(along @ (fresh - left)) / pull, float(along @ fresh), fresh
        if pull <= goal:
            break
        direction = along + turn * direction
    return step


def _within(precondition: Callable[[Tensor], Tensor], vector: Tensor) -> Tensor:
    try:
        return precondition(vector)
    except CurvatureError:
        return torch.zeros_like(vector)


def proximal_step(there: Point, weights: Tensor) -> Tensor:
    """Two proximal steps ``[p]``; for a network each with a few Newton steps on the free parameters."""
    theta, _ = minimise_nonsmooth(there.objective, there.theta, weights, 2, free_steps=FREE)
    return theta - there.theta


def _lower(there: Point, step: Tensor, weights: Tensor, tilt: Tensor) -> Point | None:
    """Backtracking from ``there + step`` until the objective is no higher; None if it fails."""
    before = _height(there, weights, tilt)
    for _ in range(HALVINGS):
        trial = there.objective.at(there.theta + step)
        change = _height(trial, weights, tilt) - before
        if change < 0 or same_value(change, there, weights):
            return trial
        step = step / 2
    return None


def _height(point: Point, weights: Tensor, tilt: Tensor) -> float:
    return float(point.value(weights) - tilt @ point.theta)
