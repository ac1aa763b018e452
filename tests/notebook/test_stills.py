"""Saved notebooks without a kernel: every figure as a small picture, and its text, in every format."""

from __future__ import annotations

import re
import threading
from types import SimpleNamespace
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

import afif_explorer as ax
from afif_explorer.notebook.chart import Chart
from afif_explorer.notebook.output import stills
from afif_explorer.notebook.output.stills import SILENT
from afif_explorer.notebook.view import ExplorerView
from afif_explorer.scenes import SCENES
from tests.helpers.figures import HOSTILE

WAIT = 120
MOST = 500_000  # bytes of an exported notebook, beside the page around it
WIDGET = "application/vnd.jupyter.widget-view+json"
CELLS = (
    "import afif_explorer as ax, plotly.graph_objects as go\nexplorer = ax.Explorer('hiring')",
    "explorer",
    f"ax.notebook.chart(go.Figure(go.Bar(y=[1, 2]), {{'title': {HOSTILE!r}}}))",
    "ax.notebook.figure(explorer, 'ranking')",
    "ax.notebook.table(explorer)",
)


@pytest.fixture(scope="module")
def hostile_explorer() -> Any:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({HOSTILE: rng.standard_normal(80), "sex": rng.choice(["<b>f", "m"], 80)})
    frame["paid"] = frame[HOSTILE] + rng.standard_normal(80)
    data = ax.Dataset.from_frame(frame, target="paid", sensitive=["sex"])
    explorer = ax.Explorer(data=data)
    assert explorer.await_idle(WAIT)
    yield explorer
    explorer.close()


@pytest.mark.notebook
def test_exports_without_a_kernel_show_every_figure(run_notebook: Any) -> None:
    from nbconvert import HTMLExporter, LatexExporter, MarkdownExporter

    new = nbformat.v4.new_code_cell
    notebook = run_notebook(nbformat.v4.new_notebook(cells=[new(cell) for cell in CELLS]))
    state = notebook.metadata.pop("widgets")  # which JupyterLab does not save either
    assert "plotly" not in str(state)[:2_000_000].lower().replace("plotly_", "")
    assert "trained" in str(state), "the explorer's own widgets are in it"
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    said = [one.metadata["image/png"]["alt"] for one in outputs if "image/png" in one.data]
    assert said[0] == "Map of the training rows; Rows that matter most; Distribution of effects"
    page, _ = HTMLExporter().from_notebook_node(notebook)
    around, _ = HTMLExporter().from_notebook_node(nbformat.v4.new_notebook())
    assert len(page) - len(around) < MOST
    assert len(nbformat.writes(notebook)) < MOST
    assert page.count('src="data:image/png') == 3
    for title in ("Map of the training rows", "Rows that matter most", "Distribution of effects"):
        assert title in page
    assert page.count(SILENT) >= 4
    assert "<th>Effect if removed" in page
    assert "<img src=x" not in page
    assert f"application/{WIDGET}" not in page
    assert not re.findall(r"object at 0x", page)
    _, extracted = LatexExporter().from_notebook_node(notebook)
    pictures = [name for name in extracted["outputs"] if name.endswith(".png")]
    assert len(pictures) == 3
    text, _ = MarkdownExporter().from_notebook_node(notebook)
    assert "Rows that matter most" in text


def test_hostile_names_are_text(hostile_explorer: Any) -> None:
    view = ExplorerView(hostile_explorer)
    hostile_explorer.select(hostile_explorer.points.ids[:3])
    assert hostile_explorer.await_idle(WAIT)
    note, drawn = (output["obj"] for output in view.widget.still().outputs())
    assert "<img" not in note["text/html"]
    assert "<b>f" not in note["text/html"]
    assert "3 rows" in note["text/html"]
    assert drawn["image/png"]
    view.close()


