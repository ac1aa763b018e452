"""The rows whose inputs are most like those of one row."""

from __future__ import annotations

from typing import Any

import numpy as np


def nearest(X: Any, at: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Places of the ``count`` other rows of ``X`` ``[n, d]`` nearest to row ``at``, and their distances.

    The distance is ``||x_i - x_at||``; the nearest come first, equal ones in the order of the rows. ``X`` may
    be a sparse array.
    """
    if hasattr(X, "indptr"):
        row = X[[at]]
        sizes = np.asarray(X.multiply(X).sum(axis=1)).ravel()
        products = (X @ row.T).toarray().ravel()
        squared = np.maximum(sizes + sizes[at] - 2 * products, 0)
    else:
        squared = np.square(X - X[at]).sum(axis=1)
    squared[at] = np.inf
    count = min(count, len(squared) - 1)
    if count < 1:
        return np.empty(0, np.int64), np.empty(0)
    limit = np.partition(squared, count - 1)[count - 1]
    places = np.flatnonzero(squared <= limit)
    found = places[np.argsort(squared[places], kind="stable")][:count]
    return found, np.sqrt(squared[found])
