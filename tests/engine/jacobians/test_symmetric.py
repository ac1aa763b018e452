"""Symmetric matrices from half of their entries, against the full product."""

from __future__ import annotations

import pytest
import torch

from afif_explorer.engine.jacobians import symmetric
from afif_explorer.engine.jacobians.symmetric import add_upper_gram, mirror


@pytest.mark.parametrize("tile", [4, 7, 512])
@pytest.mark.parametrize("p", [5, 21])
def test_a_gram_matrix_is_mirrored_from_its_upper_half(p: int, tile: int, monkeypatch) -> None:
    monkeypatch.setattr(symmetric, "TILE", tile)
    monkeypatch.setattr(symmetric, "STRIPS", 3)
    rows = torch.randn(9, p, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    before = rows[:p, :p].T @ rows[:p, :p] if p < 9 else torch.eye(p, dtype=torch.float64)
    total = before.triu() + torch.full((p, p), 9.0, dtype=torch.float64).tril(-1)
    add_upper_gram(total, rows)
    torch.testing.assert_close(mirror(total), before + rows.T @ rows)
