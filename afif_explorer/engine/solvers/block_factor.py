"""In-place, blocked Cholesky factorisation of a large positive definite matrix.

Library routines first copy the matrix to column-major order, and copy the factor again for each solve;
from a few thousand rows upwards that takes as long as the arithmetic, and twice the memory.
"""

from __future__ import annotations

import torch
from torch import Tensor

from afif_explorer.progress import report

WIDTH = 512  # columns of a block


class BlockFactor:
    """``B = L L'`` with ``L`` lower triangular, ``[n, n]``.

    Args:
        matrix: ``B``, of which only the lower triangle is read. It is overwritten by ``L``.

    Raises ``torch.linalg.LinAlgError`` if it is not positive definite.
    """

    def __init__(self, matrix: Tensor) -> None:
        self._lower = matrix
        self._starts = range(0, len(matrix), WIDTH)
        for start in self._starts:
            report("factor", start, len(matrix))
            self._eliminate(start, min(start + WIDTH, len(matrix)))

    def _eliminate(self, start: int, stop: int) -> None:
        """Compute one block of columns of ``L`` from the previous blocks."""
        lower, done = self._lower, self._lower[:, :start]
        columns = lower[start:, start:stop]
        if start:
            columns.addmm_(done[start:], done[start:stop].T, alpha=-1)
        corner = torch.linalg.cholesky_ex(columns[: stop - start], check_errors=True).L
        columns[: stop - start] = corner
        eye = torch.eye(stop - start, dtype=corner.dtype, device=corner.device)
        inverse = torch.linalg.solve_triangular(corner, eye, upper=False)
        below = columns[stop - start :]
        below.copy_(below @ inverse.T)

    def half(self, rhs: Tensor) -> Tensor:
        """``L^-1 c`` for ``c`` ``[n, m]``."""
        found = rhs.clone()
        for start in self._starts:
            rows = slice(start, start + WIDTH)
            if start:
                found[rows].addmm_(self._lower[rows, :start], found[:start], alpha=-1)
            found[rows] = self._inside(rows, found[rows], upper=False)
        return found

    def solve(self, rhs: Tensor) -> Tensor:
        """``B^-1 c`` for ``c`` ``[n, m]``."""
        found = self.half(rhs)
        for start in reversed(self._starts):
            rows, after = slice(start, start + WIDTH), start + WIDTH
            if after < len(found):
                found[rows].addmm_(self._lower[after:, rows].T, found[after:], alpha=-1)
            found[rows] = self._inside(rows, found[rows], upper=True)
        return found

    def _inside(self, rows: slice, rhs: Tensor, upper: bool) -> Tensor:
        corner = self._lower[rows, rows]
        return torch.linalg.solve_triangular(corner.T if upper else corner, rhs, upper=upper)
