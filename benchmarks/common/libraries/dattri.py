"""dattri: exact Hessian, Arnoldi, LiSSA, EK-FAC and TRAK. All rows in one batch, as its Hessians require."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from dattri.algorithm.influence_function import (
    IFAttributorArnoldi,
    IFAttributorEKFAC,
    IFAttributorExplicit,
    IFAttributorLiSSA,
)
from dattri.algorithm.trak import TRAKAttributor
from dattri.task import AttributionTask
from torch import Tensor
from torch.func import functional_call
from torch.nn.functional import cross_entropy

from benchmarks.common.exchange import Task, serve


def _attribution_task(task: Task, *, alone: bool = False, margin: bool = False) -> AttributionTask:
    """The task as dattri's class; TRAK passes rows one by one (``alone``) and uses margins."""

    def loss(parameters: dict, data: tuple[Tensor, Tensor]) -> Tensor:
        X, y = (part.unsqueeze(0) for part in data) if alone else data
        value = cross_entropy(functional_call(task.network, parameters, (X,)), y.long())
        if not margin:
            return value
        probability = torch.exp(-value)
        return torch.log(probability) - torch.log(1 - probability + 1e-10)

    return AttributionTask(
        loss_func=loss, model=task.network, checkpoints=task.network.state_dict()
    )


def explicit(task: Task) -> Iterator[tuple[str, Tensor]]:
    for damping in task.dampings:
        yield (
            f"{damping:g}",
            _inner(task, IFAttributorExplicit(_attribution_task(task), regularization=damping)),
        )


def arnoldi(task: Task) -> Iterator[tuple[str, Tensor]]:
    for damping in task.dampings:
        method = IFAttributorArnoldi(
            _attribution_task(task), proj_dim=50, max_iter=60, regularization=damping
        )
        yield f"{damping:g}", _inner(task, method)


def lissa(task: Task) -> Iterator[tuple[str, Tensor]]:
    scale = 1.25 * task.steepest
    for damping in task.dampings:
        method = IFAttributorLiSSA(
            _attribution_task(task), batch_size=64, recursion_depth=1000, scaling=scale,
            damping=damping / scale,  # it multiplies the estimate itself
        )  # fmt: skip
        yield f"{damping:g}", _inner(task, method)


def self_influence(task: Task) -> Iterator[tuple[str, Tensor]]:
    for damping in task.dampings:
        method = IFAttributorExplicit(_attribution_task(task), regularization=damping)
        method.cache(task.batches())
        task.fitted()
        yield f"{damping:g}", method.self_attribute(task.batches())


def _inner(task: Task, method) -> Tensor:
    method.cache(task.batches())
    task.fitted()
    return method.attribute(task.batches(), task.query_batch())


def ekfac(task: Task) -> Iterator[tuple[str, Tensor]]:
    def loss(parameters: dict, data: tuple[Tensor, Tensor]) -> Tensor:
        return cross_entropy(functional_call(task.network, parameters, (data[0],)), data[1])

    for damping in task.dampings:
        attribution = AttributionTask(
            loss_func=loss, model=task.network, checkpoints=task.network.state_dict()
        )
        method = IFAttributorEKFAC(attribution, damping=damping)
        method.cache(task.batches(512))
        task.fitted()
        yield f"{damping:g}", method.attribute(task.batches(512), task.query_batch())


def trak(task: Task) -> Iterator[tuple[str, Tensor]]:
    def probability(parameters: dict, data: tuple[Tensor, Tensor]) -> Tensor:
        X, y = (part.unsqueeze(0) for part in data)
        return torch.exp(-cross_entropy(functional_call(task.network, parameters, (X,)), y))

    for regularization in task.dampings:
        method = TRAKAttributor(
            _attribution_task(task, alone=True, margin=True),
            correct_probability_func=probability,
            projector_kwargs={"proj_dim": 512},
            regularization=regularization,
        )
        method.cache(task.batches(512))
        task.fitted()
        yield f"{regularization:g}", method.attribute(task.query_batch())


if __name__ == "__main__":
    serve(
        {
            "explicit": explicit, "arnoldi": arnoldi, "ekfac": ekfac, "trak": trak, "lissa": lissa,
            "self": self_influence,
        }
    )  # fmt: skip
