"""Parts of the explorer as separate widgets: they follow it, and act on it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

import afif_explorer as ax
from afif_explorer.figures import FIGURES
from afif_explorer.notebook.output.presence import Presence
from afif_explorer.notebook.row_table import RowTable
from afif_explorer.notebook.scenes import SceneWidget

WAIT = 120


@pytest.fixture
def explorer() -> Iterator[ax.Explorer]:
    explorer = ax.Explorer("hiring")
    assert explorer.await_idle(WAIT)
    yield explorer
    explorer.close()


def test_a_figure_follows_the_settings_and_selects(explorer: ax.Explorer) -> None:
    figure = ax.notebook.figure(explorer, "ranking")
    before = figure.message
    explorer.target = "demographic_parity"
    assert explorer.await_idle(WAIT)
    assert figure.message != before
    row = int(explorer.points.ids[0])
    told = {"kind": "click", "ids": [row], "x": 0, "y": 0, "add": True}
    figure._handle_custom_msg(told, [])
    assert explorer.selected == (row,)


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_has_a_widget_and_its_view_is_opened(explorer: ax.Explorer, name: str) -> None:
    figure = ax.notebook.figure(explorer, name)
    shown = json.loads(figure.message)["whole"]
    assert shown["head"]["title"] or figure.title


def test_the_view_stays_where_it_has_the_result(explorer: ax.Explorer) -> None:
    explorer.view = "diagnostics"
    ax.notebook.figure(explorer, "ranking")
    assert explorer.view == "diagnostics"
    ax.notebook.figure(explorer, "lissa_map")
    assert explorer.view == "lissa"


def test_an_unknown_figure_is_refused(explorer: ax.Explorer) -> None:
    with pytest.raises(
        ax.InvalidChoice, match="There is no figure 'pie'; the figures are: row_map"
    ):
        ax.notebook.figure(explorer, "pie")


def test_the_table_selects_rows(explorer: ax.Explorer) -> None:
    piece = ax.notebook.table(explorer)
    (table,) = (child for child in piece.children if isinstance(child, RowTable))
    first = json.loads(table.message)["rows"][0]["id"]
    table._handle_custom_msg({"kind": "row", "id": first, "selected": True}, [])
    assert explorer.selected == (first,)
    assert json.loads(table.message)["rows"][0]["selected"] is True
    assert str(first) in piece.still().html


def all_of(widget: Any) -> Iterator[Any]:
    """A widget and all inside it."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from all_of(child)


def test_controls_set_the_explorer(explorer: ax.Explorer) -> None:
    piece = ax.notebook.controls(explorer)
    label = "Leverage correction"
    (box,) = (one for one in all_of(piece) if getattr(one, "description", "") == label)
    box.value = False
    assert explorer.leverage_correction is False


def test_the_scenes_are_sent_when_learn_is_first_opened(explorer: ax.Explorer) -> None:
    view = ax.notebook.ExplorerView(explorer)

    def scenes() -> list[Any]:
        return [one for one in all_of(view.widget) if isinstance(one, SceneWidget)]

    assert scenes() == []
    explorer.view = "learn"
    first = scenes()
    assert len(first) == 1
    explorer.view = "points"
    explorer.view = "learn"
    assert scenes() == first
    view.close()


def test_keys_undo_and_redo_the_selection(explorer: ax.Explorer) -> None:
    view = ax.notebook.ExplorerView(explorer)
    (presence,) = (one for one in all_of(view.widget) if isinstance(one, Presence))
    explorer.select(explorer.points.ids[:2])
    before = explorer.selected
    presence._handle_custom_msg({"kind": "undo"}, [])
    assert explorer.selected == ()
    presence._handle_custom_msg({"kind": "redo"}, [])
    assert explorer.selected == before
    view.close()
