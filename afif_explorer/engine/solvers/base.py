"""Solvers of ``C x = c`` for a curvature ``C`` and a block of right-hand sides.

``solver.prepare(curvature)`` does the work shared by all right-hand sides; ``prepared.solve(c)`` takes
``[p]`` or ``[p, m]`` and returns a :class:`Solution`, which always says whether it converged.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, ClassVar

import torch
from torch import Tensor

from afif_explorer.engine.curvature.operators import Curvature, Hessian
from afif_explorer.engine.runtime.memory import block_rows
from afif_explorer.engine.solvers.factor import factor_of
from afif_explorer.errors import CurvatureError, InvalidChoice, SolverDiverged
from afif_explorer.numeric import checked_count, is_number
from afif_explorer.progress import report
from afif_explorer.wording import quoted

ROUGH = 1e-2  # relative residual of a solve that serves as a preconditioner, or for two digits


class Status(Enum):
    """The status of a solve: CONVERGED, MAX_STEPS (stopped before the tolerance) or DIVERGED.

    >>> import afif_explorer as ax
    >>> [status.value for status in ax.Status]
    ['converged', 'max_steps', 'diverged']
    """

    CONVERGED = "converged"
    MAX_STEPS = "max_steps"
    DIVERGED = "diverged"


@dataclass(frozen=True, eq=False)
class Solution:
    """The result of a solve.

    Attributes:
        value: ``[p]`` or ``[p, m]``, like the right-hand side. After divergence: the last iterate before
            the norm grew, for diagnosis only.
        status: the status. advice: what to change if it is not CONVERGED.
        stats: "residual" (``||C x - c|| / ||c||``, the worst column), "steps", "products" (curvature times
            one vector), and solver-specific entries.

    >>> import afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"))
    >>> solver = ax.ConjugateGradient(max_steps=1)
    >>> found = solver.prepare(ax.Fisher(fit.objective, fit.parameters)).solve(fit.parameters)
    >>> found.status, found.stats["steps"]
    (<Status.MAX_STEPS: 'max_steps'>, 1)
    """

    value: Tensor
    status: Status
    advice: str
    stats: dict[str, Any] = field(default_factory=dict)


class Solver(ABC):
    """Settings of a solver. Raises :class:`InvalidChoice` for an invalid tolerance or count."""

    name: str
    direct: ClassVar[bool] = False  # True for a factorisation, after which every solve is cheap

    def __post_init__(self) -> None:
        tolerance = getattr(self, "tolerance", None)
        if tolerance is not None and not (is_number(tolerance) and 0 <= tolerance < 1):
            raise InvalidChoice(
                f"A solver's tolerance must be at least 0 and below 1, not {quoted(tolerance)}."
            )
        for what in ("max_steps", "size", "rows"):
            count = getattr(self, what, None)
            if count is not None:
                checked_count(f"A solver's {what}", count)

    @abstractmethod
    def prepare(self, curvature: Curvature) -> Prepared:
        """Do the work shared by all solves with this curvature."""


class Prepared(ABC):
    """A solver prepared for one curvature."""

    curvature: Curvature
    exact = False  # True if solutions are accurate to rounding

    def solve(self, rhs: Tensor) -> Solution:
        """Solve ``C x = c`` for ``c`` ``[p]`` or ``[p, m]``; ``stats["seconds"]`` is what that took."""
        began = time.perf_counter()
        found = self._solve(rhs[:, None] if rhs.ndim == 1 else rhs)
        stats = found.stats | {"seconds": time.perf_counter() - began}
        value = found.value[:, 0] if rhs.ndim == 1 else found.value
        return Solution(value, found.status, found.advice, stats)

    @abstractmethod
    def _solve(self, rhs: Tensor) -> Solution:
        """Solve for a block ``[p, m]``."""

    def solve_gradients(self, rhs: Tensor) -> Tensor:
        """Solutions ``[p, m]`` for combinations of rows' gradients.

        They lie in the range, so that what rounding leaves outside of it is no reason to refuse a small one.
        """
        return self._solve(rhs).value

    def rough(self) -> Prepared:
        """The same with a relative residual of :data:`ROUGH`, if that is cheaper."""
        return self

    def inner_products(self, blocks: Tensor) -> Tensor:
        """``B C^-1 B'`` of each block, ``[m, r, p] -> [m, r, r]``."""
        solved = self._solve(blocks.flatten(0, 1).T.contiguous()).value
        return blocks @ solved.T.reshape(blocks.shape).transpose(1, 2)

    def row_blocks(self, rows: Tensor) -> Tensor:
        """``J_i C^-1 J_i'`` of some rows, ``[rows, k, k]``, in the directions of :func:`_determined` only.

        Raises :class:`SolverDiverged` with advice.
        """
        found = []
        linearization = self.curvature.point.linearization
        step = block_rows(2 * linearization.k * self.curvature.p, self.curvature.mean_weights)
        for few in rows.split(step):
            jacobian = linearization.jacobian(few)
            if linearization.k > 1:
                jacobian = _determined(self.curvature, few) @ jacobian
            solution = self._solve(jacobian.flatten(0, 1).T.contiguous())
            if solution.status is Status.DIVERGED:
                raise SolverDiverged(solution.advice)
            found.append(jacobian @ solution.value.T.reshape(jacobian.shape).transpose(1, 2))
        return torch.cat(found)


