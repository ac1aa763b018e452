"""Training many copies of a network in parallel, each on its own half of the rows."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap
from torch.nn.functional import cross_entropy

from afif_explorer.engine.problem.objective import Objective
from afif_explorer.progress import report

MAX_NETWORKS = 26  # trained in parallel
MAX_SIZE = 150_000_000  # rows times parameters of all of them


def flat(network: nn.Module) -> Tensor:
    """All parameters of a network in one vector."""
    return nn.utils.parameters_to_vector(network.parameters()).detach()


def named(network: nn.Module, theta: Tensor) -> dict[str, Tensor]:
    """A flat ``theta`` as the network's parameters."""
    parts = theta.split([value.numel() for value in network.parameters()])
    return {
        name: part.reshape(value.shape)
        for (name, value), part in zip(network.named_parameters(), parts, strict=True)
    }


def at_once(size: int) -> int:
    """Number of networks that are trained in parallel; ``size`` is rows times parameters."""
    return max(1, min(MAX_NETWORKS, MAX_SIZE // size))


def train_each(
    network: nn.Module,
    starts: Tensor,
    X: Tensor,
    y: Tensor,
    subsets: Tensor,
    *,
    strength: float,
    penalised: Tensor,
    steps: int,
    rate: float,
    batch: int = 0,
) -> Tensor:
    """Minimise ``sum_{i in subset} l_i / n + strength ||theta||^2 / 2`` by Adam for every subset.

    ``starts`` ``[m, p]``, ``subsets`` ``[m, rows]`` -> ``[m, p]``. Each step takes ``batch`` rows of a
    subset, reshuffled after every epoch; 0: all. The rate falls to zero along a cosine.
    """
    n, size = len(X), subsets.shape[1]
    batch = batch or size

    def loss(theta: Tensor, rows: Tensor, labels: Tensor) -> Tensor:
        logits = functional_call(network, named(network, theta), (rows,))
        risk = cross_entropy(logits, labels, reduction="sum") * (size / len(rows) / n)
        return risk + 0.5 * strength * (theta * penalised).square().sum()

    gradient = vmap(grad(loss))
    found, together = [], at_once(starts.shape[1] * batch)
    for start in range(0, len(starts), together):
        part = subsets[start : start + together]
        theta = starts[start : start + together].clone()
        batches = _batches(size, batch)
        optimiser = torch.optim.Adam([theta], lr=rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
        for step in range(steps):
            report("training on subsets", start * steps + step * len(part), len(starts) * steps)
            rows = part if batch == size else part[:, next(batches)]
            theta.grad = gradient(theta, X[rows], y[rows])
            optimiser.step()
            schedule.step()
        found.append(theta)
    return torch.cat(found)


def _batches(size: int, batch: int) -> Iterator[Tensor]:
    """Batches of positions, shuffled in each epoch; an incomplete last batch is dropped."""
    generator = torch.Generator().manual_seed(0)
    while True:
        order = torch.randperm(size, generator=generator)
        yield from order[: size // batch * batch].split(batch)


def polished(objective: Objective, theta: Tensor, steps: int) -> Tensor:
    """``theta`` after ``steps`` steps of L-BFGS on all rows."""
    theta = objective.vector(theta).requires_grad_()
    optimiser = torch.optim.LBFGS(
        [theta], max_iter=steps, max_eval=3 * steps, history_size=30, tolerance_change=0,
        line_search_fn="strong_wolfe",
    )  # fmt: skip

    def value() -> Tensor:
        point = objective.at(theta.detach())
        theta.grad = point.gradient()
        return point.value()

    optimiser.step(value)
    return theta.detach()


def losses(network: nn.Module, thetas: Tensor, X: Tensor, y: Tensor) -> Tensor:
    """Loss of each row under each parameter vector, ``[m, rows]``."""

    def one(theta: Tensor) -> Tensor:
        logits = functional_call(network, named(network, theta), (X,))
        return cross_entropy(logits, y, reduction="none")

    with torch.no_grad():
        return torch.cat(
            [vmap(one)(part) for part in thetas.split(at_once(len(X) * thetas.shape[1]))]
        )
