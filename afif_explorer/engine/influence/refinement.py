"""The way on from a predicted point: Newton steps towards the refit, by products alone.

Each round solves ``H s = tilt - grad L(t; w)`` with the Hessian at ``t`` by conjugate gradients, which the
curvature that made the prediction preconditions: it is near enough that a few products do. A step is halved
until the objective falls. Where the Hessian bends down the search ends and the round takes what it has; with
kinks in the penalty a round is two steps of :mod:`afif_explorer.engine.training.proximal_newton`.

That is a refit without its end: rounds stop as soon as further ones would not change the answer by much.

Sources: Dembo, Eisenstat and Steihaug, Inexact Newton Methods (1982); Steihaug (1983) where it bends down;
Notay, Flexible Conjugate Gradients (2000), for preconditioners that are not quite the same at every step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from afif_explorer.engine.curvature.operators import Curvature
from afif_explorer.engine.problem.objective import Point
from afif_explorer.engine.training.convergence import same_value
from afif_explorer.engine.training.proximal_newton import proximal_newton
from afif_explorer.errors import CurvatureError
from afif_explorer.progress import report

SOLVED = 0.03  # of what pulls, in the norm of the preconditioner, at which a round's solve ends
SETTLED = 0.05  # of all that was added, at and below which the last step is a trifle
FREE = 3  # Newton steps between proximal ones
HALVINGS = 30  # of a step that does not lead down


@dataclass(frozen=True, eq=False)
class Refined:
    """What the rounds added: ``step`` ``[p]``, and whether the last of them was a trifle."""

    step: Tensor
    settled: bool


def refine(
    start: Point,
    weights: Tensor,
    tilt: Tensor,
    propose: Callable[[Point, Tensor], Tensor],
    size: Callable[[Tensor], float],
    rounds: int,
    trifle: float,
) -> Refined:
    """From ``start`` towards the minimum of ``L(t; w) - <tilt, t>``, kinks included, in at most ``rounds``.

    Args:
        weights: ``[n]``. tilt: ``[p]``, a gradient that is to be left in place.
        propose: a step ``[p]`` from a point, for the gradient that is left there. size: of a step.
        trifle: norm at and below which what is left of the gradient is none (with kinks it never is).
    """
    there, added = start, torch.zeros_like(start.theta)
    smooth = start.objective.smooth
    for done in range(rounds):
        report("reach", done, None)
        left = there.gradient(weights) - tilt
        if smooth and float(left.norm()) <= trifle:
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
    """``-H^-1 gradient`` ``[p]``, roughly, in at most so many products; as far as ``H`` bends up.

    A singular preconditioner refuses what lies outside its range: then the step ends where it is.
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
    """Two proximal steps ``[p]``, for a network each with a few Newton steps of what is not at a kink."""
    theta, _ = proximal_newton(there.objective, there.theta, weights, 2, free_steps=FREE)
    return theta - there.theta


def _lower(there: Point, step: Tensor, weights: Tensor, tilt: Tensor) -> Point | None:
    """The first point on the way back from ``there + step`` that is no higher; None if there is none."""
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
