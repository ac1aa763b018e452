"""pyDVL: exact Hessian, Arnoldi, Nystroem and EK-FAC.

Its "Gauss-Newton" mode is the empirical Fisher divided by the wrong count, so it is left out.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from pydvl.influence.torch import (
    ArnoldiInfluence,
    DirectInfluence,
    EkfacInfluence,
    NystroemSketchInfluence,
)
from torch import Tensor
from torch.nn.functional import cross_entropy

from benchmarks.lds.peers.exchange import Task, serve

BATCH = 250


def direct(task: Task) -> Iterator[tuple[str, Tensor]]:
    yield from _at_every_damping(
        task, DirectInfluence(task.network, cross_entropy, task.dampings[0])
    )


def arnoldi(task: Task) -> Iterator[tuple[str, Tensor]]:
    rank = min(100, sum(value.numel() for value in task.network.parameters()) // 2)
    method = ArnoldiInfluence(task.network, cross_entropy, task.dampings[0], rank=rank)
    yield from _at_every_damping(task, method)


def nystroem(task: Task) -> Iterator[tuple[str, Tensor]]:
    rank = min(100, sum(value.numel() for value in task.network.parameters()) // 2)
    method = NystroemSketchInfluence(task.network, cross_entropy, task.dampings[0], rank=rank)
    yield from _at_every_damping(task, method)


def ekfac(task: Task) -> Iterator[tuple[str, Tensor]]:
    for damping in task.dampings:
        method = EkfacInfluence(task.network, update_diagonal=True, hessian_regularization=damping)
        yield f"{damping:g}", _effects(task, method.fit(task.batches(BATCH)))


def _at_every_damping(task: Task, method) -> Iterator[tuple[str, Tensor]]:
    fitted = method.fit(task.batches(BATCH))
    for damping in task.dampings:
        fitted = fitted.with_regularization(damping)
        yield f"{damping:g}", _effects(task, fitted)


def _effects(task: Task, fitted) -> Tensor:
    factors = fitted.influence_factors(task.queries, task.answers)
    parts = [fitted.influences_from_factors(factors, X, y) for X, y in task.batches(BATCH)]
    return torch.cat(parts, dim=1).T


if __name__ == "__main__":
    serve({"direct": direct, "arnoldi": arnoldi, "nystroem": nystroem, "ekfac": ekfac})