def _determined(curvature: Curvature, rows: Tensor) -> Tensor:
    """Projectors on the outputs' directions in which some rows have curvature or a gradient, ``[m, k, k]``.

    Nothing depends on the others, such as one constant added to all logits, and ``C`` is singular along them
    if an intercept is not penalised.
    """
    roots, residual = curvature.fisher_roots()[rows], curvature.point.residual[rows]
    directions = torch.cat([roots, residual[:, :, None]], dim=2)
    basis, sizes, _ = torch.linalg.svd(directions, full_matrices=False)
    rounding = directions.shape[1] * torch.finfo(sizes.dtype).eps
    basis = basis * (sizes > rounding * sizes[:, :1])[:, None, :]
    return basis @ basis.mT


def relative_residual(curvature: Curvature, x: Tensor, rhs: Tensor) -> float:
    """``||C x - c|| / ||c||`` of the worst column of a block; 0 for zero columns."""
    return worst_ratio(curvature @ x - rhs, rhs)


def worst_ratio(left: Tensor, rhs: Tensor) -> float:
    """The largest ``||left|| / ||rhs||`` of the columns of two blocks ``[p, m]``."""
    size = rhs.norm(dim=0)
    ratio = left.norm(dim=0) / torch.where(size > 0, size, 1.0)
    return float(ratio.max()) if ratio.numel() else 0.0


def not_definite(curvature: Curvature) -> str:
    """What to do where a curvature turns out to be flat or to bend down."""
    if isinstance(curvature, Hessian):
        trouble, remedy = "has negative or zero curvature", "or use the Fisher"
    else:
        trouble, remedy = "is singular up to rounding", "or use float64"
    return f"The {curvature.name} {trouble}; raise the damping, {remedy}."


@dataclass(frozen=True)
class Cholesky(Solver):
    """The direct solve ``C = L L'``: exact to rounding; ``p^2`` numbers and ``p^3 / 3`` multiplications.

    A singular but positive semi-definite ``C`` (softmax with an unpenalised intercept, repeated columns) is
    solved on its range; the result then has minimum norm, and ``stats["rank"]`` is the rank.

    Raises:
        CurvatureError: if ``C`` has a negative eigenvalue, or if a right-hand side lies outside the range
            of a singular ``C``; the message names a damping that would suffice.

    Source: Golub and Van Loan, Matrix Computations (2013), section 4.2.

    >>> import torch, afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"))
    >>> fisher = ax.Fisher(fit.objective, fit.parameters, damping=1e-3)
    >>> found = ax.Cholesky().prepare(fisher).solve(fit.parameters)
    >>> torch.allclose(fisher @ found.value, fit.parameters)
    True
    """

    name = "Cholesky"
    direct = True

    def prepare(self, curvature: Curvature) -> PreparedCholesky:
        return PreparedCholesky(curvature)


