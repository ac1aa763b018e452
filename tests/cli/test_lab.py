"""``afif-explorer lab``: JupyterLab opens the lessons without network requests."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from playwright.sync_api import expect

import afif_explorer as ax
from afif_explorer.cli import lab
from afif_explorer.figures.drawing.theme import theme as colours
from afif_explorer.notebook.output.presence import Presence
from afif_explorer.notebook.output.stills import SILENT
from tests.helpers.lab import (
    choose_theme,
    keep_all_cells,
    open_notebook,
    run,
    run_first_cell,
    write,
)
from tests.helpers.pages import PATIENCE
from tests.helpers.scenes import drag, middle

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

# The contrast of every text with what lies behind it, as WCAG defines it, lowest first: [ratio, text].
CONTRASTS = """root => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number)
  const over = ([r, g, b, a = 1], below) => [r, g, b].map((one, i) => a * one + (1 - a) * below[i])
  const up = (one) => one.parentElement ?? one.getRootNode().host ?? null
  const ground = (one) => {
    if (!one) return [255, 255, 255]
    const [r, g, b, a = 1] = parts(getComputedStyle(one).backgroundColor)
    return a === 1 ? [r, g, b] : over([r, g, b, a], ground(up(one)))
  }
  const light = (rgb) => rgb.map((one) => one / 255)
    .map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
    .reduce((sum, one, i) => sum + [0.2126, 0.7152, 0.0722][i] * one, 0.05)
  const found = []
  const look = (one) => {
    const own = [...one.childNodes].filter((node) => node.nodeType === 3 && node.data.trim())
    const style = getComputedStyle(one)
    const box = one.getBoundingClientRect()
    const seen = box.width && box.height && style.visibility === "visible" && !one.disabled
    if ((own.length || one.matches("select, input[type=text], input[type=number]")) && seen) {
      const behind = ground(one)
      const ink = over(parts(one instanceof SVGElement ? style.fill : style.color), behind)
      const [low, high] = [light(ink), light(behind)].sort((a, b) => a - b)
      found.push([high / low, own[0]?.data.trim() ?? one.value])
    }
    for (const child of [...one.children, ...one.shadowRoot?.children ?? []]) {
      if (child.localName !== "style") look(child)
    }
  }
  look(root)
  return found.sort((a, b) => a[0] - b[0])
}"""
# Texts that reach beyond the box that cuts them off; what scrolls cuts off nothing.
CUT = """root => {
  const found = []
  const up = (one) => one.parentElement ?? one.getRootNode().host ?? null
  const cut = (one) => {
    const {right, width, height} = one.getBoundingClientRect()
    if (!width || !height) return false
    for (let box = up(one); box && box !== root.parentElement; box = up(box)) {
      const {overflowX} = getComputedStyle(box)
      if (["auto", "scroll"].includes(overflowX) && box.scrollWidth > box.clientWidth) return false
      if (overflowX !== "visible" && right > box.getBoundingClientRect().right + 1) return true
    }
    return false
  }
  const look = (one) => {
    const own = [...one.childNodes].filter((node) => node.nodeType === 3 && node.data.trim())
    if (own.length && !(one instanceof SVGElement) && cut(one)) found.push(own[0].data.trim())
    for (const child of [...one.children, ...one.shadowRoot?.children ?? []]) {
      if (child.localName !== "style") look(child)
    }
  }
  look(root)
  return found
}"""
READABLE = 4.5  # what WCAG asks of small text
CELLS = (
    "import afif_explorer as ax\nax.Explorer(dataset='hiring')",
    "import plotly.graph_objects as go\n"
    "figure = go.Figure(go.Bar(y=[3, 4]), {'template': 'simple_white', 'title': 'Own'})\n"
    "ax.notebook.chart(figure)",
    "from afif_explorer.exercises import Verdict\nVerdict(False, 'That is the position.')",
    "ax.load_dataset('hiring').train.frame.head()",
)
AS_WIDE = "plot => plot.querySelector('.afif-drawing')._fullLayout.width === plot.offsetWidth"


@pytest.mark.browser
def test_the_lessons_open(page: Page, lab_at: Callable[[Page], None]) -> None:
    lab_at(page)
    names = [path.name for path in lab.lessons().glob("*.ipynb")]
    for name in (name for name in names if "solutions" not in name):
        page.locator(".jp-DirListing-itemName", has_text=name).wait_for(timeout=60_000)
    assert not page.locator(".jp-DirListing-itemName", has_text="solutions").count()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(2000)  # JupyterLab asks a moment later
    expect(page.get_by_text("Jupyter news")).to_have_count(0)


@pytest.mark.browser
def test_the_explorer_is_drawn_and_handles_clicks_in_a_cell(
    page: Page, tmp_path: Path, lab_at: Callable[[Page], None]
) -> None:
    write(tmp_path, CELLS[0])
    page.set_default_timeout(PATIENCE)
    lab_at(page)
    ranking = page.locator('.afif-plot[data-figure="ranking"]')
    run_first_cell(page, ranking)
    expect(ranking).to_have_attribute("data-state", "ready", timeout=PATIENCE)
    bar = ranking.locator(".bars .point path").first
    bar.wait_for()
    page.wait_for_function(AS_WIDE, arg=ranking.element_handle())
    expect(page.locator(".afif-still")).to_be_hidden()  # what is for readers without a kernel
    bar.click(force=True, modifiers=["Control"])  # Shift marks cells
    expect(page.get_by_text("1 row selected")).to_be_visible(timeout=PATIENCE)
    rows = page.get_by_role("table", name="All training rows")
    rows.get_by_role("button", name="Leverage").click()
    expect(rows.get_by_role("columnheader", name="Leverage")).to_have_attribute(
        "aria-sort", "descending"
    )
    rows.get_by_role("checkbox").nth(3).check()
    expect(page.get_by_text("2 rows selected")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("Page 2 of 140")).to_be_visible()
    expect(page.get_by_text("2 rows selected")).to_be_in_viewport()  # far above, and still in sight
    page.get_by_role("tab", name="LiSSA lab").click()
    automatic = page.get_by_role("button", name="Set both automatically")
    expect(automatic).to_be_disabled()
    heat = page.locator('.afif-plot[data-figure="lissa_map"] .nsewdrag')
    heat.hover(position={"x": 200, "y": 60})
    page.locator('.afif-plot[data-figure="lissa_map"] .hovertext').first.wait_for()
    page.mouse.down()
    page.mouse.up()
    expect(automatic).to_be_enabled()
    page.get_by_role("tab", name="Fisher vs Hessian").click()
    agreement = page.locator('.afif-plot[data-figure="agreement"]')
    expect(agreement.locator(".main-svg").first).to_be_visible(timeout=PATIENCE)
    _check_narrow(page)


def _check_narrow(page: Page) -> None:
    """With a width of 480 px the settings are behind a button, and no text is cut off."""
    page.keyboard.press("Control+b")  # JupyterLab's side bar
    explorer = page.locator(".afif-explorer")
    settings = explorer.get_by_role("button", name="Settings")
    expect(settings).to_be_hidden()
    page.set_viewport_size({"width": 600, "height": 900})
    expect(settings).to_be_visible()
    width = explorer.evaluate("explorer => explorer.offsetWidth")
    page.set_viewport_size({"width": 600 + 480 - width, "height": 900})
    strength = explorer.get_by_text("Regularisation strength")
    expect(strength).to_be_hidden()
    settings.click()
    expect(strength).to_be_visible()
    for view in ("Influential points", "Decisions", "Compare"):
        page.get_by_role("tab", name=view).click()
        expect(page.locator('.afif-plot[data-state="loading"]:visible')).to_have_count(0)
        expect(page.get_by_role("button", name="Cancel")).to_be_hidden()
        assert explorer.evaluate(CUT) == [], view


@pytest.mark.browser
def test_a_saved_explorer_is_a_picture_and_a_text(
    page: Page, tmp_path: Path, lab_at: Callable[[Page], None]
) -> None:
    explorer = ax.Explorer("hiring")
    assert explorer.await_idle(120)
    view = ax.notebook.ExplorerView(explorer)
    widget, _ = Presence(explorer)._repr_mimebundle_()
    cell = nbformat.v4.new_code_cell("explorer")
    for one in ({"obj": widget, "metadata": {}}, *view.widget.still().outputs()):
        data = {
            k: b64encode(v).decode() if isinstance(v, bytes) else v for k, v in one["obj"].items()
        }
        output = nbformat.v4.new_output("display_data", data, metadata=one["metadata"])
        cell.outputs.append(output)
    view.close()
    explorer.close()
    (tmp_path / "lessons").mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "lessons" / "mine.ipynb")
    page.set_default_timeout(PATIENCE)
    lab_at(page)
    page.locator(".jp-DirListing-itemName", has_text="mine.ipynb").dblclick()
    still = page.locator(".afif-still")
    expect(still).to_contain_text(SILENT)
    expect(still).to_contain_text("With all rows the mean loss of the test rows is")
    drawn = page.locator(".jp-RenderedImage img")
    expect(drawn).to_be_visible()
    assert drawn.evaluate("image => image.naturalWidth") == 912


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Light"])
def test_everything_can_be_read_in_both_themes(
    page: Page, tmp_path: Path, lab_at: Callable[[Page], None], theme: str
) -> None:
    choose_theme(tmp_path, theme)
    write(tmp_path, *CELLS)
    page.set_viewport_size({"width": 1440, "height": 3200})  # so that JupyterLab keeps every output
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    lab_at(page)
    ranking = page.locator('.afif-plot[data-figure="ranking"]')
    run_first_cell(page, ranking)
    page.keyboard.press("ArrowDown")
    for _ in CELLS[1:]:
        page.keyboard.press("Shift+Enter")
    chart = page.locator(".afif-chart", has_text="Own")
    expect(chart.locator(".bars .point").first).to_be_visible()
    text = colours(dark=theme.endswith("Dark")).text
    rgb = f"rgb({', '.join(str(value) for value in bytes.fromhex(text[1:]))})"
    expect(ranking.locator(".xtitle")).to_have_css("fill", rgb)
    expect(page.get_by_text("Not yet. That is the position.")).to_be_visible()
    expect(page.locator("table.dataframe")).to_be_visible()
    for part in (".afif-explorer", ".afif-chart >> nth=-1", ".jp-RenderedHTML >> nth=-1"):
        found = page.locator(part).evaluate(CONTRASTS)
        assert found
        assert found[0][0] >= READABLE, (part, found[:8])


@pytest.mark.browser
@pytest.mark.timeout(600)
def test_the_lesson_on_fairness_is_run_and_its_explorer_is_moved_and_read(
    page: Page, tmp_path: Path, data_home: Path, lab_at: Callable[[Page], None]
) -> None:
    keep_all_cells(tmp_path)
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    lab_at(page)
    open_notebook(page, "08_fairness.ipynb")
    ranking = page.locator('.afif-plot[data-figure="ranking"]')
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    expect(ranking).to_have_attribute("data-state", "ready", timeout=2 * PATIENCE)
    ranking.scroll_into_view_if_needed()
    bar = ranking.locator(".bars .point path").first
    bar.wait_for()
    before = ranking.get_attribute("data-version")
    slider = page.locator(".widget-slider", has_text="Regularisation strength")
    slider.locator(".noUi-handle").press("ArrowRight")
    expect(ranking).not_to_have_attribute("data-version", str(before))
    expect(ranking).to_have_attribute("data-state", "ready")
    page.wait_for_function(AS_WIDE, arg=ranking.element_handle())
    bar.click(force=True, modifiers=["Control"])
    expect(page.get_by_text("1 row selected")).to_be_visible()
    told = run(page, "explorer.await_idle(timeout=60)")
    expect(told).to_contain_text("Rows selected: 1.")
    expect(told).not_to_contain_text("Strength: 0.001.")
    expect(told).not_to_contain_text(": 0.00000.")


def _numbers(told: Locator) -> list[float]:
    return [float(one) for one in told.inner_text().strip("[] \n").split(",")]


@pytest.mark.browser
@pytest.mark.parametrize(
    ("key", "grip", "place"),
    [
        ("lever", "row", "scene.state['points'][scene.state['rows'][0]][:2]"),
        ("question", "point 21", "scene.state['points'][21][:2]"),
    ],
)
def test_a_point_of_a_scene_is_dragged_in_a_cell_and_read_in_the_next(
    page: Page, tmp_path: Path, lab_at: Callable[[Page], None], key: str, grip: str, place: str
) -> None:
    write(tmp_path, f"import afif_explorer as ax\nscene = ax.notebook.scene('{key}')\nscene", place)
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    lab_at(page)
    point = page.locator(f'.scenes [data-grip="{grip}"]')
    run_first_cell(page, point)
    told = run(page, "scene.state['points']")
    expect(told).to_contain_text("[")
    before = _numbers(told)
    point.scroll_into_view_if_needed()
    drag(page, middle(point), (60, -40))
    page.wait_for_timeout(500)  # a drag is saved once it rests
    told = run(page, "scene.state['points']")
    expect(told).to_contain_text("[")
    across, up = _numbers(told)
    assert across > before[0]
    assert up > before[1]
