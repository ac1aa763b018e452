"""The second-order term of effects with an L1 penalty, among the nonzero parameters.

Without most rows only the ``s`` nonzero parameters (the support) move, so that ``D_i' (grad^2 T) D_i / 2``
costs as much as in a model of ``s`` parameters. Rows whose removal changes zeros have explicit steps among
the support and all parameters that become nonzero.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from afif_explorer.engine.curvature.operators import Curvature
from afif_explorer.engine.influence.lasso.changes import Changes
from afif_explorer.engine.influence.second_order import add_second_orders, curved
from afif_explorer.engine.problem.objective import Objective, Point
from afif_explorer.engine.runtime.memory import block_rows
from afif_explorer.engine.solvers.factor import factor_of
from afif_explorer.engine.targets.base import Group
from afif_explorer.progress import report


class Whole(NamedTuple):
    """A fit with an L1 penalty, with respect to all parameters: its point, and the method's curvature."""

    point: Point
    curvature: Curvature


@dataclass(frozen=True, eq=False)
class OnSupport:
    """A method at one fit with respect to the nonzero parameters alone.

    Attributes:
        whole: the same with all parameters. places: ``[s]``, of the nonzero ones. curvature: ``[s, s]``.
        residual: ``[n, k]``, of the rows' steps.
    """

    whole: Whole
    places: Tensor
    curvature: Curvature
    residual: Tensor
    leverage_corrected: bool

    @property
    def objective(self) -> Objective:
        """That of all parameters."""
        return self.whole.point.objective

    @cached_property
    def point(self) -> Point:
        """With derivatives along the support only."""
        return self.whole.point.restricted(self.places)

    @property
    def whitener(self) -> Tensor:
        """``Z`` with ``Z Z' = C^-1``, ``[s, r]``."""
        return factor_of(self.curvature).whitener


def add_on_support(
    support: OnSupport, changes: Changes, groups: Sequence[Group], effects: Tensor
) -> None:
    """Adds the term of every row and target to effects ``[n, m]``, in place."""
    rows = changes.rows.sort().values
    first = effects[rows]
    add_second_orders(support, _within(groups, support.places), effects)
    if not len(rows):
        return
    wide = torch.cat([support.places, changes.entering.place]).unique()
    along = curved(_within(groups, wide), support.objective, len(wide), len(rows))
    for some, steps in _explicit(support, changes, rows, wide):
        effects[rows[some]] = first[some] + along(steps)


def _explicit(
    support: OnSupport, changes: Changes, rows: Tensor, wide: Tensor
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yields indices of the rows ``[r]`` and their steps among the parameters at ``wide``, in blocks."""
    inner = torch.searchsorted(wide, support.places)
    outer = torch.searchsorted(wide, changes.entering.place.unique())
    coupled, solver = _coupled(support, wide, inner, outer), factor_of(support.curvature)
    pulled = support.point.take(rows).linearization
    residual = support.residual[rows].nan_to_num() / support.objective.n
    size = block_rows(6 * len(wide), residual)
    for some in torch.arange(len(rows), device=rows.device).split(size):
        report("second order", int(some[0]), len(rows))
        steps = changes.entering.among(rows[some], wide)
        pulls = pulled.take(some).vjp_rows(residual[some][:, :, None])[:, 0].T
        pulls -= coupled @ steps[outer] + changes.leaving.among(rows[some], support.places)
        steps[inner] = solver.solve(pulls)
        yield some, steps


def _coupled(support: OnSupport, wide: Tensor, inner: Tensor, outer: Tensor) -> Tensor:
    """The curvature between the support and the parameters that become nonzero, ``[s, a]``."""
    system, found = (
        support.whole.curvature.restricted(wide),
        [support.residual.new_empty(len(inner), 0)],
    )
    for some in outer.split(block_rows(4 * len(wide), support.residual)):
        units = support.residual.new_zeros(len(wide), len(some))
        units[some, torch.arange(len(some))] = 1
        found.append((system @ units)[inner])
    return torch.cat(found, dim=1)


def _within(groups: Sequence[Group], places: Tensor) -> list[Group]:
    return [group._replace(bound=group.bound.within(places)) for group in groups]
