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
from afif_explorer.engine.problem.models import LinearMap
from afif_explorer.engine.problem.objective import Objective, Point
from afif_explorer.engine.training.convergence import gradient_scale
from afif_explorer.engine.training.proximal_newton import proximal_newton
from afif_explorer.progress import report

FEWEST = 100  # parameters that join a set, if so many violate optimality
ROUNDS = 100


def fits_working_sets(objective: Objective) -> bool:
    """Whether the objective is of this kind: one linear output and an L1 penalty."""
    plain = type(objective) is Objective and isinstance(objective.model, LinearMap)
    return plain and objective.model.k == 1 and objective.kinked.threshold is not None


def by_working_sets(
    objective: Objective, theta: Tensor, weights: Tensor, max_steps: int
) -> tuple[Tensor, int]:
    """Minimise ``L(theta; w)`` from ``theta``: the final parameters and the number of proximal steps."""
    steps, places = 0, _free(objective, theta)
    for number in range(ROUNDS):
        report("working sets", number, None)
        point = objective.at(theta)
        if number and point.optimality(weights) <= gradient_scale(point, weights).goal:
            break
        if number:
            joining = _violating(point, weights, places)
            if not len(joining) and len(places):
                break
            places = torch.sort(torch.cat([_free(objective, theta), joining]).unique())[0]
        if steps >= max_steps:
            break
        part = _part(point, places)
        found, taken = proximal_newton(part, theta[places], weights, max_steps - steps)
        theta = torch.zeros_like(theta)
        theta[places], steps = found, steps + taken
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
    )
