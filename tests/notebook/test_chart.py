"""Charts as widgets: redrawn in place, clicks with row ids, no uploads, scripts sent once."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

import afif_explorer as ax
from afif_explorer.figures.drawing.serialization import Brush, Click
from afif_explorer.notebook.chart import HEIGHT, Chart, chart


def dots(values, ids=(), *extra, **layout) -> go.Figure:
    mark = go.Scatter(x=np.arange(len(values)), y=np.asarray(values), customdata=np.asarray(ids))
    return go.Figure([mark, *extra], layout)


def sent(shown: Chart) -> dict[str, Any]:
    """The figure that a page gets, and gets again when it is loaded anew."""
    told = answers(shown, {"kind": "ready"})
    whole: dict[str, Any] = json.loads(told[0]["text"])["whole"]
    return whole


def answers(shown: Chart, message: dict[str, Any]) -> list[dict[str, Any]]:
    """What a page is told when it says something; "buffers" with it."""
    told: list[dict[str, Any]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            shown, "send", lambda content, buffers=(): told.append({**content, "buffers": buffers})
        )
        tell(shown, message)
    return told


def tell(shown: Chart, message: Any) -> None:
    """What a page says."""
    shown._handle_custom_msg(message, [])


def test_no_button_uploads_the_rows() -> None:
    assert sent(chart(dots([1.0])))["config"]["showSendToCloud"] is False


def test_a_redraw_takes_over_everything_and_a_reloaded_page_gets_it() -> None:
    shown = Chart()
    shown.draw(dots([1.0, 2.0], title="a", shapes=[{"type": "line"}]).to_plotly_json())
    before = json.loads(shown.message)["version"]
    shown.draw(dots([3.0, 4.0, 5.0], [7, 8, 9], go.Bar(x=[1]), title="b").to_plotly_json())
    now = sent(shown)
    assert [trace["type"] for trace in now["data"]] == ["scatter", "bar"]
    assert now["layout"]["title"]["text"] == "b"
    assert "shapes" not in now["layout"]
    assert json.loads(shown.message)["version"] > before


def test_a_figure_of_ones_own_has_a_height_and_its_title() -> None:
    assert sent(chart(dots([1.0])))["layout"]["height"] == HEIGHT
    shown = chart(dots([1.0], title="Effects", height=300))
    assert shown.title == "Effects"
    assert sent(shown)["layout"]["height"] == 300


def test_long_lists_of_words_and_dates_arrive_as_they_are() -> None:
    words = ["yes", "no", "perhaps"] * 100
    days = np.datetime64("2026-01-01") + np.arange(300)
    marks = go.Scatter(
        x=words, y=days, text=words, marker={"color": ["red", "blue", "#123456"] * 100}
    )
    (trace,) = sent(chart(go.Figure(marks)))["data"]
    assert trace["x"] == words
    assert trace["marker"]["color"] == list(marks.marker.color)
    assert [day[:10] for day in trace["y"]] == [str(day) for day in days]
    assert trace["text"]["words"] == ["yes", "no", "perhaps"]  # drawing.js knows this field


def test_unsupported_traces_raise_an_error() -> None:
    with pytest.raises(ax.InvalidChoice, match=r"not pie; show this one by figure\.show"):
        chart(go.Figure([go.Pie(values=[1, 2]), go.Bar(y=[1])]))


def test_the_library_is_sent_when_it_is_asked_for_and_saved_with_no_widget() -> None:
    shown = chart(dots(np.zeros(5000)))
    (told,) = answers(shown, {"kind": "library"})
    scripts, styles = told["buffers"]
    assert told["kind"] == "library"
    assert b"makeDrawing" in scripts
    assert b".afif-plot" in styles
    assert len(str(shown.get_state())) < 10_000


def test_only_a_page_that_has_asked_is_told_of_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    shown, told = Chart(), []
    monkeypatch.setattr(shown, "send", lambda content: told.append(content["kind"]))
    shown.draw(dots([1.0]).to_plotly_json())
    assert told == []
    tell(shown, {"kind": "ready"})
    shown.draw(dots([2.0]).to_plotly_json())
    shown.add_up({"sums": None})
    assert told == ["figure", "figure", "sums"]
    tell(shown, {"kind": "ready"})  # a page that is loaded anew
    assert told[3:] == ["figure", "sums"]


def test_a_clicked_mark_sends_its_row_and_coordinates() -> None:
    clicked: list[Click] = []
    tell(
        Chart(clicked=clicked.append),
        {"kind": "click", "ids": [3], "x": 1, "y": 2, "add": True},
    )
    assert clicked == [Click(3, 1.0, 2.0, add=True)]


def test_a_lasso_sends_its_region() -> None:
    brushed: list[Brush] = []
    shown = Chart(brushed=brushed.append)
    tell(shown, {"kind": "select", "x": [0, 1, 2.5], "y": [0, 3, 1], "how": "add"})
    tell(shown, {"kind": "select", "x": [], "y": [], "how": "replace"})
    assert [brush.how for brush in brushed] == ["add", "replace"]
    assert brushed[0].x.tolist() == [0, 1, 2.5]
    assert brushed[0].y.tolist() == [0, 3, 1]
    assert brushed[1].x.size == 0


@pytest.mark.parametrize(
    "region",
    [
        {"x": [0, 1, 2], "y": [0, 1], "how": "add"},
        {"x": [0, 1, "2"], "y": [0, 1, 2], "how": "add"},
        {"x": [0, 1, None], "y": [0, 1, 2], "how": "add"},
        {"x": [0, 1, True], "y": [0, 1, 2], "how": "add"},
        {"x": [0, 1, float("nan")], "y": [0, 1, 2], "how": "add"},
        {"x": [0.0] * 10_001, "y": [0.0] * 10_001, "how": "add"},
        {"x": [0, 1, 2], "y": [0, 1, 2], "how": "all"},
        {"x": [0, 1, 2], "y": [0, 1, 2], "how": []},
        {"x": 3, "y": {}, "how": "add"},
        {"ids": [1, 2, 3]},
    ],
)
def test_what_is_no_region_is_left_out(region: dict[str, Any]) -> None:
    brushed: list[Brush] = []
    tell(Chart(brushed=brushed.append), {"kind": "select", **region})
    assert brushed == []


@pytest.mark.parametrize("message", [None, [], {}, {"kind": "drawn"}, {"kind": 3, "ids": [1]}])
def test_what_is_no_gesture_picks_nothing(message: Any) -> None:
    heard: list[object] = []
    tell(Chart(clicked=heard.append, brushed=heard.append), message)
    assert heard == []


def test_ids_and_places_that_are_none_are_left_out() -> None:
    clicked: list[Click] = []
    told = {"kind": "click", "ids": [-2, "3", 4.5, None, True, 9], "x": float("nan"), "y": "1"}
    tell(Chart(clicked=clicked.append), told)
    tell(Chart(clicked=clicked.append), {"kind": "click", "ids": {}, "x": True})
    assert clicked == [Click(9, None, None, add=False), Click(None, None, None, add=False)]


def test_a_figure_of_ones_own_is_dark_on_a_dark_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Chart, "page_was_dark", False)
    shown = chart(dots([1.0], template="simple_white"))
    light = sent(shown)["layout"]["template"]["layout"]["font"]["color"]
    shown.dark_page = True  # says the page
    layout = sent(shown)["layout"]
    assert layout["template"]["layout"]["font"]["color"] != light
    assert layout["paper_bgcolor"] == layout["plot_bgcolor"] == "rgba(0,0,0,0)"
    again = chart(dots([1.0]))
    assert again.dark_page, "the next one is right from the beginning"
    shown.dark_page = False
    assert sent(shown)["layout"]["template"]["layout"]["font"]["color"] == light


def test_a_figure_with_a_ground_of_its_own_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Chart, "page_was_dark", True)
    layout = sent(chart(dots([1.0], paper_bgcolor="white", template="simple_white")))["layout"]
    assert layout["paper_bgcolor"] == "white"
    assert "plot_bgcolor" not in layout
