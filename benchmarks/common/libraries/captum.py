"""captum: the exact Hessian, Arnoldi, and gradient products of the last layer.

Its curvature is a sum over rows, so its dampings are ``n`` times and its scores ``1/n`` times ours.
"""

from __future__ import annotations

from collections.abc import Iterator

from captum.influence import TracInCPFast
from captum.influence._core.arnoldi_influence_function import ArnoldiInfluenceFunction
from captum.influence._core.influence_function import NaiveInfluenceFunction
from torch import Tensor, nn

from benchmarks.common.exchange import Task, serve

BATCH, RANK = 1500, 100
LOSS = nn.CrossEntropyLoss(reduction="sum")


def _explicit(task: Task, damping: float) -> NaiveInfluenceFunction:
    method = NaiveInfluenceFunction(
        task.network, task.rows, "", lambda *_: 1.0, loss_fn=LOSS, batch_size=BATCH,
        sample_wise_grads_per_batch=True, projection_dim=min(task.p, RANK + 1),
        hessian_reg=damping * len(task.rows), hessian_inverse_tol=-1e30,
    )  # fmt: skip
    task.fitted()
    return method


def naive(task: Task) -> Iterator[tuple[str, Tensor]]:
    for damping in task.dampings:
        yield f"{damping:g}", _influence(task, _explicit(task, damping))


def self_influence(task: Task) -> Iterator[tuple[str, Tensor]]:
    for damping in task.dampings:
        method = _explicit(task, damping)
        yield f"{damping:g}", method.self_influence(task.batches(BATCH)) * len(task.rows)


def arnoldi(task: Task) -> Iterator[tuple[str, Tensor]]:
    rank = min(RANK // 2, task.p)
    for damping in task.dampings:
        method = ArnoldiInfluenceFunction(
            task.network, task.rows, "", lambda *_: 1.0, loss_fn=LOSS, batch_size=BATCH,
            sample_wise_grads_per_batch=True, projection_dim=rank,
            arnoldi_dim=min(2 * rank, task.p), hessian_reg=damping * len(task.rows),
        )  # fmt: skip
        task.fitted()
        yield f"{damping:g}", _influence(task, method)


def tracin(task: Task) -> Iterator[tuple[str, Tensor]]:
    last = [layer for layer in task.network.modules() if isinstance(layer, nn.Linear)][-1]
    method = TracInCPFast(
        task.network, last, task.rows, [""], lambda *_: 1.0, loss_fn=LOSS, batch_size=BATCH
    )
    yield "none", method.influence((task.queries, task.answers)).T


def _influence(task: Task, method: NaiveInfluenceFunction | ArnoldiInfluenceFunction) -> Tensor:
    return method.influence((task.queries, task.answers)).T * len(task.rows)


if __name__ == "__main__":
    serve({"naive": naive, "arnoldi": arnoldi, "tracin": tracin, "self": self_influence})
