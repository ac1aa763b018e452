"""The table of all rows: it follows what changes, soon where it is seen, and at leisure where not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from afif_explorer.app.views.row_table import LEISURE, REST, RowTable
from tests.helpers.figures import points

# Panel's own table says so to pandas.
pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning")


class Debounce:
    """Keeps what is to be done later, and how much later."""

    def __init__(self) -> None:
        self.waits: int | None = None
        self._action: Callable[[], None] = lambda: None

    def __call__(self, action: Callable[[], None], milliseconds: int) -> None:
        self._action, self.waits = action, milliseconds

    def pass_time(self) -> None:
        self._action()


@pytest.fixture
def table() -> tuple[RowTable, Any, Debounce]:
    """A table that shows the rows of an explorer, and has not been seen yet."""
    lull, explorer = Debounce(), SimpleNamespace(points=points(), selected=())
    made = RowTable(SimpleNamespace(explorer=explorer, later=lull))
    made.update()
    assert lull.waits == REST
    lull.pass_time()
    return made, explorer, lull


def effects(made: RowTable) -> np.ndarray:
    return made._table.value["effect"].to_numpy()


def turned(before: Any) -> Any:
    return replace(before, effect=-before.effect)


def test_what_is_not_seen_follows_at_leisure(table) -> None:
    made, explorer, lull = table
    before = effects(made)
    explorer.points = turned(explorer.points)
    made.update()
    assert lull.waits == LEISURE
    np.testing.assert_array_equal(effects(made), before)
    lull.pass_time()
    np.testing.assert_array_equal(effects(made), -before)


def test_what_comes_near_the_screen_follows_soon(table) -> None:
    made, explorer, lull = table
    explorer.points = turned(explorer.points)
    made.update()
    made._sight._handle_msg({"near": True})
    assert lull.waits == REST
    made._sight._handle_msg({"near": False})
    made.update()
    assert lull.waits == LEISURE


@pytest.mark.parametrize("message", [None, 3, [], {}, {"near": 1}, {"near": "yes"}])
def test_a_message_that_says_nothing_changes_nothing(table, message: Any) -> None:
    made, _, lull = table
    lull.waits = None
    made._sight._handle_msg(message)
    assert lull.waits is None
    assert not made._sight.near


def test_after_a_divergence_no_older_effects_are_shown(table) -> None:
    made, explorer, lull = table
    before, explorer.points = explorer.points, None
    made.update()
    assert not made._table.visible
    lull.pass_time()
    assert not made._table.visible
    explorer.points = turned(before)
    made.update()
    lull.pass_time()
    assert made._table.visible
