"""Finds the rows whose removal changes zeros or signs of an L1 fit, and their steps.

From the step that keeps all zeros and signs the optimality conditions of the whole problem are looked at: a
nonzero parameter that crosses zero, or a zero one whose gradient crosses the threshold, begins a search by
pivoting (:mod:`afif_explorer.engine.influence.lasso.pivoting`) among them. Its result is looked at again,
until no other parameter is beyond the threshold.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from afif_explorer.engine.curvature.blocks import block_of, dense, filled
from afif_explorer.engine.curvature.operators import Curvature
from afif_explorer.engine.influence.lasso.across import Across
from afif_explorer.engine.influence.lasso.changes import Changes, Entries
from afif_explorer.engine.influence.lasso.near import MARGIN, Near
from afif_explorer.engine.influence.lasso.pivoting import SLACK, Blocks, pivoted
from afif_explorer.engine.jacobians.restricted import restricted
from afif_explorer.engine.jacobians.sparse import SparseRows
from afif_explorer.engine.problem.penalties import NonsmoothPenalty
from afif_explorer.engine.runtime.memory import block_rows
from afif_explorer.engine.solvers.factor import Factor
from afif_explorer.progress import report

ROWS = 512  # steps that are looked at together
PASSES = 10  # searches, each with the parameters that were beyond the threshold after the last one


class Search:
    """The search at one fit.

    Args:
        curvature: ``C``. places: ``[s]``, the nonzero parameters, ascending. factor: of their block of ``C``.
        gradient: of the smooth part at the fit, ``[p]``. penalty, penalised: those of the objective.
        exactly: the whole step ``D_i`` ``[p]`` without one row, from its residual divided by ``n`` ``[k]``,
            for rows whose search does not end.
    """

    def __init__(
        self,
        curvature: Curvature,
        places: Tensor,
        factor: Factor,
        gradient: Tensor,
        penalty: NonsmoothPenalty,
        penalised: Tensor,
        exactly: Callable[[int, Tensor], Tensor],
    ) -> None:
        threshold = penalty.threshold
        assert threshold is not None
        self.curvature, self.places, self.factor = curvature, places, factor
        self.gradient, self.threshold, self._exactly = gradient, threshold, exactly
        self.theta, self.penalised = curvature.point.theta[places], penalised[places]
        self.across = Across(curvature, places)
        self.inverse = factor.solve(torch.eye(len(places), dtype=gradient.dtype).to(gradient))
        self._near = Near(curvature, gradient, places, threshold)
        self._pulls = gradient.new_zeros(0, 0)
        point, regular = curvature.point, bool((curvature.diagonal_shift > 0).all())
        self.rank = curvature.p if regular else point.residual.numel()

    def changes(self, residual: Tensor) -> Changes:
        """What changes without each row, for residuals ``[n, k]`` that are corrected for leverage or not.

        Rows whose residual is NaN are left out.
        """
        lost = residual.isnan().any(1)
        self._pulls = residual.nan_to_num() / len(residual)
        rows = torch.nonzero(~lost).flatten()
        sizes = torch.cat([self._sizes(few) for few in rows.split(8 * ROWS)])
        order = torch.argsort(sizes, descending=True)
        rows, sizes, start = rows[order], sizes[order], 0
        found = [Changes.none(self.gradient, residual.shape[1])]
        for few in rows.split(ROWS):
            report("zeros and signs", start, len(rows))
            found += self._looked_at(few, float(sizes[start]))
            start += len(few)
        return Changes.joined(found)

    def gone(self, rows: Tensor, places: Tensor) -> Tensor:
        """``h_i`` of some rows among some parameters, ``[m, q]``."""
        part = restricted(self.curvature.point.linearization.take(rows), places)
        return part.vjp_rows(self._pulls[rows][:, :, None])[:, 0]

    def moves(self, rows: Tensor, places: Tensor, steps: Tensor) -> Tensor:
        """``J_i D_i`` of some rows for steps ``[m, q]`` of some parameters, ``[m, k]``."""
        part = restricted(self.curvature.point.linearization.take(rows), places)
        eye = torch.eye(part.k, dtype=steps.dtype, device=steps.device)
        return torch.einsum("mkp,mp->mk", part.vjp_rows(eye.expand(len(rows), -1, -1)), steps)

    def exact(self, rows: Tensor) -> Changes:
        """The changes of some rows from their whole steps."""
        steps = torch.stack([self._exactly(int(row), self._pulls[row]) for row in rows])
        inside, outside = steps[:, self.places], steps.clone()
        outside[:, self.places] = 0.0
        stays = ((self.theta + inside) * self.theta > 0) | ~self.penalised
        left = self.gone(rows, self.places) - (self.curvature @ steps.T)[self.places].T
        everything = torch.arange(steps.shape[1], device=steps.device)
        return Changes(
            rows,
            self.moves(rows, everything, steps),
            Entries.of(rows, everything, outside),
            Entries.of(rows, self.places, left.masked_fill(stays, 0.0)),
        )

    def _sizes(self, rows: Tensor) -> Tensor:
        """``|D_i|_C`` of the steps that keep zeros and signs, ``[m]``."""
        return self.factor.half(self.gone(rows, self.places).T).square().sum(0).sqrt()

    def _looked_at(self, rows: Tensor, size: float) -> list[Changes]:
        """The changes of some rows whose steps have at most a size, as long as no zeros or signs change."""
        pull, k = float(self._pulls[rows].abs().max()), self._pulls.shape[1]
        while True:
            near = self._near.places(rows, pull, size)
            room = block_rows((8 + 2 * k) * (len(near) + len(self.places)), self.gradient)
            parts, largest = [], 0.0
            for few in rows.split(room):
                some = _Rows(self, few, near)
                if len(some.rows):
                    some.search()
                    parts += some.changes()
                    largest = max(largest, some.largest)
            if largest <= MARGIN * size:
                return parts
            size = largest


class _Rows:
    """Some rows, and zero parameters ``V`` that their steps may carry past the threshold.

    Attributes:
        rows: ``[m]``, those whose removal changes something.
    """

    def __init__(self, owner: Search, rows: Tensor, near: Tensor) -> None:
        self._owner, self._near = owner, near
        self._beyond = owner.threshold * (1 + SLACK)
        self._across = owner.across.of(near)
        gone, away = owner.gone(rows, owner.places), owner.gone(rows, near)
        kept = owner.factor.solve(gone.T).T
        slope = owner.gradient[near] - away + (self._across @ kept.T).T
        crosses = owner.penalised & (owner.theta * (owner.theta + kept) < 0)
        which = crosses.any(1) | (slope.abs() > self._beyond).any(1)
        self.rows, self._gone, self._away = rows[which], gone[which], away[which]
        self._kept, self._slope = kept[which], slope[which]
        self._x, self._u = torch.zeros_like(self._slope), torch.zeros_like(self._kept)
        self._step, self._settled = (
            self._kept.clone(),
            torch.zeros_like(self.rows, dtype=torch.bool),
        )

    def search(self) -> None:
        """Find the steps; those of some rows may not settle."""
        left = torch.arange(len(self.rows), device=self.rows.device)
        more = self._slope.abs() > self._beyond
        for _ in range(PASSES):
            pool = torch.nonzero(((self._x[left] != 0) | more).any(0)).flatten()
            columns = filled(block_of(self._owner.curvature, self._near, self._near[pool]))
            self._pivot(left, pool, columns)
            more = self._more(left, pool, columns)
            open_rows = more.any(1) & self._settled[left]
            left, more = left[open_rows], more[open_rows]
            if not len(left):
                return
        self._settled[left] = False

    def _pivot(self, left: Tensor, pool: Tensor, columns: Tensor | SparseRows) -> None:
        owner = self._owner
        inner, across = dense(columns[pool]), dense(self._across[pool])
        solved = owner.factor.solve(across.T)
        blocks = Blocks(
            owner.theta,
            owner.penalised,
            solved,
            inner - across @ solved,
            owner.inverse,
            owner.threshold,
            owner.rank,
        )
        found = pivoted(blocks, self._kept[left], self._slope[left][:, pool])
        self._x[left] = 0.0
        self._x[left[:, None], pool] = found.x
        self._u[left], self._step[left] = found.u, found.step
        self._settled[left] = found.settled

    def _more(self, left: Tensor, pool: Tensor, columns: Tensor | SparseRows) -> Tensor:
        """Which other parameters are beyond the threshold now, ``[m, v]``."""
        turned = self._step[left] - self._kept[left]
        slope = self._slope[left] + (self._across @ turned.T).T
        slope += (columns @ self._x[left[:, None], pool].T).T
        beyond = slope.abs() > self._beyond
        beyond[:, pool] = False
        return beyond

    @property
    def largest(self) -> float:
        """The largest ``|D_i|_C``."""
        owner = self._owner
        pushed = self._away - owner.gradient[self._near] - owner.threshold * self._x.sign()
        square = (self._step * (self._gone - self._u)).sum(1) + (self._x * pushed).sum(1)
        square = square.masked_fill(~self._settled, 0.0)  # the others have whole steps
        return float(square.max().clamp(min=0).sqrt())

    def changes(self) -> list[Changes]:
        """The result."""
        owner, done = self._owner, self._settled
        rows, x, u = self.rows[done], self._x[done], self._u[done]
        moves = owner.moves(rows, owner.places, self._step[done]) + owner.moves(rows, self._near, x)
        found = [
            Changes(rows, moves, Entries.of(rows, self._near, x), Entries.of(rows, owner.places, u))
        ]
        rest = self.rows[~done]
        return [*found, owner.exact(rest)] if len(rest) else found
