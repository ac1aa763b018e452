"""Memory of large results: used again once nobody holds it, and never before."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import afif_explorer as ax
from afif_explorer.engine.runtime import reuse
from afif_explorer.engine.runtime.reuse import LARGE, room_for

LIKE = torch.zeros(1, dtype=torch.float64)
ROWS = LARGE // 8 // 100 + 1  # of 100 numbers each: just large


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    reuse._kept.clear()


def test_what_was_let_go_of_is_used_again() -> None:
    first = room_for((ROWS, 100), LIKE)
    place = first.data_ptr()
    assert first.shape == (ROWS, 100)
    assert first.dtype == LIKE.dtype
    del first
    smaller = room_for((100, ROWS - 1), LIKE)  # a little, and of another shape
    assert smaller.data_ptr() != place  # not large
    again = room_for((100, ROWS), LIKE)
    assert again.data_ptr() == place


@pytest.mark.parametrize(
    "held",
    [
        lambda made: made.T,
        lambda made: made[5:, 3],
        lambda made: made.numpy(),
        lambda made: made.detach().view(-1)[:1].numpy()[None],
        lambda made: np.from_dlpack(made[:2]),
        lambda made: [made.untyped_storage()],
    ],
)
def test_what_somebody_holds_is_not(held) -> None:
    first = room_for((ROWS, 100), LIKE)
    place, kept = first.data_ptr(), held(first)
    del first
    second = room_for((ROWS, 100), LIKE)
    assert second.data_ptr() != place
    del kept
    assert room_for((ROWS, 100), LIKE).data_ptr() == place


def test_a_block_of_another_size_is_not() -> None:
    place = room_for((3 * ROWS, 100), LIKE).data_ptr()
    made = room_for((ROWS, 100), LIKE)
    assert made.data_ptr() != place
    made.fill_(1.0)


def test_no_more_is_kept_than_a_share_of_the_memory_limit() -> None:
    with ax.memory_limit(reuse.SHARE * LARGE):
        room_for((ROWS, 100), LIKE)
        assert not reuse._kept
    with ax.memory_limit(2 * reuse.SHARE * LARGE):
        room_for((ROWS, 100), LIKE)
        assert len(reuse._kept) == 1


def test_effects_on_many_targets_are_right_the_second_time_too() -> None:
    generator = torch.Generator().manual_seed(0)
    X = torch.randn(ROWS, 2, dtype=torch.float64, generator=generator)
    objective = ax.Objective(ax.LinearMap(2), "gaussian", ax.Ridge(0.1), X, X[:, 0])
    influence = ax.AFIF().prepare(objective, torch.ones(3))
    c = torch.randn(3, 100, dtype=torch.float64, generator=generator)
    solved = torch.linalg.solve(influence.curvature.dense(), c)
    design = torch.cat([X, torch.ones(ROWS, 1)], dim=1) * influence.point.residual
    first = influence.effects(c).data_ptr()
    again = influence.effects(c)
    assert again.data_ptr() == first
    torch.testing.assert_close(again, design @ solved / ROWS)
