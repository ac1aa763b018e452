"""Block conjugate gradients: all right-hand sides share one search space.

Every product with the curvature then benefits all of them: with ``m`` right-hand sides the space grows by
``m`` directions per step, so that the steepest ``m`` directions, which slow down a single solve, are
resolved after the first few steps. Sources: O'Leary (1980); Dubrulle, Retooling the Method of Block
Conjugate Gradients (2001), whose variant with a QR factorisation of the residuals is used here, because it
does not need independent right-hand sides.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from afif_explorer.engine.curvature.operators import Curvature
from afif_explorer.engine.solvers.base import (
    ROUGH,
    Prepared,
    Solution,
    Solver,
    Status,
    not_definite,
    worst_ratio,
)
from afif_explorer.engine.solvers.preconditioner import Approximation, Identity, Preconditioner
from afif_explorer.errors import InvalidChoice
from afif_explorer.progress import report
from afif_explorer.wording import quoted

TOGETHER = 128  # right-hand sides per search space
RESTARTS = 3  # restarts on the true residual, after the recurrence has converged
ROUNDING = 100  # times the machine precision: the smallest attainable residual


@dataclass(frozen=True)
class BlockConjugateGradient(Solver):
    """Conjugate gradients for ``C X = B`` ``[p, m]`` in one common space, optionally preconditioned.

    If negative curvature is encountered, the run ends with status DIVERGED and advice.

    Args:
        tolerance: stop when ``||C x - c|| <= tolerance ||c||`` for every column; raised to what the
            precision allows (about 1e-5 in float32).
        max_steps: the maximum number of block products; None: ``10 p``, at least 100.
        preconditioner: :class:`EKFAC`, :class:`Nystroem` or :class:`Landmarks`; None for none.

    Raises:
        InvalidChoice: for a tolerance, a count or a preconditioner that does not exist.

    Sources: O'Leary, The Block Conjugate Gradient Algorithm and Related Methods (1980); Dubrulle (2001).

    >>> import torch, afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"))
    >>> fisher = ax.Fisher(fit.objective, fit.parameters, damping=1e-3)
    >>> solver = ax.BlockConjugateGradient(preconditioner=ax.Nystroem(rank=5))
    >>> found = solver.prepare(fisher).solve(torch.eye(fisher.p, dtype=torch.float64))
    >>> torch.allclose(found.value, torch.linalg.inv(fisher.dense()))
    True
    """

    tolerance: float = 1e-8
    max_steps: int | None = None
    preconditioner: Approximation | None = None
    name = "block conjugate gradients"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.preconditioner, Approximation | None):
            raise InvalidChoice(
                f"Expected a preconditioner such as EKFAC(), or None, got {quoted(self.preconditioner)}."
            )

    def prepare(self, curvature: Curvature) -> PreparedBlockConjugateGradient:
        if self.preconditioner is None:
            return PreparedBlockConjugateGradient(self, curvature, Identity())
        made = self.preconditioner.precondition(curvature)
        return PreparedBlockConjugateGradient(self, curvature, made)


@dataclass(eq=False)
class _Run:
    """Statistics accumulated over all groups of right-hand sides."""

    most: int
    steps: int = 0
    products: int = 0
    status: Status = Status.CONVERGED
    advice: str = ""


class PreparedBlockConjugateGradient(Prepared):
    """The method on one curvature, with its preconditioner."""

    def __init__(
        self,
        settings: BlockConjugateGradient,
        curvature: Curvature,
        preconditioner: Preconditioner,
    ) -> None:
        self.settings, self.curvature, self._by = settings, curvature, preconditioner

    def rough(self) -> Prepared:
        tolerance = max(ROUGH, self.settings.tolerance)
        return type(self)(replace(self.settings, tolerance=tolerance), self.curvature, self._by)

    def _solve(self, rhs: Tensor) -> Solution:
        run = _Run(self.settings.max_steps or max(100, 10 * self.curvature.p))
        together = min(TOGETHER, len(rhs))
        found, left = [], []
        for group in rhs.split(together, dim=1):
            value, rest = self._group(group, run)
            found.append(value)
            left.append(worst_ratio(rest, group))
        value = torch.cat(found, dim=1) if found else torch.zeros_like(rhs)
        stats = {
            "residual": max(left, default=0.0),
            "steps": run.steps,
            "products": run.products,
        }
        return Solution(value, run.status, run.advice, stats)

    def _group(self, rhs: Tensor, run: _Run) -> tuple[Tensor, Tensor]:
        """The solution of some columns and its true residual."""
        tolerance = max(self.settings.tolerance, ROUNDING * torch.finfo(rhs.dtype).eps)
        goal = tolerance * rhs.norm(dim=0)
        value, left = torch.zeros_like(rhs), rhs
        for _ in range(1 + RESTARTS):
            if bool((left.norm(dim=0) <= goal).all()) or run.status is not Status.CONVERGED:
                return value, left
            value = value + self._searched(left, goal, run)
            left = rhs - self.curvature @ value
            run.products += rhs.shape[1]
        if bool((left.norm(dim=0) > goal).any()):
            run.status = Status.MAX_STEPS
            run.advice = "The residual is limited by rounding; use float64, or raise the damping."
        return value, left

    def _searched(self, rhs: Tensor, goal: Tensor, run: _Run) -> Tensor:
        """One run from zero: ``R = Q S`` are the residuals, ``V`` the directions, all of ``W' C W``."""
        Q, S = torch.linalg.qr(self._by.transpose(rhs))
        V, value = Q, torch.zeros_like(rhs)
        while True:
            if bool(((self._by.solve_transpose(Q @ S)).norm(dim=0) <= goal).all()):
                return self._by.factor(value)
            if run.steps == run.most:
                run.status = Status.MAX_STEPS
                run.advice = f"Raise max_steps above {run.most}, or raise the damping."
                return self._by.factor(value)
            report("block conjugate gradients", run.steps, None)
            moved = self._by.transpose(self.curvature @ self._by.factor(V))
            run.steps, run.products = run.steps + 1, run.products + V.shape[1]
            lower, info = torch.linalg.cholesky_ex(V.T @ moved)
            if int(info) != 0:
                run.status = Status.DIVERGED
                run.advice = not_definite(self.curvature)
                return self._by.factor(value)
            value += V @ torch.cholesky_solve(S, lower)
            Q, turn = torch.linalg.qr(Q - torch.cholesky_solve(moved.T, lower).T)
            S = turn @ S
            V = Q + V @ turn.T
