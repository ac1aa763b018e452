"""The linearization with respect to some of the parameters only; the others are constants."""

from __future__ import annotations

from typing import Self

from torch import Tensor

from afif_explorer.engine.jacobians.base import Linearization, Work
from afif_explorer.engine.jacobians.linear import LinearMapLinearization
from afif_explorer.engine.jacobians.sparse import SparseMapLinearization
from afif_explorer.engine.runtime.memory import fits

DENSE = 32_000_000  # numbers up to which chosen columns of sparse rows become dense,
FILLED = 0.05  # if at least this share of them is not zero


def restricted(linearization: Linearization, places: Tensor) -> Linearization:
    """The same with respect to the parameters at ``places`` ``[s]``, ascending."""
    if isinstance(linearization, LinearMapLinearization) and linearization.k == 1:
        return _of_columns(linearization, places)
    return RestrictedLinearization(linearization, places)


def _of_columns(whole: LinearMapLinearization, places: Tensor) -> LinearMapLinearization:
    """A linear map of one output, of some columns of its rows."""
    columns = places[places < whole.d]
    settings = (1, len(columns) < len(places), whole.theta[places], whole.outputs)
    if not isinstance(whole, SparseMapLinearization):
        return LinearMapLinearization(whole.X[:, columns], *settings)
    few = whole.X.columns(columns)
    size = whole.n * len(columns)
    filled = len(few.values) >= FILLED * size
    if filled and size <= DENSE and fits(4 * size, few.dtype):
        return LinearMapLinearization(few.dense(), *settings)
    return SparseMapLinearization(few, *settings)


class RestrictedLinearization(Linearization):
    """Any linearization with respect to some parameters."""

    def __init__(self, whole: Linearization, places: Tensor) -> None:
        self._whole, self._places = whole, places
        self.outputs, self.prefers_roots = whole.outputs, whole.prefers_roots
        self.n, self.k, self.p = whole.n, whole.k, len(places)

    def _spread(self, vectors: Tensor) -> Tensor:
        """With zeros for all other parameters, ``[s, m] -> [p, m]``."""
        wide = vectors.new_zeros(self._whole.p, vectors.shape[1])
        wide[self._places] = vectors
        return wide

    def jvp(self, vectors: Tensor) -> Tensor:
        return self._whole.jvp(self._spread(vectors))

    def vjp(self, cotangents: Tensor) -> Tensor:
        return self._whole.vjp(cotangents)[self._places]

    def hvp(self, weights: Tensor, vectors: Tensor) -> Tensor:
        return self._whole.hvp(weights, self._spread(vectors))[self._places]

    def vjp_rows(self, cotangents: Tensor) -> Tensor:
        return self._whole.vjp_rows(cotangents)[:, :, self._places]

    def ggn_product(self, roots: Tensor, share: Tensor, vectors: Tensor) -> Tensor:
        return self._whole.ggn_product(roots, share, self._spread(vectors))[self._places]

    def take(self, rows: Tensor | slice) -> Self:
        return type(self)(self._whole.take(rows), self._places)

    def work(self, rank: int) -> Work:
        whole = self._whole.work(rank)
        share = self.p / self._whole.p
        return Work(whole.product, whole.product * self.p, whole.kernel * share)
