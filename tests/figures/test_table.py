"""Every figure as text and as a table, by keyboard, as drawn on the dashboard and in notebooks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from afif_explorer import figures
from afif_explorer.figures.drawing.serialization import plain, whole
from afif_explorer.notebook.chart import library
from tests.helpers.axe import faults
from tests.helpers.figures import RESULTS

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser
MOST = 100
OPEN = "<!doctype html><html lang=en><title>Figure</title><main></main>"
DRAW = """([name, message]) => {
  window.made = afif.makeDrawing({name, title: "A figure", height: 300, url: ""})
  document.querySelector("main").replaceChildren(made.element)
  made.receive(message)
  made.describe("ready", "")
}"""


def draw(page: Page, name: str) -> Locator:
    """The figure's place, once it is drawn."""
    drawn = figures.FIGURES[name]
    figure = plain(drawn.sketch(RESULTS[drawn.needs](None), dark=False))
    message = {"whole": whole(figure, figures.CONFIG), "version": 1}
    page.evaluate(DRAW, [name, json.dumps(message)])
    place = page.locator(f'.afif-plot[data-figure="{name}"]')
    expect(place).to_have_attribute("data-drawn", "1")
    return place


@pytest.fixture
def ready(page: Page) -> Page:
    """A page with what notebooks draw with, which the dashboard loads too."""
    page.set_content(OPEN)
    scripts, styles = (part.decode() for part in library())
    page.add_script_tag(content=scripts)
    page.add_style_tag(content=styles)
    return page


def cells(place: Locator) -> list[list[str]]:
    read: Any = "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    return place.locator(".afif-table tr").evaluate_all(read)  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", figures.FIGURES)
def test_every_figure_has_a_table_of_its_points(ready: Page, name: str) -> None:
    place = draw(ready, name)
    expect(place.locator(".afif-table table")).to_have_count(0)
    place.locator("summary").press("Enter")
    expect(place.locator(".afif-table li").first).to_contain_text("point")
    head, *rows = cells(place)
    assert head[0] == "Series"
    assert 0 < len(rows) <= MOST
    assert all(len(row) == len(head) for row in rows)
    assert any(any(c.isdigit() for c in cell) for row in rows for cell in row[1:])
    assert faults(ready) == []


def test_the_table_is_the_figure_s_own_data_and_follows_it(ready: Page) -> None:
    place = draw(ready, "row_map")
    place.locator("summary").press("Enter")
    expect(place.locator(".afif-table li").first).to_contain_text("point")
    result = RESULTS["points"](None)
    _, *rows = cells(place)
    by_id = {row[-1]: row[1:3] for row in rows}
    places = zip(result.across.values, result.up.values, strict=True)
    known = dict(zip(map(str, result.ids), places, strict=True))
    assert by_id
    assert cells(place)[0][-2:] == ["Colour", "Row"]
    colours = {row[-1]: float(row[-2].replace("−", "-")) for row in rows}
    most = max(colours, key=lambda one: abs(colours[one]))
    assert colours[most] * result.effect[result.ids.tolist().index(int(most))] > 0
    for row, numbers in by_id.items():
        told = [float(one.replace("−", "-")) for one in numbers]
        assert told == pytest.approx(known[row], rel=1e-3)
    draw(ready, "ranking")
    expect(place.locator(".afif-table")).to_have_count(0)


def test_the_figure_is_described_by_its_notes(ready: Page) -> None:
    place = draw(ready, "ranking")
    head = place.locator(".afif-head")
    described = place.locator(".afif-drawing")
    expect(described).to_have_attribute("aria-describedby", head.get_attribute("id") or "")
    assert head.inner_text()
