"""This project, through its public functions: effects with several solvers, and self-influence."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

import afif_explorer as ax
from benchmarks.common.exchange import Method, Task, serve

TOLERANCE = 1e-3  # of the residual; direct solves are below it without refinement
# One run, like the others; scale and depth are automatic.
LISSA = ax.LiSSA(repeats=1, batch_size=128)


def _fit(task: Task) -> ax.Fit:
    """The trained network without a penalty: as for the other libraries, all damping is the method's."""
    X, y, answers = task.X, task.y, task.answers
    if task.name == "logistic":  # one output, its log-odds
        return ax.from_trained(task.network.layer, X, y, "bernoulli", test=(task.queries, answers))
    return ax.from_trained(task.network, X, y, "categorical", test=(task.queries, answers))


def _effects(solver: ax.Auto | ax.LiSSA | str, order: int | None = 1) -> Method:
    """``ax.attribute`` on the loss of every query; ``order`` 1 is what the other libraries compute."""

    def method(task: Task) -> Iterator[tuple[str, Tensor]]:
        queries = [ax.PointLoss("test", i) for i in range(len(task.queries))]
        for damping in task.dampings:
            fit = _fit(task)
            task.fitted()
            afif = ax.AFIF(solver=solver, damping=damping)
            yield f"{damping:g}", torch.as_tensor(ax.attribute(fit, queries, afif, order=order))

    return method


def self_influence(task: Task) -> Iterator[tuple[str, Tensor]]:
    """``ax.diagnostics``, which also computes leverages, Cook's distances, losses and residuals."""
    for damping in task.dampings:
        fit = _fit(task)
        task.fitted()
        table = ax.diagnostics(fit, ax.AFIF(damping=damping))
        yield f"{damping:g}", torch.as_tensor(table["self_influence"].to_numpy())


if __name__ == "__main__":
    serve(
        {
            "auto": _effects(ax.Auto(tolerance=TOLERANCE)), "ekfac": _effects("ekfac"),
            "attribute by default": _effects("auto", None),
            "lissa": _effects(LISSA), "lissa by default": _effects(ax.LiSSA()),
            "self": self_influence,
        }
    )  # fmt: skip
