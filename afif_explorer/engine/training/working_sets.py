"""Fits linear maps with an L1 penalty and many inputs on small sets of them.

All parameters outside a working set are zero, and the objective is minimised on the set by proximal Newton
steps. Then the gradient of all parameters shows which others violate optimality; the worst of them join the
nonzero ones in the next set. The matrices have the size of a set, not of all parameters.

Source: Tibshirani et al., Strong Rules for Discarding Predictors in Lasso-type Problems (2012).
"""

from __future__ import annotations

import torch
from torch import Tensor

from afif_explorer.engine.jacobians.linear import LinearMapLinearization
from afif_explorer.engine.models.model import LinearMap
from afif_explorer.engine.problem.objective import Objective, Point
from afif_explorer.engine.solvers.auto import FEW
from afif_explorer.engine.training.convergence import gradient_scale
from afif_explorer.engine.training.proximal_newton import FREE_STEPS, proximal_newton
from afif_explorer.engine.training.spectral import spectral_minimum
from afif_explorer.progress import report

FEWEST = 100  # parameters that join a set, if so many violate optimality
ROUNDS = 100


def minimise_nonsmooth(
    objective: Objective,
    theta: Tensor,
    weights: Tensor,
    max_steps: int,
    *,
    free_steps: int = FREE_STEPS,
) -> tuple[Tensor, int]:
    """Minimise ``L(theta; w)`` with a non-smooth penalty: the final parameters and the proximal steps.

    By proximal Newton steps; with many parameters by working sets for one linear output with an L1 penalty,
    else by proximal gradient steps and Newton steps by products.
    """
    plain = type(objective) is Objective and isinstance(objective.model, LinearMap)
    separable = plain and objective.model.k == 1 and objective.kinked.threshold is not None
    if objective.p <= FEW:
        return proximal_newton(objective, theta, weights, max_steps, free_steps=free_steps)
    if separable:
        return _by_working_sets(objective, theta, weights, max_steps)
    return spectral_minimum(objective, theta, weights, max_steps, free_steps=free_steps)


def _by_working_sets(
    objective: Objective, theta: Tensor, weights: Tensor, max_steps: int
) -> tuple[Tensor, int]:
    steps = 0
    for number in range(ROUNDS):
        report("working sets", number, None)
        point = objective.at(theta)
        done = point.optimality(weights) <= gradient_scale(point, weights).goal
        if done or steps >= max_steps:
            break
        free = _free(objective, theta)
        places = torch.sort(torch.cat([free, _violating(point, weights, free)]))[0]
        part = _part(point, places)
        found, taken = proximal_newton(part, theta[places], weights, max_steps - steps)
        theta = torch.zeros_like(theta)
        theta[places], steps = found, steps + taken
        if not taken:
            break
    return theta, steps


def _free(objective: Objective, theta: Tensor) -> Tensor:
    """The parameters that are nonzero or not penalised."""
    return torch.nonzero((theta != 0) | ~objective.penalised).flatten()


def _violating(point: Point, weights: Tensor, places: Tensor) -> Tensor:
    """The zero parameters outside a set whose gradient exceeds the threshold most."""
    threshold = point.objective.kinked.threshold
    assert threshold is not None
    excess = point.gradient(weights).abs() - threshold
    excess[places] = 0.0
    most = min(int((excess > 0).sum()), max(FEWEST, len(places)))
    return excess.topk(most).indices


def _part(point: Point, places: Tensor) -> Objective:
    """The objective with all parameters but some held at zero."""
    objective, linearization = point.objective, point.restricted(places).linearization
    assert isinstance(linearization, LinearMapLinearization)
    return Objective(
        LinearMap(linearization.d, intercept=linearization.intercept),
        objective.loss,
        objective.penalty,
        linearization.X,
        objective.y,
        penalised=objective.penalised[places].cpu().numpy(),
        sample_weight=objective.sample_weight,
    )
