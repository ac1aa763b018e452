"""Symmetric matrices, computed on and above the diagonal only."""

from __future__ import annotations

from torch import Tensor

TILE = 512  # rows and columns that are mirrored at a time; minimum width of a product
STRIPS = 8  # of columns in which a large Gram matrix is computed
HALF = (1 + 1 / STRIPS) / 2  # approximate share of the products that remains


def add_upper_gram(total: Tensor, rows: Tensor) -> None:
    """Add ``R' R`` of explicit rows ``[n, p]``, on and above the diagonal, a tile of columns at a time."""
    width = max(TILE, len(total) // STRIPS)
    for start in range(0, len(total), width):
        stop = min(start + width, len(total))
        total[:stop, start:stop].addmm_(rows[:, :stop].T, rows[:, start:stop])


def mirror(matrix: Tensor) -> Tensor:
    """Make ``[p, p]`` symmetric in place, from the part on and above its diagonal."""
    for left in range(0, len(matrix), TILE):
        here = slice(left, left + TILE)
        corner = matrix[here, here].triu()
        matrix[here, here] = corner + corner.triu(1).T
        for top in range(left + TILE, len(matrix), TILE):
            below = slice(top, top + TILE)
            matrix[below, here] = matrix[here, below].T
    return matrix