class Page:
    """What a notebook's page gets: outputs, and their changes."""

    def __init__(self, shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.outputs: list[dict[str, Any]] = []
        self.changed = threading.Event()
        monkeypatch.setattr(stills, "get_ipython", lambda: shell)
        monkeypatch.setattr(stills, "display", self.display)
        monkeypatch.setattr(stills, "CALM", 0.05)

    def display(
        self, output: dict[str, Any], raw: bool, display_id: bool = False, metadata: Any = None
    ) -> Any:
        assert raw
        place = len(self.outputs)
        self.outputs.append(output)

        def update(obj: dict[str, Any], raw: bool, metadata: Any) -> None:
            assert raw
            self.outputs[place] = obj
            if place == 2:
                self.changed.set()

        return SimpleNamespace(update=update) if display_id else None


def shell(can_ask: bool) -> Any:
    parent = {"content": {"allow_stdin": can_ask}}
    return SimpleNamespace(kernel=object(), get_parent=lambda: parent)


def test_pictures_follow_the_open_view(monkeypatch: pytest.MonkeyPatch) -> None:
    explorer = ax.Explorer("hiring")
    page, view = Page(shell(can_ask=True), monkeypatch), ExplorerView(explorer)
    view.widget._ipython_display_()
    assert WIDGET in page.outputs[0]
    assert page.outputs[0]["text/plain"] == SILENT
    assert "image/png" not in page.outputs[2], "nothing waits for the results"
    assert page.changed.wait(WAIT)
    first = page.outputs[2]["image/png"]
    assert "Map of the training rows" in page.outputs[1]["text/html"]
    explorer.view = "cross_validation"
    for _ in range(WAIT):
        page.changed.clear()
        if "Held-out loss" in page.outputs[1]["text/html"]:
            break
        assert page.changed.wait(WAIT)
    assert page.outputs[2]["image/png"] != first
    view.close()
    explorer.close()


def test_where_nobody_can_answer_the_pictures_are_there_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    explorer = ax.Explorer("hiring")
    page, view = Page(shell(can_ask=False), monkeypatch), ExplorerView(explorer)
    view.widget._ipython_display_()
    assert page.outputs[2]["image/png"]
    view.close()
    explorer.close()


def test_a_terminal_gets_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    page = Page(SimpleNamespace(), monkeypatch)
    ax.notebook.chart(go.Figure(go.Bar(y=[1])))._ipython_display_()
    (output,) = page.outputs
    assert output["text/plain"] == SILENT


def test_a_chart_on_a_dark_page_has_its_picture_on_white(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Chart, "page_was_dark", False)
    chart = ax.notebook.chart(go.Figure(go.Bar(y=[1]), {"template": "simple_white"}))
    chart.dark_page = True
    (figure,) = chart.still().figures
    assert "paper_bgcolor" not in figure["layout"]


def points_of(figure: dict[str, Any]) -> list[tuple[str, list[list[float]]]]:
    return [
        (one["marker"]["symbol"], np.column_stack([one["x"], one["y"]]).tolist())
        for one in figure["data"]
    ]


@pytest.mark.parametrize("key", list(SCENES))
def test_a_scene_without_a_kernel_is_its_points_and_its_question(key: str) -> None:
    widget, declared = ax.notebook.scene(key), SCENES[key]
    [figure] = widget.still().figures
    drawn = dict(points_of(figure))
    for label, symbol in enumerate(("circle", "square")):
        expected = [[x, y] for x, y, own, _ in declared.points if own == label]
        assert drawn[symbol] == expected
    assert drawn["circle-open"] == [list(declared.points[row][:2]) for row in declared.rows]
    assert drawn.get("diamond-open", []) == (
        [list(declared.probe)] if declared.target in ("chance", "loss") else []
    )
    note, shown = widget.still().outputs()
    assert declared.ask in note["obj"]["text/plain"]
    assert shown["obj"]["image/png"].startswith(b"\x89PNG")
    assert len(shown["obj"]["image/png"]) < 20_000


def test_a_scene_is_shown_as_a_reader_has_left_it() -> None:
    widget = ax.notebook.scene()
    state = SCENES["lever"].state | {"rows": [3]}
    widget.position = {"state": state, "live": {}}
    [figure] = widget.still().figures
    assert figure["head"]["title"] == "Scene 2: The lever"
    assert dict(points_of(figure))["circle-open"] == [list(SCENES["lever"].points[3][:2])]
