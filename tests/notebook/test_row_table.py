"""The table of all rows in a notebook: sorted, paged and selected in Python, one page at a time."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from afif_explorer import explain
from afif_explorer.notebook.help import TOUR, Help
from afif_explorer.notebook.row_table import RowTable
from afif_explorer.screens import SCREENS
from afif_explorer.screens.rows import PAGE_ROWS
from afif_explorer.screens.tour import outline
from afif_explorer.state.selection import Selection
from tests.helpers.figures import HOSTILE, points
from tests.helpers.screens import explorer as explorer_with


class Rows(Selection):
    """A selection over rows that have effects."""

    points = points()
    frame = pd.DataFrame(
        {"age": [np.nan, *range(299)], "job": ["clerk", "<b>cook</b>"] * 150}, index=points.ids
    )
    data = None


@pytest.fixture
def table() -> RowTable:
    made = RowTable(Rows())
    made.update_rows()
    return made


def tell(table: RowTable, **message: Any) -> dict[str, Any]:
    """What a page says, and the page of rows after it."""
    table._handle_custom_msg(message, [])
    table.update_rows()
    shown: dict[str, Any] = json.loads(table.message)
    return shown


def ids(shown: dict[str, Any]) -> list[int]:
    return [row["id"] for row in shown["rows"]]


def test_it_begins_with_the_largest_effects(table: RowTable) -> None:
    found = Rows.points
    order = np.argsort(-np.abs(found.effect))
    shown = json.loads(table.message)
    assert ids(shown) == found.ids[order[:PAGE_ROWS]].tolist()
    assert (shown["page"], shown["pages"], shown["total"]) == (0, 30, 300)
    assert shown["columns"][1]["title"] == "Effect if removed, µnats"


def test_pages_and_their_ends(table: RowTable) -> None:
    assert tell(table, kind="page", page=1)["page"] == 1
    assert tell(table, kind="page", page=99)["page"] == 29
    assert tell(table, kind="page", page=-3)["page"] == 0


def test_headings_sort_all_rows(table: RowTable) -> None:
    found = Rows.points
    tell(table, kind="page", page=3)
    shown = tell(table, kind="sort", column="leverage")
    assert shown["page"] == 0
    largest = found.leverage[np.isin(found.ids, ids(shown))]
    assert sorted(largest) == pytest.approx(sorted(found.leverage)[-PAGE_ROWS:], abs=1e-5)
    assert [c["order"] for c in shown["columns"] if c["name"] == "leverage"] == ["descending"]
    smallest = tell(table, kind="sort", column="leverage")
    assert set(ids(smallest)).isdisjoint(ids(shown))
    by_text = tell(table, kind="sort", column="outcome")
    assert {row["cells"][6] for row in by_text["rows"]} == {"<=50K"}


def test_columns_of_the_data_are_sorted_as_numbers_or_texts(table: RowTable) -> None:
    columns = json.loads(table.message)["columns"]
    age, job = (column["name"] for column in columns[-2:])
    assert [column["title"] for column in columns[-2:]] == ["age", "job"]
    shown = tell(table, kind="sort", column=age)
    assert [row["cells"][-2] for row in shown["rows"]] == [str(298 - i) for i in range(10)]
    assert tell(table, kind="sort", column=age)["rows"][0]["cells"][-2] == "0"
    last = tell(table, kind="page", page=29)["rows"][-1]
    assert last["cells"][-2] == "missing"
    assert tell(table, kind="sort", column=job)["rows"][0]["cells"][-1] == "<b>cook</b>"


def test_boxes_select_rows_and_a_click_looks_at_one(table: RowTable) -> None:
    explorer = table._explorer
    first, second, *_ = ids(json.loads(table.message))
    tell(table, kind="row", id=first, selected=True)
    tell(table, kind="row", id=second, selected=True)
    shown = tell(table, kind="row", id=second)
    assert explorer.selected == tuple(sorted((first, second)))
    assert explorer.primary == second
    states = {row["id"]: (row["selected"], row["primary"]) for row in shown["rows"]}
    assert (states[first], states[second]) == ((True, False), (True, True))
    tell(table, kind="row", id=first, selected=False)
    assert explorer.selected == (second,)


@pytest.mark.parametrize(
    "message",
    [
        {"kind": "sort", "column": "nothing"},
        {"kind": "sort", "column": []},
        {"kind": "page", "page": "1"},
        {"kind": "page", "page": True},
        {"kind": "row", "id": -5},
        {"kind": "row", "id": True},
        {"kind": "row"},
        {"kind": 3},
    ],
)
def test_what_is_no_gesture_changes_nothing(table: RowTable, message: dict[str, Any]) -> None:
    before = table.message
    tell(table, **message)
    table._handle_custom_msg("row", [])
    assert table.message == before
    assert table._explorer.selected == ()


def test_newer_effects_take_the_place_of_older_ones_and_the_order_stays(table: RowTable) -> None:
    tell(table, kind="sort", column="row")
    explorer = explorer_with(points=points(HOSTILE, n=7), selected=(), primary=None)
    table._explorer = explorer
    table.update_rows()
    shown = json.loads(table.message)
    assert ids(shown) == sorted(explorer.points.ids.tolist())
    assert all(len(cell) <= 40 for row in shown["rows"] for cell in row["cells"])
    explorer.points = None
    table.update_rows()
    assert json.loads(table.message) == {}


@pytest.mark.parametrize("name", SCREENS)
def test_the_help_of_a_view_opens_its_pages(name: str) -> None:
    explorer = Rows(view=name)
    made = Help(explorer)
    pages = [page for _, page in made.topics.options]
    assert pages[0] == SCREENS[name].page
    assert {part.page for part in SCREENS[name].parts} <= set(pages)
    for page in pages:
        made.topics.value = page
        [shown] = made.page.outputs
        text = outline() if page == TOUR else explain.page(page)
        assert shown["data"]["text/markdown"] == text


def test_the_help_follows_the_view_and_is_closed_at_first() -> None:
    explorer = Rows(view="points")
    made = Help(explorer)
    assert made.widget.layout.display == "none"
    made.button.value = True
    assert made.widget.layout.display is None
    explorer.view = "lissa"
    [shown] = made.page.outputs
    assert shown["data"]["text/markdown"] == explain.page("views/lissa")
    made.close()
    explorer.view = "points"
    assert made.topics.value == "views/lissa"
