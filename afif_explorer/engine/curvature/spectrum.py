"""A curvature's spectrum, which gives LiSSA's result for every setting.

With full batches LiSSA is a polynomial in the curvature. If ``C = C_0 + delta I`` and ``t`` runs
over the eigenvalues of ``C_0``, then after ``J`` steps the result is ``phi(C_0) c`` with

``phi(t) = (1 - (1 - (t + delta) / sigma)^(J + 1)) / (t + delta)``.

So an eigendecomposition (small ``p``), or a Lanczos basis of one right-hand side (any ``p``), gives the
result, its error and the region where it diverges for every scale ``sigma``, depth ``J`` and damping
``delta`` by a product with a small matrix. :class:`Spectrum` is either of the two.

Source: Golub and Meurant, Matrices, Moments and Quadrature with Applications (2010), chapter 4.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from afif_explorer.engine.curvature.operators import Curvature
from afif_explorer.errors import InvalidChoice, SolverDiverged
from afif_explorer.progress import report

# Lanczos stops once the relative residual of the solve in its basis is this small. Further steps would
# only add flat directions from rounding errors.
SPANNED = 1e-13


@dataclass(frozen=True, eq=False)
class Spectrum:
    """An orthonormal basis in which a curvature is diagonal.

    Attributes:
        values: ``[q]`` eigenvalues (or Ritz values), ascending; without the extra damping.
        vectors: ``[p, q]`` the basis. For a Lanczos basis only the given right-hand side is inside it.
        exact: True for a full eigendecomposition.
    """

    values: Tensor
    vectors: Tensor
    exact: bool

    @classmethod
    def full(cls, curvature: Curvature) -> Spectrum:
        """The eigendecomposition of the dense matrix, for every right-hand side in its range.

        The null space (adding a constant to all softmax logits) is left out: no gradient has a component
        in it.
        """
        matrix = curvature.dense()
        undamped = matrix - curvature.damping * torch.eye(
            curvature.p, dtype=matrix.dtype, device=matrix.device
        )
        values, vectors = torch.linalg.eigh(undamped)
        floor = 10 * len(values) * torch.finfo(values.dtype).eps * float(values.abs().max())
        kept = values.abs() > floor
        return cls(values[kept], vectors[:, kept], exact=True)

    @classmethod
    def lanczos(cls, curvature: Curvature, start: Tensor, size: int = 64) -> Spectrum:
        """The Krylov basis of one right-hand side ``[p]``, for multiples of it only.

        Raises :class:`InvalidChoice` for a right-hand side of zero.
        """
        if not bool(start.any()):
            raise InvalidChoice("A Lanczos basis needs a nonzero right-hand side.")
        basis, matrix = lanczos(curvature, start, size)
        values, rotation = torch.linalg.eigh(matrix)
        return cls(values, basis @ rotation, exact=False)

    def coordinates(self, rhs: Tensor) -> Tensor:
        """``Q' c`` for ``[p]`` or ``[p, m]``."""
        return self.vectors.T @ rhs

    def solve(self, rhs: Tensor, *, damping: float = 0.0) -> Tensor:
        """``(C + damping I)^-1 c``."""
        return self._apply(rhs, 1.0 / (self.values + damping))

    def lissa(self, rhs: Tensor, *, scale: float, depth: int, damping: float = 0.0) -> Tensor:
        """The mean of LiSSA's estimate after ``depth`` steps, ``phi(C) c``.

        Raises :class:`SolverDiverged` if ``scale`` is at most half the largest damped eigenvalue,
        where the recursion diverges.
        """
        if self.diverges(scale, damping):
            raise SolverDiverged(
                f"LiSSA diverges at scale {scale:.3g}: set the scale above "
                f"{self.smallest_scale(damping):.3g} (half the largest eigenvalue)."
            )
        return self._apply(rhs, self.filter(scale, depth, damping))

    def diverges(self, scale: float, damping: float = 0.0) -> bool:
        """True if some factor ``1 - (t + delta) / sigma`` has an absolute value of 1 or more."""
        damped = self.values + damping
        return bool((damped <= 0).any() or (damped >= 2 * scale).any())

    def smallest_scale(self, damping: float = 0.0) -> float:
        """The scale at and below which the full-batch recursion diverges."""
        return float(self.values[-1] + damping) / 2

    def filter(self, scale: float, depth: int, damping: float = 0.0) -> Tensor:
        """``phi`` at every eigenvalue, ``[q]``."""
        damped = self.values + damping
        return (1 - (1 - damped / scale) ** (depth + 1)) / damped

    def errors(
        self, rhs: Tensor, scales: np.ndarray, depths: np.ndarray, damping: float = 0.0
    ) -> np.ndarray:
        """Relative error ``||phi(C) c - C^-1 c|| / ||C^-1 c||``, ``[len(depths), len(scales)]``.

        NaN where the recursion diverges.
        """
        damped = (self.values + damping).cpu()  # too few numbers for a GPU
        answer = self.coordinates(rhs).cpu() / damped
        size = float(answer.norm())
        table = np.full((len(depths), len(scales)), np.nan)
        powers = torch.as_tensor(np.asarray(depths, dtype=float) + 1, dtype=damped.dtype)
        for column, scale in enumerate(scales):
            if self.diverges(float(scale), damping):
                continue
            factor = (1 - damped / float(scale)).abs()
            missing = factor[None, :] ** powers[:, None] * answer.abs()[None, :]
            table[:, column] = (
                missing.norm(dim=1) / size if size > 0 else missing.norm(dim=1)
            ).numpy()
        return table

    def _apply(self, rhs: Tensor, filtered: Tensor) -> Tensor:
        coordinates = self.coordinates(rhs)
        scaled = filtered * coordinates if rhs.ndim == 1 else filtered[:, None] * coordinates
        return self.vectors @ scaled


