"""Training many copies of a network side by side, each on its own half of the rows."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap
from torch.nn.functional import cross_entropy

from afif_explorer.engine.objective import Objective
from afif_explorer.progress import report

COPIES_AT_ONCE = 26  # networks whose activations are held together


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
) -> Tensor:
    """Minimise ``sum_{i in subset} l_i / n + strength ||theta||^2 / 2`` by Adam for every subset.

    ``starts`` ``[m, p]``, ``subsets`` ``[m, rows]`` -> ``[m, p]``. All rows of a subset in each step; the
    rate falls to zero along a cosine.
    """
    n = len(X)

    def loss(theta: Tensor, rows: Tensor, labels: Tensor) -> Tensor:
        logits = functional_call(network, named(network, theta), (rows,))
        risk = cross_entropy(logits, labels, reduction="sum") / n
        return risk + 0.5 * strength * (theta * penalised).square().sum()

    slope = vmap(grad(loss))
    found = []
    for start in range(0, len(starts), COPIES_AT_ONCE):
        part = subsets[start : start + COPIES_AT_ONCE]
        theta = starts[start : start + COPIES_AT_ONCE].clone()
        rows, labels = X[part], y[part]
        optimiser = torch.optim.Adam([theta], lr=rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
        for step in range(steps):
            report("training on subsets", start * steps + step * len(part), len(starts) * steps)
            theta.grad = slope(theta, rows, labels)
            optimiser.step()
            schedule.step()
        found.append(theta)
    return torch.cat(found)


def polished(objective: Objective, theta: Tensor, steps: int) -> Tensor:
    """``theta`` after some steps of L-BFGS on all rows: a fit of the objective as good as they make it."""
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
        return torch.cat([vmap(one)(part) for part in thetas.split(COPIES_AT_ONCE)])
