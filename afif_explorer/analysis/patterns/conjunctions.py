"""All conjunctions of predicates, scored by the sum of effects over the rows that satisfy them.

A score is that sum in standard deviations of the sums of random sets of as many rows, so that small and
large groups compare: ``(S - s m) / sqrt(s v (1 - s / n))`` for ``s`` rows of effects with mean ``m`` and
variance ``v``.

With the predicates as a matrix ``P`` ``[n, q]`` of zeros and ones, the sums of a vector ``e`` over all pairs
are ``P' diag(e) P``; those of all extensions of one conjunction are ``e' P`` over its own rows. Each such
product takes several ``e`` at once, among them random permutations, whose best sums tell what chance finds.

Source: Sagadeeva and Boehm, SliceLine (2021), for pruning by support: a conjunction of few rows has no larger
extension.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from afif_explorer.engine.runtime.memory import block_rows
from afif_explorer.progress import report


@dataclass(frozen=True, eq=False)
class Conjunctions:
    """Conjunctions with enough and not too many rows.

    Attributes:
        members: the predicates of each, ``[m]`` tuples. scores: ``[m]``.
        by_chance: ``[b]``, the largest score under each permutation of the rows' effects.
    """

    members: list[tuple[int, ...]]
    scores: np.ndarray
    by_chance: np.ndarray


def all_conjunctions(
    masks: Tensor, columns: Tensor, effects: Tensor, depth: int, least: float, most: float
) -> Conjunctions:
    """All conjunctions of up to ``depth`` predicates of different columns with ``least`` to ``most`` rows.

    Args:
        masks: ``[n, q]`` bool. columns: ``[q]``, the column of each predicate.
        effects: ``[n, 1 + b]``: the rows' effects, then permutations of them.
    """
    n = len(effects)
    scale = effects[:, 0].std(correction=0).clamp(min=torch.finfo(effects.dtype).tiny)
    standard = effects.new_ones(n, effects.shape[1] + 1)
    torch.sub(effects, effects[:, 0].mean(), out=standard[:, :-1]).div_(scale)
    search = _Search(columns, depth, least, most)
    everything = torch.arange(masks.shape[1], device=masks.device)
    members: list[tuple[int, ...]] = []
    scores = [effects.new_empty(0, dtype=torch.float64)]
    by_chance = effects.new_full((effects.shape[1] - 1,), -torch.inf, dtype=torch.float64)
    for names, sums in search.extend((), everything, masks, standard):
        if names:
            sums = sums.double()
            sizes = sums[:, -1:]
            found = sums[:, :-1] / (sizes * (1 - sizes / n)).sqrt()
            members += names
            scores.append(found[:, 0].clone())
            torch.maximum(by_chance, found[:, 1:].amax(0), out=by_chance)
    return Conjunctions(members, torch.cat(scores).cpu().numpy(), by_chance.cpu().numpy())


@dataclass(frozen=True, eq=False)
class _Search:
    columns: Tensor
    depth: int
    least: float
    most: float

    def extend(
        self, members: tuple[int, ...], further: Tensor, masks: Tensor, effects: Tensor
    ) -> Iterator[tuple[list[tuple[int, ...]], Tensor]]:
        """Extensions of a conjunction by each of ``further`` predicates ``[c]``, and theirs in turn.

        ``masks`` ``[s, c]`` of these and ``effects`` ``[s, b]`` are those of its own rows, the last effect 1.
        Yields conjunctions with their sums ``[m, b]``.
        """
        sums = _sums(masks, effects)
        sizes = sums[:, -1]
        enough = sizes >= self.least
        kept = enough & (sizes <= self.most)
        yield [(*members, one) for one in further[kept].tolist()], sums[kept]
        if len(members) + 1 == self.depth:
            return
        for place in enough.nonzero().flatten().tolist():
            if not members:
                report("patterns", place, len(further))
            later = enough & (self.columns[further] != self.columns[further[place]])
            later[:place] = False
            rows, some = masks[:, place].nonzero().flatten(), later.nonzero().flatten()
            if len(some):
                inside = masks[:, some[0] :].index_select(0, rows).index_select(1, some - some[0])
                chosen = (*members, int(further[place]))
                own = effects.index_select(0, rows)
                yield from self.extend(chosen, further[some], inside, own)


def _sums(masks: Tensor, effects: Tensor) -> Tensor:
    """``masks' effects`` in blocks of rows, so that masks, a byte each, are numbers only within a block."""
    rows, total = block_rows(2 * masks.shape[1], effects), 0.0
    for some, part in zip(masks.split(rows), effects.split(rows), strict=True):
        # Several times as fast as effects' @ masks, which is as wide.
        total = some.to(effects.dtype).T @ part + total
    return torch.as_tensor(total)
