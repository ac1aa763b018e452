"""Rows and targets as tensors, from whatever array-like they are given as."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from afif_explorer.engine.jacobians.sparse import SparseRows, sparse
from afif_explorer.engine.models.inputs import Inputs, Name, inputs, label
from afif_explorer.engine.runtime.memory import block_rows
from afif_explorer.errors import DataError
from afif_explorer.numeric import checked_sample_weight

WORKING = (torch.float32, torch.float64)


def as_rows(X: object) -> Tensor:
    """Rows as a tensor in float32 or float64; arrays, also memory maps, are shared and not copied.

    :class:`Inputs` takes the place of a tensor for several inputs (a mapping by argument name, or a tuple
    of arrays) and for numbers in another precision; :class:`SparseRows` for sparse rows.
    """
    if sparse(X) is not None or inputs(X) is not None:
        return cast(Tensor, X)
    if isinstance(X, Tensor) and X.layout != torch.strided:
        return cast(Tensor, SparseRows(_as_scipy(X)))
    if is_sparse(X):
        return cast(Tensor, SparseRows(X))
    several = _several(X)
    if several is not None:
        named = {name: _numbers(part, f"rows' {label(name)}") for name, part in several.items()}
        return cast(Tensor, Inputs.of(named))
    rows = _numbers(X, "rows")
    return rows if rows.dtype in WORKING or not rows.ndim else cast(Tensor, Inputs.of({0: rows}))


def has_tensors(X: object) -> bool:
    """Whether rows are given as tensors, whose device is kept."""
    several = _several(X) or {0: X}
    return any(isinstance(part, Tensor | Inputs) for part in several.values())


def _several(X: object) -> dict[Name, Any] | None:
    """The inputs by name or position, if there are several."""
    if isinstance(X, Mapping):
        if not X or not all(isinstance(name, str) for name in X):
            raise DataError("Inputs by name must be a mapping from names of arguments to arrays.")
        return dict(X)
    if isinstance(X, tuple) and X and all(getattr(part, "ndim", 0) for part in X):
        return dict(enumerate(X))
    return None


def is_sparse(X: object) -> bool:
    """Whether it is a SciPy sparse matrix or array of real numbers."""
    return hasattr(X, "tocsr") and getattr(X, "dtype", np.dtype(object)).kind in "biuf"


def _as_scipy(X: Tensor) -> Any:
    """A sparse tensor of torch as SciPy's."""
    from scipy.sparse import csr_array

    if X.ndim != 2 or X.is_complex():
        raise DataError(
            f"Sparse rows must be real numbers [n, d], not {X.dtype} {list(X.shape)}; use a dense tensor."
        )
    found = X.detach().cpu().to_sparse_csr()
    parts = (found.values(), found.col_indices(), found.crow_indices())
    return csr_array(tuple(part.numpy() for part in parts), shape=tuple(found.shape))


def as_numbers(values: object, what: str) -> Tensor:
    """A tensor or any array-like as a tensor of real numbers.

    Raises :class:`DataError` naming ``what`` for anything else.
    """
    found = _numbers(values, what)
    if isinstance(values, Tensor) or found.dtype in (*WORKING, torch.bool):
        return found
    return found.double() if found.is_floating_point() else found.long()


def _numbers(values: object, what: str) -> Tensor:
    """The same in the precision that they are stored in."""
    if isinstance(values, Tensor):
        _demand(not values.is_complex(), what)
        return values.detach()
    array = _as_array(values)
    _demand(array.dtype.kind in "biuf", what)
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        array = array.astype(np.float64)
    return _shared(array.astype(array.dtype.newbyteorder("="), copy=False))


class _Writable:
    """Read-only memory shown as writable: torch has no read-only tensors, and warns about such arrays."""

    def __init__(self, array: np.ndarray) -> None:
        interface = array.__array_interface__
        self.__array_interface__ = {**interface, "data": (interface["data"][0], False)}
        self._array = array  # keeps the memory


def _shared(array: np.ndarray) -> Tensor:
    """A tensor in the memory of an array; the engine never writes to rows, so it may be read-only."""
    array = array if min(array.strides, default=0) >= 0 else array.copy()
    return torch.from_numpy(array if array.flags.writeable else np.asarray(_Writable(array)))


def _demand(real: bool, what: str) -> None:
    if not real:
        raise DataError(
            f"The {what} must be real numbers, with the same number for each row; encode or drop the rest."
        )


def _as_array(values: object) -> np.ndarray:
    """It as a NumPy array; an object array if it is not all numbers."""
    try:
        array = np.asarray(values)
    except ValueError:  # lists of different lengths
        return np.empty(0, dtype=object)
    try:
        return array.astype(np.float64) if array.dtype == object else array
    except (TypeError, ValueError, OverflowError):
        return array


def as_sample_weight(given: object, n: int, rows: str) -> Tensor:
    """Sample weights ``[n]``, float64, of the ``rows`` named. Raises :class:`DataError` for invalid ones."""
    found = as_numbers(given, "sample weights").detach().cpu().numpy()
    return torch.from_numpy(checked_sample_weight(found, n, rows))


def check_finite(X: Tensor, which: str = "") -> None:
    """Raise :class:`DataError` unless all numbers of the rows ``[m, ...]`` are finite."""
    several = inputs(X)
    for part in [X] if several is None else several.parts.values():
        if len(part) and not _all_finite(part):
            raise DataError(
                f"The {which}rows contain values that are not finite; impute or drop them."
            )


def _all_finite(X: Tensor) -> bool:
    """Whether all numbers are finite; a finite sum is a quick test."""
    stored = sparse(X)
    if stored is not None:
        return bool(np.isfinite(stored.values).all())
    if not X.is_floating_point():
        return True
    step = block_rows(X[0].numel(), X)
    return all(
        bool(torch.isfinite(part.sum())) or bool(torch.isfinite(part).all())
        for part in X.split(step)
    )
