"""Influence with a non-smooth penalty: every result is a proximal step.

``theta(w) = argmin_t <b, t> + ||t - theta||_C^2 / 2 + psi(t)`` with ``b`` the gradient of the
smooth part at the given weights and ``psi`` the non-smooth part of the penalty (see
:mod:`afif_explorer.engine.training.proximal`). Parameters can become
exactly zero, or nonzero. Leverages and self-influences are those of the nonzero parameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Self

import torch
from torch import Tensor

from afif_explorer import wording
from afif_explorer.engine.influence.own_part import own_residuals
from afif_explorer.engine.influence.rank import data_rank
from afif_explorer.engine.influence.second_order import curved
from afif_explorer.engine.influence.shared import Shared
from afif_explorer.engine.influence.smooth import ROWS_AT_ONCE, Influence, MethodSettings
from afif_explorer.engine.runtime.memory import block_rows
from afif_explorer.engine.solvers.base import Solution, Status
from afif_explorer.engine.solvers.factor import Factor, enough_damping
from afif_explorer.engine.targets.base import Group
from afif_explorer.engine.training.proximal import ProximalProblem
from afif_explorer.progress import report

COLUMNS_AT_ONCE = 512  # rows that are left out in one batch


class ProximalInfluence(Influence):
    """A method at one fit with a non-smooth penalty."""

    def __init__(self, method: MethodSettings, shared: Shared) -> None:
        super().__init__(method, shared)
        self._gradient = self.point.gradient()
        self._kept: tuple[list[tuple[Tensor, Tensor]], Solution] | None = None

    def corrected(self) -> Self:
        twin = super().corrected()
        twin._kept = None  # the steps kept here have another residual
        return twin

    @cached_property
    def _problem(self) -> ProximalProblem:
        return self._problem_for(self.curvature.dense())

    def _problem_for(self, matrix: Tensor) -> ProximalProblem:
        objective = self.objective
        return ProximalProblem(matrix, self.point.theta, objective.kinked, objective.penalised)

    def _removed(self, weights: Tensor) -> Tensor:
        """Gradients of the smooth part without the rows, for ``[n, m]``: ``[p, m]``."""
        return self._gradient[:, None] - self.pull(weights)

    def _step(self, problem: ProximalProblem, b: Tensor, start: Tensor | None = None) -> Tensor:
        return self._answer(self._solved(problem, b, start))

    def _solved(self, problem: ProximalProblem, b: Tensor, start: Tensor | None = None) -> Solution:
        """The minimisers of a proximal problem, searched from ``start``; raises if it has none."""
        found = problem.solve(b, start=start)
        if not found.bounded:
            advice, told = self._divergence_advice(problem), {"residual": float("inf")}
            self._answer(Solution(found.value, Status.DIVERGED, advice, told))
        status = Status.CONVERGED if found.solved else Status.MAX_STEPS
        advice = "" if found.solved else "Raise the damping: the curvature is nearly singular."
        stats = dict(zip(("residual", "tolerance"), found.worst, strict=True))
        return Solution(found.value, status, advice, stats)

    def _divergence_advice(self, problem: ProximalProblem) -> str:
        lowest, highest = problem.eigenvalue_range()
        enough = enough_damping(self.method.damping, lowest, highest)
        return (
            "The proximal step diverged: the smallest eigenvalue of the "
            f"{self.curvature.name} is {lowest:.2g}. Set damping to at least {enough}, or use AFIF."
        )

    def _unfinished(self, solution: Solution) -> str:
        stats = solution.stats
        return (
            f"a proximal step stopped at an optimality residual of {stats['residual']:.2g}, above "
            f"{stats['tolerance']:.2g}"
        )

    def parameters(self, weights: Tensor) -> Tensor:
        block = weights[:, None] if weights.ndim == 1 else weights
        found = self._step(self._problem, self._removed(block))
        if self.was_corrected():
            found = torch.cat(
                [
                    self._set_followed(column, step)
                    for column, step in zip(block.T, found.T, strict=True)
                ],
                dim=1,
            )
        return found[:, 0] if weights.ndim == 1 else found

    def _set_followed(self, weights: Tensor, found: Tensor) -> Tensor:
        """:meth:`_followed` for rows that lose weight together, from the parameters ``[p]``: ``[p, 1]``."""
        rows = torch.nonzero(weights != 1).flatten()
        if not len(rows):
            return found[:, None]
        roots, part = self.curvature.fisher_roots()[rows], self.point.take(rows)
        gone, value = (1 - weights[rows])[:, None], [found[:, None]]
        shape = self.point.residual[rows].shape

        def own_change(_: Tensor, tried: Tensor | None) -> Tensor:
            if tried is not None:
                pull = part.vjp_weighted(tried.reshape(shape), gone / self.objective.n)
                value.append(self._step(self._problem, self._gradient[:, None] - pull, value[-1]))
            moved = part.linearization.jvp(value[-1] - self.point.theta[:, None])
            return (roots @ (roots.mT @ moved)).reshape(1, -1)

        plain = self.point.residual[rows].reshape(1, -1)
        start = plain + own_change(rows, None)
        if own_residuals(plain, start, own_change, self._problem.accuracy, fresh=True):
            self._last.unfinished = (
                "The step of rows whose removal changes zeros or signs has not settled."
            )
        return value[-1]

    def effects(self, gradients: Tensor) -> Tensor:
        """``c' D_i`` for every row and target gradient ``[p, m]``: ``[n, m]``, ``D_i = theta(w_i) - theta``.

        Each row has its own proximal problem; rows whose removal changes neither zeros nor signs share one
        factorisation.
        """
        return torch.cat([steps.T @ gradients for _, steps in self._each_without()])

    def add_second_orders(self, targets: Sequence[Group], effects: Tensor) -> None:
        along = curved(targets, self.objective)
        for rows, steps in self._each_without():
            effects[rows] += along(steps)

    def own_moves(self) -> Tensor:
        moves = [
            torch.einsum("rkp,pr->rk", self.point.linearization.jacobian(rows), steps)
            for rows, steps in self._each_without()
        ]
        return torch.cat(moves)

    def _each_without(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Yields all rows and their ``D_i``, in blocks of rows ``[r]`` and steps ``[p, r]``.

        :attr:`solution` is the worst so far. Steps that take little memory are kept.
        """
        if self._kept is None:
            steps, few = self._solved_without(), block_rows(self.objective.p, self.point.theta)
            if few < self.objective.n:
                yield from steps
                return
            blocks = list(steps)
            assert self.solution is not None
            self._kept = blocks, self.solution
        blocks, worst = self._kept
        self._answer(worst)
        yield from blocks

    def _solved_without(self) -> Iterator[tuple[Tensor, Tensor]]:
        n, worst = self.objective.n, None
        for rows in torch.arange(n, device=self.objective.device).split(COLUMNS_AT_ONCE):
            report("rows", int(rows[0]), n)
            jacobian = self.point.linearization.jacobian(rows)
            residual = self.residual[rows].nan_to_num()  # told by attribute
            gone = (residual[:, :, None] * jacobian).sum(1).T / n
            found = self._solved(self._problem, self._gradient[:, None] - gone)
            if self.leverage_corrected:
                found = self._followed(rows, jacobian, residual, found)
            worst = max(worst or found, found, key=lambda one: one.stats["residual"])
            moved = self._answer(found)
            self.solution = worst
            yield rows, moved - self.point.theta[:, None]

    def _followed(
        self, rows: Tensor, jacobian: Tensor, residual: Tensor, found: Solution
    ) -> Solution:
        """Steps of rows ``[m]`` with their own curvature left out, also where zeros or signs change.

        The corrected ``residual`` ``[m, k]`` is right as long as zeros do not change. In general it is found
        by :func:`~afif_explorer.engine.influence.own_part.own_residuals`.
        """
        value, n, theta = found.value.clone(), self.objective.n, self.point.theta[:, None]
        roots, worst = self.curvature.fisher_roots()[rows], [found]

        def own_change(places: Tensor, tried: Tensor | None) -> Tensor:
            if tried is not None:
                gone = (tried[:, :, None] * jacobian[places]).sum(1).T / n
                b = self._gradient[:, None] - gone
                worst.append(self._solved(self._problem, b, value[:, places]))
                value[:, places] = worst[-1].value
            moved = torch.einsum("rkp,pr->rk", jacobian[places], value[:, places] - theta)
            return (roots[places] @ (roots[places].mT @ moved[:, :, None]))[:, :, 0]

        plain, accuracy = self.point.residual[rows], self._problem.accuracy
        self._tell_unsettled(own_residuals(plain, residual, own_change, accuracy))
        last = max(worst, key=lambda one: one.stats["residual"])
        return Solution(value, last.status, last.advice, last.stats)

    def _tell_unsettled(self, count: int) -> None:
        if count:
            self._last.unfinished = (
                f"The steps without each of {wording.count(count)} rows whose removal changes zeros or signs "
                "have not settled."
            )

    def solve(self, rhs: Tensor) -> Tensor:
        """``C^-1 c`` among the parameters that are not held at a kink, ``[p]`` or ``[p, m]``."""
        return self.whitener @ (self.whitener.T @ rhs)

    def inner_products(self, blocks: Tensor) -> Tensor:
        half = blocks @ self.whitener
        return half @ half.transpose(1, 2)

    @cached_property
    def whitener(self) -> Tensor:
        """``Z`` with ``Z Z' = C^-1`` on the parameters that are not held at a kink, 0 elsewhere."""
        theta = self.point.theta
        free = torch.nonzero(self._free).flatten()
        bent = self._problem.with_kinks(self.curvature.dense(), theta)[free[:, None], free]
        inner = Factor(bent, self.curvature.name, self.curvature.damping).whitener
        whitener = theta.new_zeros(len(theta), inner.shape[1])
        whitener[free] = inner
        return whitener

    @property
    def solves_cheaply(self) -> bool:
        return True

    @property
    def leverages_are_cheap(self) -> bool:
        return self.solves_cheaply

    @property
    def _free(self) -> Tensor:
        """The parameters that are not held at a kink, ``[p]`` bool."""
        return self._problem.free(self.point.theta[:, None])[:, 0]

    @cached_property
    def rank(self) -> int:
        """The same among the parameters that are not held at a kink."""
        return data_rank(self.point, self._free)

    @cached_property
    def row_blocks(self) -> Tensor:
        """``M_i = J_i C^-1 J_i' / n`` among the parameters that are not held at a kink, ``[n, k, k]``."""
        rows = torch.arange(self.objective.n, device=self.objective.device).split(ROWS_AT_ONCE)
        return torch.cat([self.row_blocks_of(few) for few in rows])

    def row_blocks_of(self, rows: Tensor) -> Tensor:
        half = self.point.linearization.project(rows, self.whitener)
        return half @ half.transpose(1, 2) / self.objective.n


class ProximalNewtonInfluence(ProximalInfluence):
    """The proximal Newton step, with the curvature of the remaining rows."""

    def __init__(self, method: MethodSettings, shared: Shared) -> None:
        super().__init__(method, shared)
        self.leverage_corrected = True

    def parameters(self, weights: Tensor) -> Tensor:
        if weights.ndim == 2:
            return torch.stack([self.parameters(column) for column in weights.T], dim=1)
        reduced = type(self.curvature).of(
            self.point, damping=self.curvature.damping, weights=weights
        )
        return self._step(self._problem_for(reduced.dense()), self._removed(weights[:, None]))[:, 0]

    def _removed(self, weights: Tensor) -> Tensor:
        gone = self.point.gradient_sums((1 - weights) / self.objective.n)
        return self._gradient[:, None] - gone
