"""Influence with a non-smooth penalty without a ``[p, p]`` matrix, on the nonzero parameters.

With an L1 penalty the row steps that change neither zeros nor signs share one system among the ``s`` nonzero
parameters (the support), so that the effects of all rows take one solve for each target by the method's
solver. The other rows are found by the optimality conditions of the whole problem and answered by pivoting
(:mod:`afif_explorer.engine.influence.pivoting`). Only zero parameters near the threshold are examined: by the
Cauchy-Schwarz inequality a step ``D`` changes the gradient of parameter ``j`` by at most
``sqrt(C_jj) |D|_C``.

Sets of rows, and all rows with other penalties, take proximal steps by products
(:mod:`afif_explorer.engine.training.proximal_products`).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import torch
from torch import Tensor

from afif_explorer.engine.curvature.operators import Curvature
from afif_explorer.engine.influence.leverages import HIGH, HighLeverages
from afif_explorer.engine.influence.nonsmooth import ProximalInfluence
from afif_explorer.engine.influence.pivoting import SLACK, Blocks, pivoted
from afif_explorer.engine.influence.shared import Shared
from afif_explorer.engine.influence.smooth import Influence, MethodSettings
from afif_explorer.engine.runtime.memory import block_rows
from afif_explorer.engine.solvers.auto import FEW, Auto, PreparedAuto
from afif_explorer.engine.solvers.base import Cholesky, Prepared, Solution, Status
from afif_explorer.engine.solvers.factor import Factor, factor_of
from afif_explorer.engine.training.metric import KinkProduct
from afif_explorer.engine.training.proximal import ProximalProblem
from afif_explorer.engine.training.proximal_products import ProductProximalProblem
from afif_explorer.progress import report

ROWS = 256  # steps that are examined together
MARGIN = 1.5  # on the size of a step, for the parameters that are examined
PASSES = 6  # over the rows of a block, each with the parameters that the last one found


def proximal_influence(method: MethodSettings, shared: Shared) -> ProximalInfluence:
    """By a dense matrix for a direct solver, and for an automatic one up to 3000 parameters."""
    solver = method.chosen_solver
    few = isinstance(solver, Auto) and shared.objective.p <= FEW
    dense = few or isinstance(solver, Cholesky)
    return (ProximalInfluence if dense else SupportInfluence)(method, shared)


class SupportInfluence(ProximalInfluence):
    """A method at one fit with a non-smooth penalty, by products and a solver."""

    @cached_property
    def _problem(self) -> ProximalProblem:
        objective = self.objective
        return ProductProximalProblem(
            self.curvature,
            self.method.chosen_solver,
            self.point.theta,
            objective.kinked,
            objective.penalised,
        )

    def _solved(self, problem: ProximalProblem, b: Tensor) -> Solution:
        assert isinstance(problem, ProductProximalProblem)
        found = problem.solve(b)
        if found.bounded:
            return problem.told(found)
        stats = {"residual": float("inf")}
        return Solution(found.value, Status.DIVERGED, self._divergence_advice(problem), stats)

    def _unfinished(self, solution: Solution) -> str:
        return Influence._unfinished(self, solution)

    # The support.

    @cached_property
    def _free(self) -> Tensor:
        return self.objective.free(self.point.theta)

    @cached_property
    def _places(self) -> Tensor:
        return torch.nonzero(self._free).flatten()

    @cached_property
    def _system(self) -> Curvature:
        """The curvature of the support, that of the penalty included, ``[s, s]``."""
        kinked, penalised = self.objective.kinked, self.objective.penalised
        if kinked.piecewise_linear:
            return self.curvature.restricted(self._places)
        extra = KinkProduct(kinked, penalised, self.point.theta, self._places)
        return self.curvature.restricted(self._places, extra)

    @property
    def reliable(self) -> Prepared:
        return self._by_row

    def _spread(self, block: Tensor) -> Tensor:
        """With zeros for all other parameters, ``[s, m] -> [p, m]``."""
        wide = block.new_zeros(self.objective.p, *block.shape[1:])
        wide[self._places] = block
        return wide

    def solve(self, rhs: Tensor) -> Tensor:
        """``C^-1 c`` on the support, ``[p]`` or ``[p, m]``, by the method's solver."""
        return self._spread(self._answer(self.prepared.solve(rhs[self._places])))

    def inner_products(self, blocks: Tensor) -> Tensor:
        return self._by_row.inner_products(blocks[:, :, self._places])

    @cached_property
    def whitener(self) -> Tensor:
        return self._spread(factor_of(self._system).whitener)

    @property
    def solves_cheaply(self) -> bool:
        ready = self.prepared
        return ready.for_columns(1).exact if isinstance(ready, PreparedAuto) else ready.exact

    @property
    def leverages_are_cheap(self) -> bool:
        return len(self._places) <= FEW  # a factor of the support, whatever the solver

    @cached_property
    def row_blocks(self) -> Tensor:
        return self._all_row_blocks(self._by_row)

    def row_blocks_of(self, rows: Tensor) -> Tensor:
        if "row_blocks" in vars(self):
            return self.row_blocks[rows]
        return self._by_row.row_blocks(rows) / self.objective.n

    @cached_property
    def high_leverages(self) -> HighLeverages:
        found = self.largest_shares()
        return HighLeverages(int((found > HIGH).sum()), float(found.max()), True)

    # Effects of all rows.

    def effects(self, gradients: Tensor) -> Tensor:
        if self.objective.kinked.threshold is None:
            return super().effects(gradients)
        effects = self.effects_from(self.solve(gradients))
        solution = self.solution
        if len(self._places) > FEW:
            self._last.unfinished = (
                f"Whether removals change zeros or signs was not checked for {len(self._places)} nonzero "
                "parameters: a stronger penalty leaves fewer."
            )
            return effects
        for row, places, step in self._changed():
            effects[row] = step @ gradients[places]
        assert solution is not None
        self.solution = solution
        return effects

    def own_moves(self) -> Tensor:
        if self.objective.kinked.threshold is None or len(self._places) > FEW:
            return super().own_moves()
        moves = (self.row_blocks @ self.residual[:, :, None])[:, :, 0]
        for row, places, step in self._changed():
            moves[row] = self.point.linearization.jacobian(slice(row, row + 1))[0][:, places] @ step
        return moves

    def _changed(self) -> Iterator[tuple[int, Tensor, Tensor]]:
        """The rows without which zeros or signs change: their parameters that change, and by how much."""
        factor, sizes = factor_of(self._system), []
        n = self.objective.n
        rows = torch.arange(n, device=self.objective.device)
        for few in rows.split(8 * ROWS):
            gone = self._gone(self._system, few)
            sizes.append((gone * factor.solve(gone)).sum(0).clamp(min=0).sqrt())
        size = torch.cat(sizes)
        order = torch.argsort(size, descending=True)
        start, most = 0, ROWS
        while start < n:
            few = order[start : start + most]
            examined = _Examined(self, float(size[few[0]]), factor)
            for block in few.split(ROWS):
                report("zeros and signs", start, n)
                yield from examined.changed(block)
            start, most = start + most, 2 * most  # smaller steps have fewer parameters to examine

    def _exact_step(self, row: int) -> Tensor:
        """``D_i`` by a proximal step of its own, ``[p]``."""
        gone = self._gone(self.curvature, torch.tensor([row], device=self.objective.device))
        return self._step(self._problem, self._gradient[:, None] - gone)[:, 0] - self.point.theta

    def _gone(self, curvature: Curvature, rows: Tensor) -> Tensor:
        """``g_i / n`` of some rows among a block's parameters, ``[s, m]``."""
        part = curvature.point.linearization.take(rows)
        return part.vjp_rows(self.residual[rows][:, :, None])[:, 0].T / self.objective.n

    @cached_property
    def _slack(self) -> tuple[Tensor, Tensor, Tensor]:
        """By how much each zero parameter's gradient may still change, ``[p]``, infinite for the others;
        and the two numbers that bound its change, per size of the step and for the removed row itself."""
        threshold = self.objective.kinked.threshold
        assert threshold is not None
        slack = (threshold - self._gradient.abs()).masked_fill(self._free, torch.inf)
        root = self.point.hessian_roots()
        bounds = None
        if self.objective.canonical and root.shape[1:] == (1, 1):
            share = self.curvature.mean_weights * root[:, 0, 0] ** 2
            bounds = self.point.linearization.column_bounds(share)
        if bounds is None:
            return slack, torch.full_like(slack, torch.inf), torch.full_like(slack, torch.inf)
        largest = float(self.residual.abs().max()) / self.objective.n
        return slack, bounds[0].sqrt(), bounds[1] * largest


