"""Pictures of figures: every figure has one, small, with its marks where plotly would put them."""

from __future__ import annotations

import io
import itertools
import json
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from matplotlib.collections import LineCollection, QuadMesh
from matplotlib.figure import Figure as Sheet
from PIL import Image

from afif_explorer.figures import FIGURES
from afif_explorer.figures.drawing.density import density
from afif_explorer.figures.drawing.serialization import plain
from afif_explorer.figures.drawing.theme import LIGHT
from afif_explorer.figures.still import picture as still
from afif_explorer.figures.still.picture import LARGEST, picture, words
from tests.helpers.figures import HOSTILE, RESULTS

# What a pointer shows, a redraw or a selection needs, or the head says; texts are marks in one mode only.
NO_INK = {
    *("hoverinfo", "hovertemplate", "hovertext", "hoverongaps"),
    *("customdata", "unselected", "name", "text"),
}


def opened(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def drawn(figure: go.Figure, monkeypatch: pytest.MonkeyPatch) -> Sheet:
    """What matplotlib is told to draw."""
    sheets: list[Sheet] = []
    plot = still._plot
    monkeypatch.setattr(still, "_plot", lambda sheet, *a: (sheets.append(sheet), plot(sheet, *a)))
    picture([json.loads(figure.to_json())])
    return sheets[0]


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("said", [None, HOSTILE], ids=["plain", "hostile"])
def test_every_figure_has_a_small_picture_and_says_its_title(name: str, said: str | None) -> None:
    figure = FIGURES[name]
    sketch = figure.sketch(RESULTS[figure.needs](said))
    png = picture([sketch])
    assert len(png) <= LARGEST
    shades = opened(png)
    assert (shades.min(axis=2) < 200).mean() > 0.002, "nothing is drawn"
    assert words(sketch)[0] == sketch["head"]["title"] if sketch["head"] else words(sketch)


def test_bars_are_as_long_as_in_the_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    figure = go.Figure([go.Bar(y=[3, 1, 2]), go.Bar(y=[1, 1, 4])], {"barmode": "stack"})
    (axes,) = drawn(figure, monkeypatch).axes
    assert [bar.get_height() for bar in axes.patches] == [3, 1, 2, 1, 1, 4]
    assert [bar.get_y() for bar in axes.patches] == [0, 0, 0, 3, 1, 2]


def test_bars_of_two_series_stand_beside_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["a", "b"]
    figure = go.Figure([go.Bar(x=names, y=[1, 2]), go.Bar(x=names, y=[3, 4])])
    (axes,) = drawn(figure, monkeypatch).axes
    edges = sorted((bar.get_x(), bar.get_x() + bar.get_width()) for bar in axes.patches)
    assert all(one[1] <= other[0] + 1e-9 for one, other in itertools.pairwise(edges))


def test_points_keep_their_places_sizes_and_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    marker = {"size": [4, 8], "color": ["rgb(255,0,0)", "rgba(0,0,255,0.5)"]}
    figure = go.Figure(go.Scatter(x=[1, 2], y=[5, 3], mode="markers", marker=marker))
    (axes,) = drawn(figure, monkeypatch).axes
    (points,) = axes.collections
    assert points.get_offsets().tolist() == [[1, 5], [2, 3]]
    assert points.get_sizes().tolist() == [16, 64]
    assert points.get_facecolors().tolist() == [[1, 0, 0, 1], [0, 0, 1, 0.5]]


def test_scales_ranges_and_ticks_are_those_of_the_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    layout: dict[str, Any] = {
        "xaxis": {"type": "log", "range": [0, 2], "tickvals": [1, 10], "ticktext": ["one", "ten"]},
        "yaxis": {"autorange": "reversed", "title": {"text": "<b>Up</b><br>and &lt;down&gt;"}},
        "shapes": [{"type": "line", "x0": 10, "x1": 10, "y0": 0, "y1": 1, "yref": "y domain"}],
    }
    figure = go.Figure(go.Scatter(x=[1, 100], y=[0, 1]), layout)
    sheet = drawn(figure, monkeypatch)
    (axes,) = sheet.axes
    assert axes.get_xscale() == "log"
    assert axes.get_xlim() == (1, 100)
    low, high = axes.get_ylim()
    assert low > high
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["one", "ten"]
    assert axes.get_ylabel() == "Up\nand <down>"
    rule = axes.lines[-1].get_xdata()
    inner = axes.get_position()
    assert rule == pytest.approx([(inner.x0 + inner.x1) / 2] * 2)  # 10 is half way from 1 to 100


def test_small_numbers_have_the_prefix_that_the_title_explains(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sheet = drawn(go.Figure(go.Scatter(x=[0, 5e-5], y=[0, 120.0])), monkeypatch)
    (axes,) = sheet.axes
    words = [tick.get_text() for tick in axes.get_xticklabels()]
    assert {"0", "16µ", "48µ"} <= set(words)
    assert "100" in [tick.get_text() for tick in axes.get_yticklabels()]


def test_cells_of_a_map_have_their_borders_half_way(monkeypatch: pytest.MonkeyPatch) -> None:
    layout = {"xaxis": {"type": "log"}}
    figure = go.Figure(go.Heatmap(x=[1, 100], y=[0, 1], z=[[1, None], [3, 4]]), layout)
    axes, *_ = drawn(figure, monkeypatch).axes
    (cells,) = axes.collections
    corners = cells.get_coordinates()
    assert corners[0, :, 0].tolist() == pytest.approx([0.1, 10, 1000])
    assert corners[:, 0, 1].tolist() == pytest.approx([-0.5, 0.5, 1.5])
    assert cells.get_array().mask.tolist() == [[False, True], [False, False]]


def test_cells_in_equal_steps_stand_where_the_figure_has_them(monkeypatch) -> None:
    figure = go.Figure(go.Heatmap(x0=-2.0, dx=0.5, y0=1.0, dy=2.0, z=[[1, 2, 3], [4, 5, 6]]))
    axes, *_ = drawn(figure, monkeypatch).axes
    (cells,) = axes.collections
    corners = cells.get_coordinates()
    assert corners[0, :, 0].tolist() == [-2.25, -1.75, -1.25, -0.75]
    assert corners[:, 0, 1].tolist() == [0.0, 2.0, 4.0]


def test_error_bars_are_as_long_as_in_the_figure(monkeypatch) -> None:
    bars = {"array": [0.5, 2.0], "color": "#112233"}
    figure = go.Figure(go.Scatter(x=[1, 2], y=[5, 3], mode="markers", error_y=bars))
    (axes,) = drawn(figure, monkeypatch).axes
    lines = next(one for one in axes.collections if isinstance(one, LineCollection))
    assert [part[:, 1].tolist() for part in lines.get_segments()] == [[4.5, 5.5], [1.0, 5.0]]


def test_the_ground_of_a_map_lies_below_its_marks(monkeypatch) -> None:
    x, y = np.random.default_rng(0).normal(size=(2, 5000)) * [[3.0], [0.2]]
    figure = go.Figure([go.Heatmap(density(x, y, LIGHT)), go.Scattergl(x=x, y=y)])
    axes, *_ = drawn(figure, monkeypatch).axes
    cells = next(one for one in axes.collections if isinstance(one, QuadMesh))
    corners = cells.get_coordinates()
    for k, values in enumerate((x, y)):
        assert corners[..., k].min() == pytest.approx(values.min())
        assert corners[..., k].max() == pytest.approx(values.max())


class Read(dict[str, Any]):
    """A trace that knows what was asked for."""

    def __init__(self, trace: dict[str, Any]) -> None:
        super().__init__(trace)
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.asked.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(name)
        return super().get(name, default)

    def __contains__(self, name: object) -> bool:
        self.asked.add(str(name))
        return super().__contains__(name)


@pytest.mark.parametrize("name", FIGURES)
def test_all_that_a_figure_says_of_its_marks_is_read(name: str) -> None:
    figure = FIGURES[name].sketch(RESULTS[FIGURES[name].needs](None))
    figure["data"] = traces = [Read(trace) for trace in figure["data"]]
    picture([figure])
    left = {key for trace in traces for key in trace.keys() - trace.asked - NO_INK}
    assert left == set()


def test_a_figure_is_drawn_alike_from_lists_arrays_and_packed_numbers() -> None:
    figure = go.Figure(go.Scattergl(x=np.arange(50.0), y=np.arange(50.0) ** 2, mode="markers"))
    packed, listed = json.loads(figure.to_json()), figure.to_plotly_json()
    assert "bdata" in packed["data"][0]["y"]
    assert picture([packed]) == picture([listed]) == picture([plain(listed)])


def test_hostile_text_is_shown_literally(monkeypatch: pytest.MonkeyPatch) -> None:
    figure = go.Figure(go.Bar(x=["$\\frac{", HOSTILE], y=[1, 2]), {"title": "$x$ and $\\frac{"})
    sheet = drawn(figure, monkeypatch)
    assert sheet.texts[0].get_text() == r"\$x\$ and \$\frac{"
    assert sheet.texts[0]._preprocess_math(sheet.texts[0].get_text()) == ("$x$ and $\\frac{", False)


def test_thousands_of_marks_stay_a_small_picture() -> None:
    rng = np.random.default_rng(0)
    x, y, effect = rng.standard_normal((3, 50_000))
    marker = {"color": effect, "size": 4, "colorscale": "RdBu"}
    figure = go.Figure(go.Scattergl(x=x, y=y, mode="markers", marker=marker))
    assert len(picture([json.loads(figure.to_json())])) <= LARGEST


def test_several_figures_are_one_picture_below_each_other() -> None:
    figures = [json.loads(go.Figure(go.Bar(y=[1, 2]), {"height": h}).to_json()) for h in (300, 500)]
    heights = [len(opened(picture([figure]))) for figure in figures]
    assert len(opened(picture(figures))) == sum(heights)


@pytest.mark.parametrize("figure", [go.Figure(), go.Figure(go.Scatter(x=[], y=[]))])
def test_a_figure_without_marks_has_a_picture(figure: go.Figure) -> None:
    assert picture([json.loads(figure.to_json())])
