"""The table of all rows: updated soon if visible, later if not."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from afif_explorer.app.updates.scheduler import IDLE
from afif_explorer.app.views.row_table import UNSEEN, RowTable
from tests.helpers.loop import ManualLoop, open_scheduler
from tests.helpers.screens import explorer as explorer_with

# Panel's own table says so to pandas.
pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning")


@pytest.fixture
def table() -> tuple[RowTable, Any, ManualLoop]:
    """A table that shows the rows of an explorer, and has not been seen yet."""
    explorer = explorer_with()
    scheduler, loop = open_scheduler()
    made = RowTable(SimpleNamespace(explorer=explorer, scheduler=scheduler))
    made.update()
    loop.pass_time(IDLE)
    assert made._table is not None
    return made, explorer, loop


def effects(made: RowTable) -> np.ndarray:
    return made._table.value["effect"].to_numpy()


def turned(before: Any) -> Any:
    return replace(before, effect=-before.effect)


def test_what_is_not_seen_follows_later(table) -> None:
    made, explorer, loop = table
    before = effects(made)
    explorer.points = turned(explorer.points)
    made.update()
    loop.pass_time(0.9 * UNSEEN)
    np.testing.assert_array_equal(effects(made), before)
    loop.pass_time(0.1 * UNSEEN)
    np.testing.assert_array_equal(effects(made), -before)


def test_headings_and_cells_of_the_data_are_shown_as_text() -> None:
    explorer = explorer_with("<b>bold</b>")
    scheduler, loop = open_scheduler()
    made = RowTable(SimpleNamespace(explorer=explorer, scheduler=scheduler))
    made.update()
    loop.pass_time(IDLE)
    table = made._table
    assert "&lt;b&gt;bold&lt;/b&gt;" in table.titles.values()
    assert {one["type"] for one in table.formatters.values()} == {"plaintext"}
    assert set(table.formatters) == set(table.value.columns)


def test_what_comes_near_the_screen_follows_soon(table) -> None:
    made, explorer, loop = table
    before = effects(made)
    explorer.points = turned(explorer.points)
    made.update()
    made._sight._handle_msg({"near": True})
    loop.pass_time(IDLE)
    np.testing.assert_array_equal(effects(made), -before)
    made._sight._handle_msg({"near": False})
    explorer.points = turned(explorer.points)
    made.update()
    loop.pass_time(IDLE)
    np.testing.assert_array_equal(effects(made), -before)


@pytest.mark.parametrize("message", [None, 3, [], {}, {"near": 1}, {"near": "yes"}])
def test_an_invalid_message_changes_nothing(table, message: Any) -> None:
    made, _, loop = table
    made._sight._handle_msg(message)
    assert not loop.waits
    assert not made._sight.near


def test_after_a_divergence_no_older_effects_are_shown(table) -> None:
    made, explorer, loop = table
    before, explorer.points = explorer.points, None
    made.update()
    assert not made._table.visible
    loop.pass_time(UNSEEN)
    assert not made._table.visible
    explorer.points = turned(before)
    made.update()
    loop.pass_time(UNSEEN)
    assert made._table.visible
