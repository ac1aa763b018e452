"""The dual direct solve, in row space: for fewer rows (times outputs) than parameters.

With ``H`` ``[n r, p]`` the rows ``sqrt(w_i / n) S_i' J_i`` and ``D`` the diagonal of penalty and damping,
``C = H' H + D``. By the Woodbury identity, with ``E = D^-1`` and ``B = I + H E H'`` ``[n r, n r]``,

``C^-1 = E - E H' B^-1 H E``.

Parameters without penalty or damping (``D = 0``: an intercept) are eliminated by their Schur complement,
which is ``G' B^-1 G`` for their columns ``G`` of ``H``. Neither ``C`` nor ``H`` is formed.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from afif_explorer.engine.curvature.operators import Curvature
from afif_explorer.engine.runtime.memory import block_rows
from afif_explorer.engine.solvers.base import Prepared, Solution, Solver, Status, worst_ratio
from afif_explorer.engine.solvers.block_factor import BlockFactor
from afif_explorer.engine.solvers.factor import Factor
from afif_explorer.errors import CurvatureError, InvalidChoice

MOST_FREE = 1000  # parameters without penalty or damping that are eliminated one by one
EXACT = 1e-11  # relative residual at which no refinement is needed
REFINEMENTS = 2  # iterative refinement steps


@dataclass(frozen=True)
class Dual(Solver):
    """The dual direct solve, in row space, exact to rounding: ``C^-1 = E - E H' B^-1 H E``, ``E = D^-1``.

    ``B = I + H E H'`` is ``[n r, n r]``, ``H`` ``[n r, p]`` the rows ``sqrt(w_i / n) S_i' J_i`` with
    ``S_i S_i' = A''(f_i)``, and ``D`` the diagonal of penalty and damping; neither ``C`` nor ``H`` is
    formed.

    ``r`` is the rank of a row's part: 1 for one output, ``k - 1`` for ``k`` classes. It needs ``2 (n r)^2``
    numbers and ``(n r)^3 / 3`` multiplications in addition to the kernel ``H E H'``.

    Args:
        tolerance: at most two steps of iterative refinement are taken until the relative residual of every
            right-hand side is at most this; raised to 100 times the machine precision.

    Raises:
        InvalidChoice: for a Hessian that is not a Fisher, for negative weights, and if more than 1000
            parameters have neither penalty nor damping.
        CurvatureError: as for :class:`Cholesky`.

    Source: Hager, Updating the Inverse of a Matrix (1989), for the Woodbury identity.

    >>> import numpy as np, afif_explorer as ax
    >>> X = np.random.default_rng(0).normal(size=(20, 50))
    >>> fit = ax.fit(ax.Dataset.from_arrays(X, X[:, 0] ** 2, validation=0, test=0))
    >>> target = ax.MeanLoss("train")
    >>> through_rows, direct = (ax.AFIF(solver=solver) for solver in (ax.Dual(), ax.Cholesky()))
    >>> found, known = ax.attribute(fit, target, through_rows), ax.attribute(fit, target, direct)
    >>> bool(np.allclose(found, known))
    True
    """

    tolerance: float = EXACT
    name = "dual"
    direct = True

    def prepare(self, curvature: Curvature) -> PreparedDual:
        return PreparedDual(curvature, self.tolerance)


def obstacle(curvature: Curvature) -> str:
    """Why the dual solve is not available for a curvature; empty if it is."""
    if curvature.roots() is None:
        return f"the {curvature.name} is not a sum of squares over rows; use the Fisher"
    if bool((curvature.mean_weights < 0).any()):
        return "some weights are negative"
    if int((curvature.diagonal_shift == 0).sum()) > MOST_FREE:
        return "too many parameters have neither penalty nor damping; set a damping"
    return ""


class PreparedDual(Prepared):
    """The factor of ``B``, and the Schur complement of the unpenalised parameters."""

    exact = True

    def __init__(self, curvature: Curvature, tolerance: float = EXACT) -> None:
        trouble = obstacle(curvature)
        if trouble:
            raise InvalidChoice(f"The dual solve is not available: {trouble}.")
        self.curvature, self._tolerance = curvature, tolerance
        self._linearization = curvature.point.linearization
        roots = curvature.roots()
        assert roots is not None
        self._roots = roots * curvature.mean_weights.sqrt()[:, None, None]
        held = curvature.diagonal_shift > 0
        self._free = torch.nonzero(~held).flatten()
        self._inverse = torch.where(held, 1.0 / torch.where(held, curvature.diagonal_shift, 1.0), 0)
        self._factor = BlockFactor(self._system())
        self._schur: Factor | None = None
        if len(self._free):
            self._columns = self._outwards(self._unit(self._free))  # G, [n r, q]
            self._weighed = self._factor.solve(self._columns)  # B^-1 G
            complement = self._columns.T @ self._weighed
            terms = len(self._columns)
            self._schur = Factor(complement, curvature.name, curvature.damping, terms=terms)

    def _system(self) -> Tensor:
        """``B``; its upper triangle is not used."""
        matrix = self._linearization.own_ntk(self._roots, self._inverse)
        matrix.diagonal().add_(1.0)
        return matrix

    def _unit(self, places: Tensor) -> Tensor:
        unit = self._inverse.new_zeros(len(self._inverse), len(places))
        unit[places, torch.arange(len(places), device=places.device)] = 1.0
        return unit

    def _outwards(self, vectors: Tensor) -> Tensor:
        """``H V``: ``[p, m] -> [n r, m]``."""
        return self._linearization.jvp_roots(self._roots, vectors).flatten(0, 1)

    def _inwards(self, weights: Tensor) -> Tensor:
        """``H' U``: ``[n r, m] -> [p, m]``."""
        block = weights.reshape(len(self._roots), -1, weights.shape[1])
        return self._linearization.vjp_roots(self._roots, block)

    def _once(self, rhs: Tensor) -> Tensor:
        scaled = self._inverse[:, None] * rhs
        weights = self._factor.solve(self._outwards(scaled))
        if self._schur is None:
            return scaled - self._inverse[:, None] * self._inwards(weights)
        free = self._schur.solve(rhs[self._free] - self._columns.T @ weights)
        weights = weights + self._weighed @ free
        value = scaled - self._inverse[:, None] * self._inwards(weights)
        value[self._free] = free
        return value

    def _solve(self, rhs: Tensor) -> Solution:
        value, residual, steps = self._refined(rhs)
        allowed = max(1e-6, 1e4 * torch.finfo(rhs.dtype).eps)
        if self._schur is not None and self._schur.singular and residual > allowed:
            raise CurvatureError(self._schur.advice())
        stats = {"residual": residual, "steps": steps, "products": 0}
        return Solution(value, Status.CONVERGED, "", stats)

    def solve_gradients(self, rhs: Tensor) -> Tensor:
        return self._refined(rhs)[0]

    def _refined(self, rhs: Tensor) -> tuple[Tensor, float, int]:
        """Solutions, their worst relative residual, and the steps of iterative refinement that they took."""
        value, steps = self._once(rhs), 1
        left = rhs - self.curvature @ value
        residual = worst_ratio(left, rhs)
        enough = max(self._tolerance, 100 * torch.finfo(rhs.dtype).eps)
        while residual > enough and steps <= REFINEMENTS:
            better = value + self._once(left)
            left = rhs - self.curvature @ better
            fresh = worst_ratio(left, rhs)
            if not fresh < residual:
                break
            value, residual, steps = better, fresh, steps + 1
        return value, residual, steps

    def row_blocks(self, rows: Tensor) -> Tensor:
        """``J_i E J_i' - N_i' N_i + ...`` with ``N_i = L^-1 H E J_i'``, in blocks of rows."""
        k = self._linearization.k
        numbers = 2 * k * self._roots[:, 0].numel() + k**2 * self.curvature.p
        step = block_rows(numbers, self._roots)
        return torch.cat([self._few_row_blocks(few) for few in rows.split(step)])

    def _few_row_blocks(self, rows: Tensor) -> Tensor:
        part = self._linearization.take(rows)
        eye = torch.eye(part.k, dtype=self._roots.dtype, device=self._roots.device)
        eye = eye.expand(part.n, -1, -1)
        cross = self._linearization.ntk(self._roots, part, eye, self._inverse)  # H E J'
        half = self._factor.half(cross)
        own = part.vjp_rows(eye)  # [rows, k, p]
        left = half.T.reshape(part.n, part.k, -1)
        blocks = (own * self._inverse) @ own.transpose(1, 2) - left @ left.transpose(1, 2)
        if self._schur is not None:
            moved = own[:, :, self._free] - (cross.T @ self._weighed).reshape(part.n, part.k, -1)
            flat = moved.reshape(part.n * part.k, -1)
            solved = self._schur.solve(flat.T).T.reshape(moved.shape)
            blocks = blocks + moved @ solved.transpose(1, 2)
        return blocks