def spectrum_of(curvature: Curvature) -> Spectrum:
    """The full spectrum of a curvature without its damping, made once for all dampings."""
    undamped = curvature.undamped
    if "spectrum" not in undamped.kept:
        undamped.kept["spectrum"] = Spectrum.full(undamped)
    found: Spectrum = undamped.kept["spectrum"]
    return found


def lanczos(curvature: Curvature, start: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """An orthonormal basis ``[p, q]`` of the Krylov space of ``start`` and the curvature in it ``[q, q]``.

    ``q <= size``; smaller if the space is exhausted. Every step is orthogonalised twice against all
    earlier ones, so no eigenvalue appears twice. Source: Golub and Van Loan, Matrix Computations, 10.1;
    section 11.3 for the residual of the solve, a product of the pivots of the small matrix.
    """
    most = min(size, len(start))
    basis = start.new_empty(most, len(start))
    basis[0] = start / start.norm()
    alphas: list[Tensor] = []
    betas: list[Tensor] = []
    pivot, residual = math.inf, 1.0
    for step in range(most):
        report("Lanczos basis", step, size)
        moved = curvature @ basis[step]
        alphas.append(basis[step] @ moved)
        before = basis[: step + 1]
        for _ in range(2):
            moved = moved - (before @ moved) @ before
        length = moved.norm()
        pivot = float(alphas[-1]) - (float(betas[-1]) ** 2 / pivot if betas else 0.0) or 1e-300
        residual *= abs(float(length) / pivot)
        if step + 1 == most or residual <= SPANNED:
            break
        betas.append(length)
        basis[step + 1] = moved / length
    matrix = torch.diag(torch.stack(alphas))
    if betas:
        side = torch.stack(betas[: len(alphas) - 1])
        matrix = matrix + torch.diag(side, 1) + torch.diag(side, -1)
    return basis[: len(alphas)].T, matrix


@dataclass(frozen=True)
class Bounds:
    """Estimates from a few curvature products. Eigenvalues include penalty and damping."""

    largest: float
    smallest: float  # an upper estimate of the smallest eigenvalue
    trace: float  # of the data part


def bounds(curvature: Curvature, *, steps: int = 40, probes: int = 16, seed: int = 0) -> Bounds:
    """Extreme Ritz values of a random start, and the trace of the data part.

    The trace is Hutchinson's estimate ``mean z' C z`` over random signs, less penalty and damping.
    Source: Hutchinson (1989).
    """
    point = curvature.point
    generator = torch.Generator().manual_seed(seed)
    start = torch.randn(curvature.p, generator=generator, dtype=torch.float64)
    # One product keeps the start inside the range, so that flat directions are not counted.
    _, matrix = lanczos(curvature, curvature @ point.objective.vector(start), steps)
    values = torch.linalg.eigvalsh(matrix)
    signs = torch.randint(0, 2, (curvature.p, probes), generator=generator, dtype=torch.float64)
    signs = point.objective.vector(2 * signs - 1)
    total = float((signs * (curvature @ signs)).sum() / probes)
    trace = max(0.0, total - float(curvature.diagonal_shift.sum()))
    return Bounds(float(values[-1]), float(values[0]), trace)
