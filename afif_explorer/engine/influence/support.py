"""Influence with a non-smooth penalty without a ``[p, p]`` matrix, on the nonzero parameters.

With an L1 penalty the row steps that change neither zeros nor signs share one system among the ``s`` nonzero
parameters (the support), so that the effects of all rows take one solve for each target by the method's
solver. The other rows are found by the optimality conditions of the whole problem and answered by pivoting
(:mod:`afif_explorer.engine.influence.lasso.search`).

Sets of rows, and all rows with other penalties, take proximal steps: with an automatic solver on working sets
of parameters (:mod:`afif_explorer.engine.training.proximal_sets`), else by products and the method's solver
(:mod:`afif_explorer.engine.training.proximal_products`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Self

import torch
from torch import Tensor

from afif_explorer.engine.curvature.operators import Curvature
from afif_explorer.engine.influence.lasso.changes import Changes
from afif_explorer.engine.influence.lasso.search import Search
from afif_explorer.engine.influence.lasso.second_order import OnSupport, Whole, add_on_support
from afif_explorer.engine.influence.leverages import HIGH, HighLeverages
from afif_explorer.engine.influence.nonsmooth import ProximalInfluence
from afif_explorer.engine.influence.own_part import own_residuals
from afif_explorer.engine.influence.shared import Shared
from afif_explorer.engine.influence.smooth import Influence, MethodSettings
from afif_explorer.engine.runtime.memory import block_rows
from afif_explorer.engine.solvers.auto import FEW, Auto, PreparedAuto
from afif_explorer.engine.solvers.base import Cholesky, Prepared, Solution, Status
from afif_explorer.engine.solvers.factor import factor_of
from afif_explorer.engine.targets.base import Group
from afif_explorer.engine.training.metric import KinkProduct
from afif_explorer.engine.training.proximal import ProximalProblem
from afif_explorer.engine.training.proximal_products import ProductProximalProblem
from afif_explorer.engine.training.proximal_sets import WorkingSetProximalProblem
from afif_explorer.progress import report


def proximal_influence(method: MethodSettings, shared: Shared) -> ProximalInfluence:
    """By a dense matrix for a direct solver, and for an automatic one up to 3000 parameters."""
    solver = method.chosen_solver
    few = isinstance(solver, Auto) and shared.objective.p <= FEW
    dense = few or isinstance(solver, Cholesky)
    return (ProximalInfluence if dense else SupportInfluence)(method, shared)


class SupportInfluence(ProximalInfluence):
    """A method at one fit with a non-smooth penalty, by products and a solver."""

    def corrected(self) -> Self:
        twin = super().corrected()
        vars(twin).pop("_found", None)  # it belongs to the other residual
        return twin

    @cached_property
    def _problem(self) -> ProximalProblem:
        objective = self.objective
        automatic = isinstance(self.method.chosen_solver, Auto)
        return (WorkingSetProximalProblem if automatic else ProductProximalProblem)(
            self.curvature,
            self.method.chosen_solver,
            self.point.theta,
            objective.kinked,
            objective.penalised,
        )

    def _solved(self, problem: ProximalProblem, b: Tensor, start: Tensor | None = None) -> Solution:
        assert isinstance(problem, ProductProximalProblem)
        found = problem.solve(b, start=start)
        if not found.bounded:
            advice, stats = self._divergence_advice(problem), {"residual": float("inf")}
            self._answer(Solution(found.value, Status.DIVERGED, advice, stats))
        return problem.told(found)

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

    @cached_property
    def _found(self) -> tuple[Changes, Tensor, int]:
        """The rows whose removal changes zeros or signs, with an L1 penalty, and the residuals of all rows.

        Leverage-corrected residuals of these rows leave out their own curvature also among the parameters
        that become nonzero (:mod:`afif_explorer.engine.influence.own_part`); last, of how many that has not
        settled.
        """
        search = Search(
            self.curvature,
            self._places,
            factor_of(self._system),
            self._gradient,
            self.objective.kinked,
            self.objective.penalised,
            self._exact_step,
        )
        found, residual = search.changes(self.residual), self.residual.clone()
        if not self.leverage_corrected or not len(found.rows):
            return found, residual, 0
        rows, blocks = found.rows, self.row_blocks_of(found.rows)
        roots = self.curvature.fisher_roots()[rows]
        moves, place = found.moves.clone(), torch.empty(len(residual), dtype=torch.int64)
        place[rows] = torch.arange(len(rows))

        def own_change(some: Tensor, tried: Tensor | None) -> Tensor:
            nonlocal found
            if tried is not None:
                residual[rows[some]] = tried
                alone = torch.full_like(residual, torch.nan)
                alone[rows[some]] = tried
                fresh = search.changes(alone)
                moves[some] = (blocks[some] @ tried[:, :, None])[:, :, 0]
                moves[place[fresh.rows]] = fresh.moves
                found = Changes.joined([found.but(rows[some]), fresh])
            half = roots[some]
            return (half @ (half.mT @ moves[some][:, :, None]))[:, :, 0]

        plain = self.point.residual[rows]
        unsettled = own_residuals(plain, residual[rows], own_change, ProximalProblem.accuracy)
        return found, residual, unsettled

    @property
    def _changes(self) -> Changes:
        return self._found[0]

    @property
    def _knows_changes(self) -> bool:
        return self.objective.kinked.threshold is not None and len(self._places) <= FEW

    def effects(self, gradients: Tensor) -> Tensor:
        if self.objective.kinked.threshold is None:
            return super().effects(gradients)
        effects = self.effects_from(self.solve(gradients))
        if not self._knows_changes:
            self._last.unfinished = (
                f"Whether removals change zeros or signs was not checked for {len(self._places)} nonzero "
                "parameters: a stronger penalty leaves fewer."
            )
            return effects
        solution, changes = self.solution, self._changes
        assert solution is not None
        solved = self._spread(factor_of(self._system).solve(gradients[self._places]))
        part = self.point.linearization.take(changes.rows)
        _, residual, unsettled = self._found
        effects[changes.rows] = part.contract(residual[changes.rows] / self.objective.n, solved)
        changes.entering.subtracted(effects, self.curvature @ solved - gradients)
        changes.leaving.subtracted(effects, solved)
        self.solution = solution
        self._tell_unsettled(unsettled)
        return effects

    @property
    def affords_second_order(self) -> bool:
        """True if outputs are linear in the parameters, and few of these are nonzero."""
        return self.objective.canonical and (self._knows_changes or super().affords_second_order)

    def add_second_orders(self, targets: Sequence[Group], effects: Tensor) -> None:
        objective = self.objective
        if not (objective.canonical and self._knows_changes and objective.p > FEW):
            super().add_second_orders(targets, effects)
            return
        changes, residual, _ = self._found
        whole = Whole(self.point, self.curvature)
        support = OnSupport(whole, self._places, self._system, residual, self.leverage_corrected)
        add_on_support(support, changes, targets, effects)

    def own_moves(self) -> Tensor:
        if not self._knows_changes:
            return super().own_moves()
        moves = (self.row_blocks @ self.residual[:, :, None])[:, :, 0]
        moves[self._changes.rows] = self._changes.moves
        return moves

    def _each_without(self) -> Iterator[tuple[Tensor, Tensor]]:
        if not self._knows_changes:
            yield from super()._each_without()
            return
        n, p, (changes, residual, _) = self.objective.n, self.objective.p, self._found
        residual, factor = residual.nan_to_num() / n, factor_of(self._system)
        step = block_rows(4 * p, residual)
        for rows in torch.arange(n, device=residual.device).split(step):
            report("rows", int(rows[0]), n)
            part = self.point.linearization.take(rows)
            pulls = part.vjp_rows(residual[rows][:, :, None])[:, 0].T
            entering = changes.entering.matrix(rows, p)
            pulls -= self.curvature @ entering + changes.leaving.matrix(rows, p)
            yield rows, self._spread(factor.solve(pulls[self._places])) + entering

    def _exact_step(self, row: int, residual: Tensor) -> Tensor:
        """``D_i`` by a proximal step of its own, ``[p]``, for a residual divided by ``n`` ``[k]``."""
        gone = self.point.take(torch.tensor([row], device=self.objective.device)).linearization
        pull = gone.vjp_rows(residual[None, :, None])[0, 0]
        step = self._step(self._problem, (self._gradient - pull)[:, None])
        return step[:, 0] - self.point.theta
