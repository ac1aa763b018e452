"""This project itself: the solver it chooses, LiSSA, EK-FAC, and every row on itself."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

import afif_explorer as ax
from afif_explorer.engine.influence import Influence
from afif_explorer.engine.planning import PreparedAuto
from afif_explorer.engine.solvers import Solver
from benchmarks.common.exchange import Task, serve

TOLERANCE = 1e-3  # of the residual; direct solves leave less, and are not refined further
LISSA = ax.LiSSA(
    repeats=1, batch_size=128
)  # one run, as the others; its scale and depth are its own


def _prepared(task: Task, damping: float, solver: Solver | str) -> Influence:
    """The curvature with all of the damping and no penalty, as the other libraries have it."""
    theta = torch.nn.utils.parameters_to_vector(task.network.parameters()).detach()
    influence = ax.AFIF(solver=solver, damping=damping).prepare(_objective(task), theta)
    ready = influence.prepared
    if isinstance(ready, PreparedAuto):
        ready.for_columns(len(task.queries))
    task.fitted()
    return influence


def _objective(task: Task) -> ax.Objective:
    X, y = task.X, task.y
    if task.name == "logistic":  # one output
        return ax.Objective(ax.LinearMap(X.shape[1]), "bernoulli", None, X, y.to(X.dtype))
    return ax.Objective(task.network, "categorical", None, X, y)


def _effects(solver: Solver | str):
    def method(task: Task) -> Iterator[tuple[str, Tensor]]:
        for damping in task.dampings:
            yield f"{damping:g}", _told(task, _prepared(task, damping, solver))

    return method


def _told(task: Task, influence: Influence) -> Tensor:
    own = influence.objective
    asked = ax.Objective(own.model, own.loss, None, task.queries, task.answers.to(own.y.dtype))
    slopes = asked.at(influence.point.theta).gradients(torch.arange(asked.n)).T.contiguous()
    return influence.effects(slopes)


def self_influence(task: Task) -> Iterator[tuple[str, Tensor]]:
    """Every row's leverage, too, in the same time."""
    for damping in task.dampings:
        influence = _prepared(task, damping, "auto")
        influence.leverage()
        yield f"{damping:g}", influence.self_influence()


if __name__ == "__main__":
    serve(
        {
            "auto": _effects(ax.Auto(tolerance=TOLERANCE)), "ekfac": _effects("ekfac"),
            "lissa": _effects(LISSA), "lissa by default": _effects(ax.LiSSA()),
            "self": self_influence,
        }
    )  # fmt: skip
