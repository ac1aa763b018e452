"""Sparse rows, and the linearization of a linear map of them.

Rows with many columns and few nonzero numbers (words, one-hot categories) are kept as SciPy's compressed
rows; nothing of their dense size is formed but single blocks of rows or chosen columns. They stay on the CPU.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from afif_explorer.engine.jacobians.base import Linearization, Work
from afif_explorer.engine.jacobians.linear import LinearMapLinearization

SPARSE = 50  # cost of a multiplication of sparse rows relative to one in a dense product
_PRECISIONS = {torch.float32: np.float32, torch.float64: np.float64}


class SparseRows:
    """Rows ``[n, d]`` of a SciPy sparse matrix or array, as float32 or float64.

    Attributes: ``shape``, ``ndim``, ``dtype`` (torch's) and ``device``, as of a tensor.
    """

    ndim = 2
    device = torch.device("cpu")

    def __init__(self, matrix: Any) -> None:
        from scipy.sparse import csr_array

        made = csr_array(matrix)
        kind = np.float32 if made.dtype == np.float32 else np.float64
        self.matrix = made.astype(kind, copy=False)
        self.shape = torch.Size(made.shape)
        self.dtype = torch.float32 if kind is np.float32 else torch.float64

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Tensor | slice | list[int]) -> SparseRows:
        return SparseRows(self.matrix[rows.cpu().numpy() if isinstance(rows, Tensor) else rows])

    def to(self, device: object = None, dtype: torch.dtype | None = None) -> SparseRows:
        """The same in another precision; the device stays the CPU."""
        if dtype is None or dtype == self.dtype:
            return self
        return SparseRows(self.matrix.astype(_PRECISIONS[dtype]))

    @property
    def values(self) -> np.ndarray:
        """The numbers that are stored, ``[nonzero]``."""
        found: np.ndarray = self.matrix.data
        return found

    def dense(self) -> Tensor:
        """The same as a tensor ``[n, d]``; for few rows or columns."""
        return torch.from_numpy(self.matrix.toarray())

    def columns(self, places: Tensor) -> SparseRows:
        """Some columns, ``[n, len(places)]``."""
        return SparseRows(self.matrix[:, places.cpu().numpy()])

    def followed_by(self, below: SparseRows) -> SparseRows:
        """These rows and others below them."""
        from scipy.sparse import vstack

        return SparseRows(vstack([self.matrix, below.matrix], format="csr"))

    @cached_property
    def transposed(self) -> Any:
        """``X'`` as SciPy's compressed rows, ``[d, n]``, for single columns of ``X``."""
        return self.matrix.T.tocsr()

    def squared(self) -> SparseRows:
        """The squares of all numbers."""
        return SparseRows(self.matrix.power(2))

    def __matmul__(self, block: Tensor) -> Tensor:
        return torch.from_numpy(self.matrix @ block.cpu().numpy())

    def pulled(self, block: Tensor) -> Tensor:
        """``X' U`` for ``[n, m]``: ``[d, m]``."""
        return torch.from_numpy(self.matrix.T @ block.cpu().numpy())


def sparse(X: object) -> SparseRows | None:
    """The rows, if they are sparse."""
    return X if isinstance(X, SparseRows) else None


class SparseMapLinearization(LinearMapLinearization):
    """``f = W x + b`` on sparse rows."""

    X: Any  # SparseRows

    def jvp(self, vectors: Tensor) -> Tensor:
        m = vectors.shape[1]
        weights = vectors[: self.k * self.d].reshape(self.k, self.d, m).transpose(0, 1)
        outputs = (self.X @ weights.reshape(self.d, self.k * m)).reshape(self.n, self.k, m)
        return outputs + vectors[self.k * self.d :] if self.intercept else outputs

    def contract(self, weights: Tensor, vectors: Tensor) -> Tensor:
        return Linearization.contract(self, weights, vectors)

    def vjp(self, cotangents: Tensor) -> Tensor:
        m = cotangents.shape[2]
        pulled = self.X.pulled(cotangents.reshape(self.n, self.k * m)).reshape(self.d, self.k, m)
        pulled = pulled.transpose(0, 1).reshape(self.k * self.d, m)
        return torch.cat([pulled, cotangents.sum(0)]) if self.intercept else pulled

    def factored(self, roots: Tensor) -> None:
        return None

    def vjp_rows(self, cotangents: Tensor) -> Tensor:
        part = LinearMapLinearization(
            self.X.dense(), self.k, self.intercept, self.theta, self.outputs
        )
        return part.vjp_rows(cotangents)

    def explicit(self, roots: Tensor) -> Iterator[tuple[slice, Tensor]]:
        return Linearization.explicit(self, roots)

    def gram(self, roots: Tensor) -> Tensor:
        pairs = float(np.square(np.diff(self.X.matrix.indptr), dtype=np.float64).sum())
        if SPARSE * pairs > self.n * self.d**2:
            return Linearization.gram(self, roots)
        return super().gram(roots)

    def _weighted_gram(self, weights: Tensor) -> Tensor:
        left = self.features(torch.arange(self.d + self.intercept))
        right = left.T.tocsr()
        left.data *= weights.numpy()[left.indices]
        return torch.from_numpy((left @ right).toarray())

    def squared_norms(self, roots: Tensor) -> Tensor:
        rows = torch.from_numpy(np.asarray(self.X.squared().matrix.sum(axis=1)).ravel())
        return (roots**2).sum((1, 2)) * (rows + float(self.intercept))

    def ntk(
        self, roots: Tensor, other: Linearization, other_roots: Tensor, scale: Tensor
    ) -> Tensor:
        return Linearization.ntk(self, roots, other, other_roots, scale)

    def features(self, places: Tensor) -> Any:
        """Some columns of the rows, the intercept's ones included, as SciPy's compressed rows ``[m, n]``."""
        from scipy.sparse import csr_array, vstack

        found = self.X.transposed[places[places < self.d].numpy()]
        ones = np.ones((len(places) - found.shape[0], self.n), found.dtype)
        return vstack([found, csr_array(ones)], format="csr")

    def column_bounds(self, share: Tensor) -> tuple[Tensor, Tensor] | None:
        if self.k > 1:
            return None
        squares = self.X.squared().pulled(share[:, None])[:, 0]
        largest = torch.from_numpy(abs(self.X.matrix).max(axis=0).toarray().ravel())
        if self.intercept:
            squares = torch.cat([squares, share.sum()[None]])
            largest = torch.cat([largest, torch.ones_like(largest[:1])])
        return squares, largest

    def work(self, rank: int) -> Work:
        stored = float(self.X.matrix.nnz)
        return Work(
            product=8.0 * self.k * stored,
            gram=2.0 * self.n * self.k * (self.k + 1.0) * self.d**2,
            kernel=2.0 * self.k * self.n * stored,
        )

    def take(self, rows: Tensor | slice) -> Self:
        return type(self)(self.X[rows], self.k, self.intercept, self.theta, self.outputs[rows])
