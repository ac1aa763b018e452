"""Linearization of a network of known layers from the factors of its Jacobian, by matrix products.

At a fixed ``theta`` the input of every layer, and the derivatives of the outputs with respect to every
layer's output, are constant. They give the rows ``S_i' J_i`` in factored form, a block of rows at a time (see
:mod:`afif_explorer.engine.jacobians.layers.factored`). For a chain of dense layers the factors are
computed directly (:mod:`afif_explorer.engine.jacobians.layers.chain`); any other module is traced
(:mod:`afif_explorer.engine.jacobians.layers.traced`).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor

from afif_explorer.engine.jacobians.base import Linearization
from afif_explorer.engine.jacobians.gram import add_gram
from afif_explorer.engine.jacobians.layers.factored import FactoredJacobian
from afif_explorer.engine.jacobians.ntk import fill_ntk
from afif_explorer.engine.jacobians.symmetric import mirror
from afif_explorer.engine.runtime.memory import fits

Block = tuple[slice, FactoredJacobian]  # some rows, and their factors


class LayeredLinearization(Linearization):
    """A network all of whose layers have a known type."""

    # The roots of the last products with rows, and their factors if they were requested again.
    _last: tuple[Tensor, list[Block]] | None = None

    @abstractmethod
    def factored(self, roots: Tensor) -> FactoredJacobian:
        """``S_i' J_i`` of all rows."""

    @abstractmethod
    def _numbers(self, rank: int) -> float:
        """Approximate number of values in a row's factors."""

    def _blocks(self, roots: Tensor) -> Iterator[Block]:
        """The factors, a block of rows at a time."""
        for rows, part in self.cut(self._numbers(roots.shape[2])):
            yield rows, part.factored(roots[rows])

    def _cached_blocks(self, roots: Tensor) -> Iterator[Block]:
        """The same; cached from the second request for the same roots on, if they fit into memory."""
        last = self._last
        again = last is not None and last[0] is roots
        if last is not None and again and last[1]:
            yield from last[1]
            return
        self._last = roots, []
        found = []
        keep = again and self._fits(roots)
        for one in self._blocks(roots):
            found += [one] if keep else []
            yield one
        self._last = roots, found

    def _repeatable_blocks(self, roots: Tensor) -> Callable[[], Iterable[Block]]:
        """The same, as a function that can be called repeatedly."""
        if not self._fits(roots):
            return lambda: self._blocks(roots)
        kept = list(self._blocks(roots))
        return lambda: kept

    def _fits(self, roots: Tensor) -> bool:
        return fits(self.n * self._numbers(roots.shape[2]), roots.dtype)

    def jvp_roots(self, roots: Tensor, vectors: Tensor) -> Tensor:
        return self._moved(self._cached_blocks(roots), roots.shape[2], vectors)

    def contract(self, weights: Tensor, vectors: Tensor) -> Tensor:
        return self._moved(self._blocks(weights[:, :, None]), 1, vectors)[:, 0]

    def _moved(self, blocks: Iterable[Block], rank: int, vectors: Tensor) -> Tensor:
        total = vectors.new_zeros(self.n, rank, vectors.shape[1])
        for rows, some in blocks:
            some.jvp(vectors, total[rows])
        return total

    def vjp_roots(self, roots: Tensor, weights: Tensor) -> Tensor:
        total = sums(self.p, weights.shape[2], weights)
        for rows, some in self._cached_blocks(roots):
            some.vjp(weights[rows], total)
        return total

    def ggn_product(self, roots: Tensor, row_weights: Tensor, vectors: Tensor) -> Tensor:
        total = sums(self.p, vectors.shape[1], vectors)
        for rows, some in self._cached_blocks(roots):
            some.ggn_product(row_weights[rows], vectors, total)
        return total

    def vjp_rows(self, cotangents: Tensor) -> Tensor:
        return self.factored(cotangents).explicit(cotangents)

    def project(self, rows: Tensor | slice, basis: Tensor, *, lower: bool = False) -> Tensor:
        return self.take(rows).jvp(basis)

    def squared_norms(self, roots: Tensor) -> Tensor:
        return torch.cat([some.squared_norms() for _, some in self._blocks(roots)])

    def gram(self, roots: Tensor) -> Tensor:
        total = roots.new_zeros(self.p, self.p)
        for _, some in self._blocks(roots):
            add_gram(total, some)
        return mirror(total)

    def ntk(
        self, roots: Tensor, other: Linearization, other_roots: Tensor, scale: Tensor
    ) -> Tensor:
        assert isinstance(other, LayeredLinearization)
        return self._ntk(roots, other, other_roots, scale, lower=False)

    def own_ntk(self, roots: Tensor, scale: Tensor) -> Tensor:
        return self._ntk(roots, self, roots, scale, lower=True)

    def _ntk(
        self,
        roots: Tensor,
        other: LayeredLinearization,
        other_roots: Tensor,
        scale: Tensor,
        *,
        lower: bool,
    ) -> Tensor:
        rank, opposite = roots.shape[2], other_roots.shape[2]
        ours = self._repeatable_blocks(roots)
        theirs = ours if lower else other._repeatable_blocks(other_roots)
        found = scale.new_empty(self.n * rank, other.n * opposite)
        for rows, left in ours():
            strip = found[(rows.start or 0) * rank :][: left.n * rank]
            for columns, right in theirs():
                own = lower and rows == columns
                part = strip[:, (columns.start or 0) * opposite :][:, : right.n * opposite]
                fill_ntk(part, left, right, scale, lower=own)
                if own:
                    break
        return found


def sums(p: int, columns: int, like: Tensor) -> Tensor:
    """Zeros ``[p, m]`` in column-major order, in which ``[p, n] [n, m]`` accumulates faster."""
    return like.new_zeros(columns, p).T
