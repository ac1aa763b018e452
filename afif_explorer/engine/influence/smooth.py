"""Influence: the change of the parameters when row weights change, without retraining.

At the fit ``theta = theta(1)`` with curvature ``C`` (penalty and damping included),

``theta(w) - theta = (1/n) C^-1 sum_i (1 - w_i) g_i``,  ``g_i = a_i grad l_i(theta)``,

``a_i`` the row's sample weight (1 unless given),

so removing row ``i`` changes a target with gradient ``c`` by ``(1/n) c' C^-1 g_i``: **the predicted
change of the target if the row is removed**. :class:`AFIF` uses the Fisher for ``C``,
:class:`InfinitesimalJackknife` the Hessian, :class:`NewtonStep` the Hessian of the remaining rows.

Leverage correction takes the removed rows' own Gauss-Newton part out of ``C``: with
``M_i = J_i C^-1 J_i' / n`` the residual ``r_i`` of a row becomes ``(I - A''(f_i) M_i)^-1 r_i``, and likewise
for sets (:mod:`~afif_explorer.engine.influence.correction`). That is exact for least squares, and the Newton
step where outputs are linear in the parameters.

Sources: Lev and Wilson, arXiv 2407.08169 (Fisher); Koh and Liang (2017); Giordano et al. (2019);
Rubinstein and Hopkins (2025) for the leverage correction.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Sequence
from functools import cached_property
from typing import Literal, Protocol, Self

import numpy as np
import torch
from torch import Tensor

from afif_explorer.engine.curvature.operators import Curvature
from afif_explorer.engine.influence.correction import without_each, without_together
from afif_explorer.engine.influence.leverages import HighLeverages, high_leverages
from afif_explorer.engine.influence.rank import data_rank
from afif_explorer.engine.influence.row_refinement import RowRefinement, refine_all, refine_likely
from afif_explorer.engine.influence.second_order import add_second_orders, curved
from afif_explorer.engine.influence.shared import Shared
from afif_explorer.engine.problem.objective import Point
from afif_explorer.engine.problem.weights import leave_out_each
from afif_explorer.engine.runtime.memory import block_rows
from afif_explorer.engine.solvers.auto import FEW, Auto, PreparedAuto, cheap_per_row
from afif_explorer.engine.solvers.base import (
    Prepared,
    PreparedCholesky,
    Solution,
    Solver,
    Status,
)
from afif_explorer.engine.solvers.factor import factor_of
from afif_explorer.engine.solvers.lissa.effect_error import also_of
from afif_explorer.engine.targets.base import Group
from afif_explorer.errors import CurvatureError, SolverDiverged
from afif_explorer.progress import report

ROWS_AT_ONCE = 2048
LeverageCorrection = bool | Literal["auto"]


class MethodSettings(Protocol):
    """The settings of a method (see :mod:`afif_explorer.engine.influence.methods`)."""

    @property
    def damping(self) -> float: ...

    @property
    def leverage_correction(self) -> LeverageCorrection: ...

    @property
    def curvature(self) -> type[Curvature]: ...

    @property
    def chosen_solver(self) -> Solver: ...


class Influence:
    """A method at one fit. :attr:`solution` is the result of the last solve."""

    def __init__(self, method: MethodSettings, shared: Shared) -> None:
        self.method, self.objective = method, shared.objective
        self.point = shared.point
        self.curvature = shared.curvature(method.curvature, method.damping)
        self._last = threading.local()  # threads share a method

    @cached_property
    def leverage_corrected(self) -> bool:
        """Whether steps and effects are leverage-corrected; if "auto", where leverages cost little."""
        asked = self.method.leverage_correction
        return self.leverages_are_cheap if asked == "auto" else asked

    @property
    def leverages_are_cheap(self) -> bool:
        """True if the leverages of all rows cost no more than a small multiple of one solve."""
        return cheap_per_row(self.curvature, self.method.chosen_solver)

    def corrected(self) -> Self:
        """The same with leverage correction; factor and leverages are shared."""
        self.row_blocks  # noqa: B018 - computed here, so that both share it
        twin = copy.copy(self)
        twin.leverage_corrected, twin._last = True, threading.local()
        for dependent in ("residual", "row_refinement", "full_row_refinement"):
            vars(twin).pop(dependent, None)
        return twin

    @property
    def solution(self) -> Solution | None:
        """The result of the last solve in this thread."""
        return getattr(self._last, "solution", None)

    @solution.setter
    def solution(self, solution: Solution) -> None:
        self._last.solution = solution

    @cached_property
    def prepared(self) -> Prepared:
        return self.method.chosen_solver.prepare(self._system)

    @property
    def _system(self) -> Curvature:
        """The matrix of the systems that are solved."""
        return self.curvature

    @cached_property
    def _by_row(self) -> Prepared:
        """The solver for per-row quantities: the method's solver if it is exact, else an automatic one."""
        ready = self.prepared
        if isinstance(ready, PreparedAuto):
            return ready.for_columns(self.point.outputs.numel())
        if ready.exact:
            return ready
        return Auto().prepare(self._system).for_columns(self.point.outputs.numel())

    @cached_property
    def reliable(self) -> Prepared:
        """A solver that is exact where a factor costs little; else the method's own."""
        ready = self.prepared
        if isinstance(ready, PreparedAuto):
            ready = ready.for_columns(1)
        return ready if ready.exact or self.objective.p > FEW else PreparedCholesky(self.curvature)

    @cached_property
    def whitener(self) -> Tensor:
        """``Z`` with ``Z Z' = C^-1``, ``[p, rank]``; needs a dense factor."""
        return factor_of(self.curvature).whitener

    def solve(self, rhs: Tensor) -> Tensor:
        """``C^-1 c`` for ``[p]`` or ``[p, m]``.

        Raises :class:`SolverDiverged` with advice. :meth:`unfinished` describes approximate results.
        """
        return self._answer(self.prepared.solve(rhs))

    def inner_products(self, blocks: Tensor) -> Tensor:
        """``B C^-1 B'`` of each block by :attr:`reliable`, ``[m, r, p] -> [m, r, r]``."""
        return self.reliable.inner_products(blocks)

    def _answer(self, solution: Solution) -> Tensor:
        """The value of a solution; raises if there is none."""
        self.solution = solution
        if solution.status is Status.DIVERGED:
            raise SolverDiverged(solution.advice)
        if solution.status is Status.MAX_STEPS:
            self._last.unfinished = (
                f"The result is only approximate: {self._unfinished(solution)}. {solution.advice}"
            )
        return solution.value

    def unfinished(self) -> str:
        """Why this thread's results since the last call are only approximate; empty if they are not."""
        return vars(self._last).pop("unfinished", "")

    def _unfinished(self, solution: Solution) -> str:
        name = solution.stats.get("solver", self.method.chosen_solver.name)
        residual = solution.stats["residual"]
        return f"{name} stopped at a relative residual of {residual:.2g} (0 would be exact)"

    def parameters(self, weights: Tensor) -> Tensor:
        """``theta(w)`` for ``[n]`` or, column by column, ``[n, m]``: ``[p]`` or ``[p, m]``."""
        block = weights[:, None] if weights.ndim == 1 else weights
        moved = self.point.theta[:, None] + self.solve(self.pull(block))
        return moved[:, 0] if weights.ndim == 1 else moved

    def parameters_without(self, sets: Sequence[np.ndarray]) -> Tensor:
        """``theta(w)`` without each of some sets of rows (positions), ``[p, m]``, all solved together."""
        return self.parameters(self.objective.vector(leave_out_each(self.objective.n, sets)))

    def pull(self, weights: Tensor) -> Tensor:
        """``(1/n) sum_i (1 - w_i) J_i' r_i`` for ``[n, m]``, leverage-corrected if chosen: ``[p, m]``."""
        gone, corrected = 1 - weights, self.leverage_corrected
        if corrected:
            try:
                return torch.stack([self._corrected_pull(column) for column in gone.T], dim=1)
            except CurvatureError as error:  # a network's Hessian without the rows
                if self.method.leverage_correction != "auto":
                    raise
                self._last.unfinished = f"The plain step is taken. {error}"
                self._last.plain = True
        return self.point.gradient_sums(gone / self.objective.n)

    def _corrected_pull(self, gone: Tensor) -> Tensor:
        rows = torch.nonzero(gone).flatten()
        if not len(rows):
            return torch.zeros_like(self.point.theta)
        residual = without_together(self, rows, gone[rows])
        coefficients = gone[rows, None] / self.objective.n
        return self.point.take(rows).vjp_weighted(residual, coefficients)[:, 0]

    def was_corrected(self) -> bool:
        """Whether this thread's answers since it was last asked are leverage-corrected.

        With "auto" that is not so for sets of rows without which the curvature is not positive definite.
        """
        return not vars(self._last).pop("plain", False) and self.leverage_corrected

    def effects(self, gradients: Tensor) -> Tensor:
        """``(1/n) c' C^-1 g_i`` for every row and target gradient ``[p, m]``: ``[n, m]``."""
        if self.leverage_corrected and not self._solves_exactly(gradients.shape[1]):
            also_of(self.curvature, self.residual)
        return self.effects_from(self.solve(gradients))

    def effects_from(self, solved: Tensor) -> Tensor:
        """The same from ``C^-1 c``, already solved, ``[p, m]``: ``[n, m]``."""
        return self.point.linearization.contract(self.residual / self.objective.n, solved)

    @cached_property
    def row_refinement(self) -> RowRefinement | None:
        """Further steps for rows that need them, where that costs little; None: not defined."""
        return refine_likely(self)

    @cached_property
    def full_row_refinement(self) -> RowRefinement | None:
        """The same for all rows, at any cost."""
        return refine_all(self)

    @property
    def affords_second_order(self) -> bool:
        """True if :meth:`add_second_orders` costs little: few parameters, and outputs linear in them."""
        return self.objective.canonical and self.objective.p <= FEW

    def add_second_orders(self, targets: Sequence[Group], effects: Tensor) -> None:
        """Adds ``D_i' (grad^2 T) D_i / 2``, from the targets' own curvature, to effects in place.

        ``D_i = C^-1 J_i' r_i / n`` is the predicted step without row ``i``, ``effects`` ``[n, m]`` are the
        targets' first-order ones. With it the effects are ``T`` at the predicted parameters up to third
        order. See :mod:`afif_explorer.engine.influence.second_order`.
        """
        if self.objective.p > FEW:
            self._add_row_by_row(targets, effects)
        else:
            add_second_orders(self, targets, effects)

    def _add_row_by_row(self, targets: Sequence[Group], effects: Tensor) -> None:
        """The same from every row's explicit step, where ``[p, p]`` would be too large."""
        n = self.objective.n
        step, along = (
            block_rows(4 * self.objective.p, self.objective.X),
            curved(targets, self.objective),
        )
        for rows in torch.arange(n, device=self.objective.device).split(step):
            report("second order", int(rows[0]), n)
            part = self.point.linearization.take(rows)
            residual = self.residual[rows].nan_to_num()  # the effect of such a row is NaN already
            moved = self.solve(part.vjp_rows(residual[:, :, None])[:, 0].T / n)
            effects[rows] += along(moved)

    @cached_property
    def residual(self) -> Tensor:
        """Per-row residual ``[n, k]``: ``r_i``, leverage-corrected if chosen (NaN for a leverage of 1)."""
        return self.corrected_residual if self.leverage_corrected else self.point.residual

    @cached_property
    def corrected_residual(self) -> Tensor:
        """``(I - A''(f_i) M_i)^-1 r_i``, ``[n, k]``; for one output ``r_i / (1 - h_i)``.

        NaN for rows whose leverage is 1 or more.
        """
        return without_each(self.curvature.fisher_roots(), self.point.residual, self.row_blocks)

    @property
    def own_residual(self) -> Tensor:
        """The same for what needs every row's leverage anyway: corrected unless that was turned off."""
        if self.leverage_corrected or self.method.leverage_correction == "auto":
            return self.corrected_residual
        return self.point.residual

    @cached_property
    def row_blocks(self) -> Tensor:
        """``M_i = J_i C^-1 J_i' / n`` of each row, ``[n, k, k]``."""
        kept, ready = self.curvature.kept, self._by_row
        if not ready.exact:
            return self._all_row_blocks(ready)
        if "row blocks" not in kept:
            kept["row blocks"] = self._all_row_blocks(ready)
        found: Tensor = kept["row blocks"]
        return found

    def _all_row_blocks(self, ready: Prepared) -> Tensor:
        n, blocks = self.objective.n, []
        for rows in torch.arange(n, device=self.objective.device).split(ROWS_AT_ONCE):
            report("leverages", int(rows[0]), n)
            blocks.append(ready.row_blocks(rows))
        return torch.cat(blocks) / n

    def row_blocks_of(self, rows: Tensor) -> Tensor:
        """The same of some rows ``[m]`` only: ``[m, k, k]``; to about two digits by an iteration."""
        if "row_blocks" in vars(self):
            return self.row_blocks[rows]
        return self.reliable.rough().row_blocks(rows) / self.objective.n

    @property
    def solves_cheaply(self) -> bool:
        """True if the curvature is factored, so that further right-hand sides are cheap."""
        return self._solves_exactly(1)

    def _solves_exactly(self, columns: int) -> bool:
        ready = self.prepared
        return ready.for_columns(columns).exact if isinstance(ready, PreparedAuto) else ready.exact

    @cached_property
    def high_leverages(self) -> HighLeverages:
        """The rows of high leverage (:mod:`~afif_explorer.engine.influence.leverages`)."""
        return high_leverages(self)

    @cached_property
    def rank(self) -> int:
        """The number of parameters determined by the rows
        (:func:`~afif_explorer.engine.influence.rank.data_rank`).
        """
        return data_rank(self.point)

    def own_moves(self) -> Tensor:
        """The change of each row's own outputs without it, ``J_i D_i`` with its step ``D_i``: ``[n, k]``.

        Leverage-corrected unless that was turned off; then NaN for rows with a leverage of 1 or more.
        """
        return (self.row_blocks @ self.own_residual[:, :, None])[:, :, 0]

    def curvature_changes(self) -> Tensor:
        """The factor, at least 1, by which ``tr A''`` of each row changes along its step, ``[n]``."""
        before, after = (
            torch.linalg.matrix_norm(self.point.row_losses.hessian_root(outputs)).square()
            for outputs in (self.point.outputs, self.point.outputs + self.own_moves())
        )
        tiny = torch.finfo(before.dtype).tiny
        ratio = after.clamp(min=tiny) / before.clamp(min=tiny)
        return torch.maximum(ratio, 1 / ratio)

    def leverage(self) -> Tensor:
        """``h_i = tr(A''(f_i) J_i C^-1 J_i') / n``, ``[n]``: the generalised hat value of each row.

        Between 0 and the number of outputs; their sum is the effective number of parameters.
        """
        return self._leverage(self.point, self.row_blocks)

    def leverage_of(self, rows: Tensor) -> Tensor:
        """The same of some rows ``[m]`` only."""
        return self._leverage(self.point.take(rows), self.row_blocks_of(rows))

    def largest_shares(self) -> Tensor:
        """The largest share that each row's outputs have in themselves, ``[n]``: of one output, its leverage.

        The largest eigenvalue of ``S_i' M_i S_i`` with ``S_i S_i' = A''(f_i)``.
        """
        roots = self.point.hessian_roots()
        return torch.linalg.eigvalsh(roots.mT @ self.row_blocks @ roots)[:, -1]

    def _leverage(self, point: Point, blocks: Tensor) -> Tensor:
        return point.hessian_products(slice(None), blocks).diagonal(dim1=1, dim2=2).sum(1)

    def self_influence(self) -> Tensor:
        """``(grad l_i)' D_i``, ``[n]``: predicted rise of a row's own loss without it, to first order."""
        return (self.point.plain_residual() * self.own_moves()).sum(1)


class NewtonInfluence(Influence):
    """:class:`NewtonStep` at one fit: the curvature without the removed rows."""

    def __init__(self, method: MethodSettings, shared: Shared) -> None:
        super().__init__(method, shared)
        self.leverage_corrected = True

    def parameters(self, weights: Tensor) -> Tensor:
        if weights.ndim == 2:
            columns = [self.parameters(column) for column in weights.T]
            return torch.stack(columns, dim=1)
        reduced = self._reduced(weights)
        step = self.point.gradient_sums((1 - weights)[:, None] / self.objective.n)
        return (
            self.point.theta
            + self._answer(self.method.chosen_solver.prepare(reduced).solve(step))[:, 0]
        )

    def _reduced(self, weights: Tensor) -> Curvature:
        """The curvature at these weights; a few removed rows are subtracted from the total."""
        gone = torch.nonzero(weights == 0).flatten()
        if 2 * len(gone) <= len(weights) and bool((weights[weights != 0] == 1).all()):
            return self.curvature.without(gone)
        return self.method.curvature.of(self.point, damping=self.method.damping, weights=weights)