class PreparedCholesky(Prepared):
    """A dense factor."""

    exact = True

    def __init__(self, curvature: Curvature) -> None:
        self.curvature = curvature
        self.factor = factor_of(curvature)

    def _solve(self, rhs: Tensor) -> Solution:
        value = self.factor.solve(rhs)
        residual = worst_ratio(self.curvature.dense() @ value - rhs, rhs)
        # In single precision the right-hand sides themselves deviate from the range by about this much.
        allowed = max(1e-6, 1e4 * torch.finfo(rhs.dtype).eps)
        if self.factor.singular and residual > allowed:
            raise CurvatureError(self.factor.advice())
        stats = {"residual": residual, "steps": 1, "products": 0, "rank": self.factor.rank}
        return Solution(value, Status.CONVERGED, "", stats)

    def solve_gradients(self, rhs: Tensor) -> Tensor:
        return self.factor.solve(rhs)

    def inner_products(self, blocks: Tensor) -> Tensor:
        half = self.factor.half(blocks.flatten(0, 1).T).T.unflatten(0, blocks.shape[:2])
        return half @ half.transpose(1, 2)

    def row_blocks(self, rows: Tensor) -> Tensor:
        linearization, p = self.curvature.point.linearization, self.curvature.p
        step = block_rows(2 * linearization.k * p, self.curvature.mean_weights)
        if linearization.n * linearization.k <= p:  # fewer columns than the whitener has
            blocks = map(self.inner_products, map(linearization.jacobian, rows.split(step)))
            return torch.cat(list(blocks))
        whitener, found = self.factor.whitener, []
        for few in rows.split(step):
            half = linearization.project(few, whitener, lower=not self.factor.singular)
            single = half.shape[1] == 1
            found.append(
                half.square_().sum(2, keepdim=True) if single else half @ half.transpose(1, 2)
            )
        return torch.cat(found)


@dataclass(frozen=True)
class ConjugateGradient(Solver):
    """Conjugate gradients for ``C x = c`` from ``x = 0``, for all right-hand sides ``[p, m]`` in parallel.

    If negative curvature is encountered, the run ends with status DIVERGED and advice.

    Args:
        tolerance: stop when ``||C x - c|| <= tolerance ||c||`` for every column.
        max_steps: the maximum number of steps; None: ``10 p``, at least 100.

    Raises:
        InvalidChoice: for a tolerance that is not in [0, 1), or ``max_steps`` below 1.

    Source: Hestenes and Stiefel, Methods of Conjugate Gradients for Solving Linear Systems (1952).

    >>> import afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"))
    >>> fisher = ax.Fisher(fit.objective, fit.parameters, damping=1e-3)
    >>> found = ax.ConjugateGradient(tolerance=1e-6).prepare(fisher).solve(fit.parameters)
    >>> found.status is ax.Status.CONVERGED, found.stats["residual"] <= 1e-6
    (True, True)
    """

    tolerance: float = 1e-8
    max_steps: int | None = None
    name = "conjugate gradients"

    def prepare(self, curvature: Curvature) -> PreparedConjugateGradient:
        return PreparedConjugateGradient(self, curvature)


class PreparedConjugateGradient(Prepared):
    """Conjugate gradients on one curvature; converged columns are no longer updated."""

    def __init__(self, settings: ConjugateGradient, curvature: Curvature) -> None:
        self.settings, self.curvature = settings, curvature

    def rough(self) -> Prepared:
        tolerance = max(ROUGH, self.settings.tolerance)
        return type(self)(replace(self.settings, tolerance=tolerance), self.curvature)

    def _solve(self, rhs: Tensor) -> Solution:
        most = self.settings.max_steps or max(100, 10 * self.curvature.p)
        x, r, d = torch.zeros_like(rhs), rhs.clone(), rhs.clone()
        square = (r * r).sum(0)
        goal = self.settings.tolerance**2 * square
        steps = products = 0
        status, advice = Status.CONVERGED, ""
        while bool((square > goal).any()):
            if steps == most:
                status = Status.MAX_STEPS
                advice = f"Raise max_steps above {most}, or raise the damping."
                break
            report("conjugate gradients", steps, None)
            active = square > goal
            moved = self.curvature @ d
            bend = (d * moved).sum(0)
            steps, products = steps + 1, products + int(active.sum())
            if bool((bend[active] <= 0).any()):
                status = Status.DIVERGED
                advice = not_definite(self.curvature)
                break
            length = torch.where(active, square / torch.where(active, bend, 1.0), 0.0)
            x += length * d
            r -= length * moved
            fresh = (r * r).sum(0)
            d = torch.where(active, r + fresh / torch.where(active, square, 1.0) * d, d)
            square = torch.where(active, fresh, square)
        stats = {
            "residual": relative_residual(self.curvature, x, rhs),
            "steps": steps,
            "products": products,
        }
        return Solution(x, status, advice, stats)
