"""What changes in an L1 fit without single rows: the zeros and signs, and by how much.

All rows share one system among the ``s`` nonzero parameters ``S``. Where zeros or signs change, the step is
``C_SS^-1 (h_S - C_SA x - u)`` on them and ``x`` on the parameters ``A`` that become nonzero
(:mod:`afif_explorer.engine.influence.lasso.pivoting`). With ``q = C_SS^-1 c_S`` its effect on a target of
gradient ``c`` is ``q' h_S - x' ((C q)_A - c_A) - u' q``: a few numbers for each row are enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from afif_explorer.engine.runtime.memory import block_rows


class Entries(NamedTuple):
    """Numbers of single rows and parameters: ``row`` ``[e]``, ``place`` ``[e]`` and ``value`` ``[e]``."""

    row: Tensor
    place: Tensor
    value: Tensor

    @classmethod
    def of(cls, rows: Tensor, places: Tensor, values: Tensor) -> Entries:
        """The nonzero numbers of a matrix ``[m, q]`` of rows ``[m]`` and parameters ``[q]``."""
        down, across = torch.nonzero(values).unbind(1)
        return cls(rows[down], places[across], values[down, across])

    def matrix(self, rows: Tensor, p: int) -> Tensor:
        """The numbers of consecutive rows, zeros elsewhere, ``[p, len(rows)]``."""
        first, found = int(rows[0]), self.value.new_zeros(p, len(rows))
        inside = (self.row >= first) & (self.row < first + len(rows))
        found[self.place[inside], self.row[inside] - first] = self.value[inside]
        return found

    def among(self, rows: Tensor, places: Tensor) -> Tensor:
        """The numbers of some rows and parameters, both ascending, ``[len(places), len(rows)]``."""
        down, across = torch.searchsorted(rows, self.row), torch.searchsorted(places, self.place)
        inside = rows[down.clamp(max=len(rows) - 1)] == self.row
        found = self.value.new_zeros(len(places), len(rows))
        found[across[inside], down[inside]] = self.value[inside]
        return found

    def subtracted(self, effects: Tensor, weights: Tensor) -> None:
        """Subtract ``value w_place`` from each row of effects ``[n, m]``, in place; ``w`` ``[p, m]``."""
        step = block_rows(2 * effects.shape[1], effects)
        for start in range(0, len(self.row), step):
            row, place, value = (one[start : start + step] for one in self)
            effects.index_add_(0, row, value[:, None] * weights[place], alpha=-1)


@dataclass(frozen=True, eq=False)
class Changes:
    """What changes without which rows.

    Attributes:
        rows: ``[m]``, those whose removal changes zeros or signs. moves: ``J_i D_i`` of each, ``[m, k]``.
        entering: ``x``, of the parameters that become nonzero. leaving: ``u``, of those that become zero or
            change their sign.
    """

    rows: Tensor
    moves: Tensor
    entering: Entries
    leaving: Entries

    @classmethod
    def none(cls, like: Tensor, k: int) -> Changes:
        """No row changes anything; ``like``: a tensor of the precision and device."""
        rows = torch.empty(0, dtype=torch.int64, device=like.device)
        nothing = Entries(rows, rows, like.new_empty(0))
        return cls(rows, like.new_empty(0, k), nothing, nothing)

    def but(self, rows: Tensor) -> Changes:
        """The same but for some rows."""
        entering, leaving = (
            Entries(*(part[~torch.isin(one.row, rows)] for part in one))
            for one in (self.entering, self.leaving)
        )
        others = ~torch.isin(self.rows, rows)
        return Changes(self.rows[others], self.moves[others], entering, leaving)

    @classmethod
    def joined(cls, parts: list[Changes]) -> Changes:
        """At least one, together."""
        entering, leaving = (
            Entries(*(torch.cat(one) for one in zip(*some, strict=True)))
            for some in zip(*((one.entering, one.leaving) for one in parts), strict=True)
        )
        rows, moves = (
            torch.cat([one.rows for one in parts]),
            torch.cat([one.moves for one in parts]),
        )
        return cls(rows, moves, entering, leaving)
