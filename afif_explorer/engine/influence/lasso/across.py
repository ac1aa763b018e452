"""The curvature between the nonzero parameters of a fit and the zero ones that are looked at."""

from __future__ import annotations

import torch
from torch import Tensor

from afif_explorer.engine.curvature.blocks import block_of, filled
from afif_explorer.engine.curvature.operators import Curvature
from afif_explorer.engine.jacobians.sparse import SparseRows
from afif_explorer.engine.runtime.memory import fits

ROOM = 4  # copies that must fit into memory for a block to be kept


class Across:
    """``C_VS`` of the zero parameters ``V`` that are asked for, kept as far as they fit into memory."""

    def __init__(self, curvature: Curvature, support: Tensor) -> None:
        self._curvature, self._support = curvature, support
        self._known = block_of(curvature, support[:0], support)
        self._at = torch.full((curvature.p,), -1, device=support.device)

    def of(self, places: Tensor) -> Tensor | SparseRows:
        """``[v, s]``."""
        fresh = places[self._at[places] < 0]
        if len(fresh):
            rows = block_of(self._curvature, fresh, self._support)
            count = self._known.shape[0]
            numbers = rows.numel() if isinstance(rows, Tensor) else len(rows.values)
            if not fits(ROOM * numbers * (1 + count / len(fresh)), self._support_dtype):
                return filled(block_of(self._curvature, places, self._support))
            self._known = _stacked(self._known, rows)
            self._at[fresh] = count + torch.arange(len(fresh), device=fresh.device)
        return filled(self._known[self._at[places]])

    @property
    def _support_dtype(self) -> torch.dtype:
        return self._curvature.mean_weights.dtype


def _stacked(above: Tensor | SparseRows, below: Tensor | SparseRows) -> Tensor | SparseRows:
    if isinstance(above, SparseRows):
        assert isinstance(below, SparseRows)
        return above.followed_by(below)
    assert isinstance(below, Tensor)
    return torch.cat([above, below])
