"""Minimises an objective with a non-smooth penalty and many parameters without a matrix.

Proximal gradient steps find the zeros; their length is that of Barzilai and Borwein, and the value may rise
for a few steps. Between rounds of them, Newton steps by products on the other parameters converge quickly.

Source: Wright, Nowak and Figueiredo, Sparse Reconstruction by Separable Approximation (2009).
"""

from __future__ import annotations

import torch
from torch import Tensor

from afif_explorer.engine.problem.objective import Objective, Point
from afif_explorer.engine.training.convergence import gradient_scale
from afif_explorer.engine.training.free_newton import newton_on_free
from afif_explorer.progress import report

FIRST, LONGEST = 25, 400  # gradient steps of the first round, which doubles up to the longest
REMEMBERED = 8  # values of which the highest may not be exceeded
DECREASE = 1e-4  # of the value, relative to the square of the step over twice its length
SHORTEST, LARGEST = 1e-10, 1e10  # length of a step
HALVINGS = 40
STALLED = 3  # rounds without a smaller residual, after which training ends


def spectral_minimum(
    objective: Objective, theta: Tensor, weights: Tensor, max_rounds: int, *, free_steps: int
) -> tuple[Tensor, int]:
    """Minimise ``L(theta; w)`` from ``theta``: the final parameters and the number of rounds."""
    point = objective.at(theta)
    best, stalled, steps = point, 0, FIRST
    for number in range(max_rounds):
        before = point.optimality(weights)
        if before <= gradient_scale(point, weights).goal or stalled == STALLED:
            return best.theta, number
        report("training", number, None)
        point = _newton_steps(_gradient_steps(point, weights, steps), weights, free_steps)
        steps = min(2 * steps, LONGEST)
        better = point.optimality(weights) < 0.9 * best.optimality(weights)
        stalled = 0 if better else stalled + 1
        best = point if better else best
    return best.theta, max_rounds


def _newton_steps(point: Point, weights: Tensor, most: int) -> Point:
    """Newton steps as long as each leaves at most half of the residual, as near a minimum."""
    residual = point.optimality(weights)
    for _ in range(most):
        fresh = newton_on_free(point, weights, 1)
        before, residual = residual, fresh.optimality(weights)
        point = fresh
        if residual > before / 2:
            break
    return point


def _gradient_steps(point: Point, weights: Tensor, most: int) -> Point:
    gradient, length = point.gradient(weights), 1.0
    values = [float(point.value(weights))]
    for step in range(most):
        report("proximal gradient steps", step, most)
        found = _shortened(point, gradient, weights, length, max(values[-REMEMBERED:]))
        if found is None:
            break
        fresh = found.gradient(weights)
        moved, turned = found.theta - point.theta, fresh - gradient
        square, bend = float(moved @ moved), float(moved @ turned)
        length = min(max(square / bend, SHORTEST), LARGEST) if bend > 0 else 2 * length
        point, gradient = found, fresh
        values.append(float(point.value(weights)))
    return point


def _shortened(
    point: Point, gradient: Tensor, weights: Tensor, length: float, highest: float
) -> Point | None:
    """The first of increasingly short proximal steps that decreases enough; None if none does."""
    objective, penalised = point.objective, point.objective.penalised
    for _ in range(HALVINGS):
        aim = point.theta - length * gradient
        aim[penalised] = objective.kinked.prox(aim[penalised], length)
        square = float((aim - point.theta).square().sum())
        if not square:
            return None
        trial = objective.at(aim)
        with torch.no_grad():
            value = float(trial.value(weights))
        if value <= highest - DECREASE * square / (2 * length):
            return trial
        length /= 2
    return None
