"""Exact results in float64, computed independently of the engine: dense curvatures from ``torch.func``.

``c' C^-1 g_i`` for every row and query, with ``C`` the mean over rows plus the damping; for at most
``MAX_DENSE`` parameters.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, hessian, jacrev, vmap
from torch.nn.functional import cross_entropy

from benchmarks.common.networks import build
from benchmarks.common.problems import REFITS, Refits
from benchmarks.common.training import named
from benchmarks.peers.problems import Case

MAX_DENSE = 12_000
ROWS_AT_ONCE = 500


@dataclasses.dataclass(frozen=True)
class Exact:
    """The exact results that all methods are compared with.

    Attributes:
        fisher: effects by the Fisher, ``[rows, queries]``. hessian: by the Hessian.
        own: ``g_i' C^-1 g_i`` by the Fisher, ``[rows]``. steepest: the Fisher's largest eigenvalue. None, or
            NaN, if it is too expensive to compute.
    """

    fisher: np.ndarray | None
    hessian: np.ndarray | None
    own: np.ndarray | None
    steepest: float


UNKNOWN = Exact(None, None, None, float("nan"))


def exact_of(case: Case, refits: Refits) -> Exact:
    """The exact results, from the cache if available."""
    if len(refits.theta) > MAX_DENSE:
        return UNKNOWN
    path = REFITS / f"{case.problem.key}-exact-{case.damping:g}.npz"
    if not path.exists():
        found = _dense(case, refits)
        known = {k: v for k, v in dataclasses.asdict(found).items() if v is not None}
        np.savez(path, **known)
    return _read(path)


def _read(path: Path) -> Exact:
    with np.load(path) as stored:
        return Exact(
            stored["fisher"],
            stored.get("hessian"),
            stored.get("own"),
            float(stored["steepest"]),
        )


class _Network:
    """Logits and losses of single rows as functions of a flat theta."""

    def __init__(self, case: Case, refits: Refits) -> None:
        self.X, self.y, self.queries, self.answers = (
            torch.as_tensor(np.array(part)) for part in case.problem.data
        )
        self.module: nn.Module = build(case.problem.network, self.X.shape[1]).double()
        self.theta = torch.as_tensor(refits.theta)

    def logits(self, theta: Tensor, x: Tensor) -> Tensor:
        return functional_call(self.module, named(self.module, theta), (x[None],))[0]

    def loss(self, theta: Tensor, x: Tensor, y: Tensor) -> Tensor:
        return cross_entropy(self.logits(theta, x)[None], y[None])

    def gradients(self, X: Tensor, y: Tensor) -> Tensor:
        """The gradient of each row's loss, ``[rows, p]``."""
        one = vmap(grad(self.loss), in_dims=(None, 0, 0))
        parts = zip(X.split(ROWS_AT_ONCE), y.split(ROWS_AT_ONCE), strict=True)
        return torch.cat([one(self.theta, *part) for part in parts])

    def fisher(self) -> Tensor:
        """``(1/n) sum_i J_i' (diag(s) - s s') J_i`` with ``s`` the class probabilities, ``[p, p]``."""
        total = torch.zeros(len(self.theta), len(self.theta), dtype=torch.float64)
        for X in self.X.split(ROWS_AT_ONCE):
            J = vmap(jacrev(self.logits), in_dims=(None, 0))(self.theta, X)
            probability = vmap(self.logits, in_dims=(None, 0))(self.theta, X).softmax(1)
            centred = J - (probability[:, :, None] * J).sum(1, keepdim=True)
            root = (probability.sqrt()[:, :, None] * centred).flatten(0, 1)
            total.addmm_(root.T, root)
        return total / len(self.X)

    def hessian(self) -> Tensor:
        """The Hessian of the mean loss, ``[p, p]``."""
        total = torch.zeros(len(self.theta), len(self.theta), dtype=torch.float64)
        for X, y in zip(self.X.split(ROWS_AT_ONCE), self.y.split(ROWS_AT_ONCE), strict=True):

            def risk(theta: Tensor, X: Tensor = X, y: Tensor = y) -> Tensor:
                logits = functional_call(self.module, named(self.module, theta), (X,))
                return cross_entropy(logits, y, reduction="sum")

            total += hessian(risk)(self.theta)
        return total / len(self.X)


def _dense(case: Case, refits: Refits) -> Exact:
    network = _Network(case, refits)
    rows = network.gradients(network.X, network.y)
    queries = network.gradients(network.queries, network.answers)
    shift = case.damping * torch.eye(len(network.theta), dtype=torch.float64)
    fisher = network.fisher()
    factor = torch.linalg.cholesky(fisher + shift)
    start = torch.ones(len(fisher), 1, dtype=torch.float64)
    for _ in range(50):
        start = fisher @ (start / start.norm())
    by_hessian = None
    if case.hessian:
        by_hessian = (rows @ torch.linalg.solve(network.hessian() + shift, queries.T)).numpy()
    return Exact(
        fisher=(rows @ torch.cholesky_solve(queries.T, factor)).numpy(),
        hessian=by_hessian,
        own=torch.linalg.solve_triangular(factor, rows.T, upper=False).square().sum(0).numpy(),
        steepest=float(start.norm()),
    )
