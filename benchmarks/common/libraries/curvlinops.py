"""curvlinops: products with the exact Gauss-Newton matrix (the Fisher), in block conjugate gradients.

The library provides only products; the iteration and the per-row gradients are plain torch.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from curvlinops import GGNLinearOperator
from torch import Tensor, nn
from torch.func import functional_call, grad, jvp, vmap
from torch.nn.functional import cross_entropy

from benchmarks.common.exchange import Task, serve

TOLERANCE, MAX_STEPS, BATCH = 1e-4, 200, 5000


def ggn(task: Task) -> Iterator[tuple[str, Tensor]]:
    named = dict(task.network.named_parameters())
    matrix = GGNLinearOperator(
        task.network, nn.CrossEntropyLoss(), list(named.values()), list(task.batches(BATCH)),
        check_deterministic=False,
    )  # fmt: skip
    task.fitted()
    for damping in task.dampings:
        yield f"{damping:g}", _effects(task, named, matrix, damping)


def _effects(task: Task, named: dict[str, Tensor], matrix, damping: float) -> Tensor:
    parts = {name: value.detach() for name, value in named.items()}

    def loss(parameters: dict[str, Tensor], X: Tensor, y: Tensor) -> Tensor:
        logits = functional_call(task.network, parameters, (X[None],))
        return cross_entropy(logits, y[None])

    gradients = vmap(grad(loss), in_dims=(None, 0, 0))(parts, task.queries, task.answers)
    rhs = torch.cat([value.flatten(1) for value in gradients.values()], dim=1).T
    solved = _solved(lambda block: matrix @ block + damping * block, rhs)

    def along(direction: Tensor) -> Tensor:
        pieces = direction.split([value.numel() for value in parts.values()])
        tangents = {
            name: piece.reshape(value.shape)
            for piece, (name, value) in zip(pieces, parts.items(), strict=True)
        }

        def losses(parameters: dict[str, Tensor]) -> Tensor:
            logits = functional_call(task.network, parameters, (task.X,))
            return cross_entropy(logits, task.y, reduction="none")

        return jvp(losses, (parts,), (tangents,))[1]

    return torch.stack([along(direction) for direction in solved.T], dim=1)


def _solved(product, rhs: Tensor) -> Tensor:
    """Conjugate gradients for all right-hand sides in parallel."""
    x, r, d = torch.zeros_like(rhs), rhs.clone(), rhs.clone()
    square = (r * r).sum(0)
    goal = TOLERANCE**2 * square
    for _ in range(MAX_STEPS):
        if bool((square <= goal).all()):
            break
        moved = product(d)
        length = square / (d * moved).sum(0)
        x, r = x + length * d, r - length * moved
        fresh = (r * r).sum(0)
        d, square = r + fresh / square * d, fresh
    return x


if __name__ == "__main__":
    serve({"ggn": ggn})