class _Examined:
    """Steps up to a size, checked against the gradients of the zero parameters that they may reach."""

    def __init__(self, owner: SupportInfluence, size: float, factor: Factor) -> None:
        self._owner, self._factor = owner, factor
        slack, by_size, by_row = owner._slack
        near = torch.nonzero(slack < MARGIN * size * by_size + by_row).flatten()
        self._both = torch.sort(torch.cat([owner._places, near]))[0]
        self._block = owner.curvature.restricted(self._both)
        self._in_support = torch.searchsorted(self._both, owner._places)
        self._from_support = self._columns(self._in_support)

    def _columns(self, places: Tensor) -> Tensor:
        """Some columns of the curvature of the support and these zero parameters, ``[s + v, m]``."""
        units = self._owner.point.theta.new_zeros(len(self._both), len(places))
        units[places, torch.arange(len(places))] = 1.0
        return self._block @ units if len(places) else units

    def changed(self, rows: Tensor) -> Iterator[tuple[int, Tensor, Tensor]]:
        """Rows, the parameters that change without them, and by how much."""
        step = block_rows(8 * len(self._both), self._owner.point.theta)
        for few in rows.split(step):
            yield from self._changed(few)

    def _changed(self, rows: Tensor) -> Iterator[tuple[int, Tensor, Tensor]]:
        gone = self._owner._gone(self._block, rows)  # [s + v, m]
        kept = self._factor.solve(gone[self._in_support])
        steps = torch.zeros_like(gone)
        steps[self._in_support] = kept
        flips = self._flips(kept)
        entering = self._entering(self._from_support @ kept, steps, gone)
        found = left = torch.nonzero(flips.any(0) | entering.any(0)).flatten()
        seen = rows.new_empty(0)
        across = self._columns(seen)
        for _ in range(PASSES):
            if not len(left):
                break
            known = torch.zeros_like(entering[:, 0])
            known[seen] = True
            fresh = torch.nonzero(entering.any(1) & ~known).flatten()
            seen, across = torch.cat([seen, fresh]), torch.cat([across, self._columns(fresh)], 1)
            blocks = self._blocks(seen, across, torch.nonzero(flips.any(1)).flatten())
            for column in left.tolist():
                steps[:, column] = self._step(rows, column, blocks, kept, gone, seen)
            moved = self._from_support @ steps[:, left][self._in_support]
            moved += across @ steps[:, left][seen]
            more = self._entering(moved, steps[:, left], gone[:, left])
            left = left[more.any(0)]
            entering[:, left] |= more[:, more.any(0)]
        for column in found.tolist():
            yield int(rows[column]), self._both, steps[:, column]

    def _step(
        self, rows: Tensor, column: int, blocks: Blocks, kept: Tensor, gone: Tensor, seen: Tensor
    ) -> Tensor:
        """One row's step by pivoting or, if that does not end, by a proximal step, ``[s + v]``."""
        found = pivoted(
            blocks,
            kept[:, column].cpu().numpy(),
            gone[self._in_support, column].cpu().numpy(),
            gone[seen, column].cpu().numpy(),
        )
        if found is None:
            return self._owner._exact_step(int(rows[column]))[self._both]
        step, whole = torch.zeros_like(gone[:, 0]), torch.as_tensor(found).to(gone)
        step[self._in_support], step[seen] = whole[: len(kept)], whole[len(kept) :]
        return step

    def _flips(self, kept: Tensor) -> Tensor:
        """Parameters of the support whose signs change, ``[s, m]`` bool."""
        owner = self._owner
        theta = owner.point.theta[owner._places][:, None]
        return owner.objective.penalised[owner._places][:, None] & (theta * (theta + kept) < 0)

    def _entering(self, moved: Tensor, steps: Tensor, gone: Tensor) -> Tensor:
        """Zero parameters whose gradient, changed by ``C D``, is beyond the threshold, ``[s + v, m]``."""
        owner, threshold = self._owner, self._owner.objective.kinked.threshold
        assert threshold is not None
        slope = owner._gradient[self._both][:, None] + moved - gone
        beyond = (slope.abs() > threshold * (1 + SLACK)) & (steps == 0)
        beyond[self._in_support] = False
        return beyond

    def _blocks(self, seen: Tensor, columns: Tensor, flipped: Tensor) -> Blocks:
        """What :func:`pivoted` needs for some entering parameters and some that may become zero."""
        owner, across = self._owner, columns[self._in_support]
        units = torch.zeros(len(across), len(flipped), dtype=across.dtype, device=across.device)
        units[flipped, torch.arange(len(flipped))] = 1.0
        theta, penalised = owner.point.theta[owner._places], owner.objective.penalised
        threshold = owner.objective.kinked.threshold
        assert threshold is not None
        return Blocks(
            theta=theta.cpu().numpy(),
            penalised=penalised[owner._places].cpu().numpy(),
            gradient=owner._gradient[self._both[seen]].cpu().numpy(),
            across=across.cpu().numpy(),
            inner=columns[seen].cpu().numpy(),
            solved=self._factor.solve(across).cpu().numpy(),
            inverse=self._factor.solve(units).cpu().numpy(),
            places=flipped.cpu().numpy(),
            threshold=threshold,
        )
