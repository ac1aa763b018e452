"""pyDVL: exact Hessian, Arnoldi, Nystroem, conjugate gradients, LiSSA and EK-FAC.

Its "Gauss-Newton" mode is the empirical Fisher with a wrong normalisation, so it is left out.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from pydvl.influence.torch import (
    ArnoldiInfluence,
    CgInfluence,
    DirectInfluence,
    EkfacInfluence,
    LissaInfluence,
    NystroemSketchInfluence,
)
from torch import Tensor
from torch.nn.functional import cross_entropy

from benchmarks.common.exchange import Task, serve

BATCH = 250


def direct(task: Task) -> Iterator[tuple[str, Tensor]]:
    yield from _at_every_damping(
        task, DirectInfluence(task.network, cross_entropy, task.dampings[0])
    )


def arnoldi(task: Task) -> Iterator[tuple[str, Tensor]]:
    rank = min(100, task.p // 2)
    method = ArnoldiInfluence(task.network, cross_entropy, task.dampings[0], rank=rank)
    yield from _at_every_damping(task, method)


def nystroem(task: Task) -> Iterator[tuple[str, Tensor]]:
    rank = min(100, task.p // 2)
    method = NystroemSketchInfluence(task.network, cross_entropy, task.dampings[0], rank=rank)
    yield from _at_every_damping(task, method)


def ekfac(task: Task) -> Iterator[tuple[str, Tensor]]:
    for damping in task.dampings:
        method = EkfacInfluence(task.network, update_diagonal=True, hessian_regularization=damping)
        fitted = method.fit(task.batches(BATCH))
        task.fitted()
        yield f"{damping:g}", _effects(task, fitted)


def cg(task: Task) -> Iterator[tuple[str, Tensor]]:
    method = CgInfluence(
        task.network, cross_entropy, task.dampings[0], rtol=1e-4, solve_simultaneously=True
    )
    yield from _at_every_damping(task, method)


def lissa(task: Task) -> Iterator[tuple[str, Tensor]]:
    method = LissaInfluence(
        task.network, cross_entropy, task.dampings[0], maxiter=1000, scale=1.25 * task.steepest
    )
    yield from _at_every_damping(task, method, batch=2048)


def self_influence(task: Task) -> Iterator[tuple[str, Tensor]]:
    """The diagonals of each batch's influences on itself, since the library has no function for it."""
    fitted = DirectInfluence(task.network, cross_entropy, task.dampings[0]).fit(task.batches(BATCH))
    task.fitted()
    parts = []
    for X, y in task.batches(BATCH):
        factors = fitted.influence_factors(X, y)
        parts.append(fitted.influences_from_factors(factors, X, y).diagonal())
    yield f"{task.dampings[0]:g}", torch.cat(parts)


def _at_every_damping(task: Task, method, batch: int = BATCH) -> Iterator[tuple[str, Tensor]]:
    fitted = method.fit(task.batches(batch))
    task.fitted()
    for damping in task.dampings:
        fitted = fitted.with_regularization(damping)
        yield f"{damping:g}", _effects(task, fitted)


def _effects(task: Task, fitted) -> Tensor:
    factors = fitted.influence_factors(task.queries, task.answers)
    parts = [fitted.influences_from_factors(factors, X, y) for X, y in task.batches(BATCH)]
    return torch.cat(parts, dim=1).T


if __name__ == "__main__":
    serve(
        {
            "direct": direct, "arnoldi": arnoldi, "nystroem": nystroem, "ekfac": ekfac, "cg": cg,
            "lissa": lissa, "self": self_influence,
        }
    )  # fmt: skip
