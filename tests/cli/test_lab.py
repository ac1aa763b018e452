"""``afif-explorer lab``: JupyterLab opens the lessons without network requests."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from playwright.sync_api import TimeoutError, expect

from afif_explorer.cli import lab
from afif_explorer.figures.drawing.theme import theme as colours
from tests.helpers.pages import PATIENCE
from tests.plugins.browser import Visit
from tests.plugins.server import Running

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
READABLE = 4.5  # what WCAG asks of small text
CELLS = (
    "import afif_explorer as ax\nax.Explorer(dataset='hiring')",
    "import plotly.graph_objects as go\n"
    "figure = go.Figure(go.Bar(y=[3, 4]), {'template': 'simple_white', 'title': 'Own'})\n"
    "ax.notebook.chart(figure)",
    "from afif_explorer.notebook.checks import Verdict\nVerdict(False, 'That is the position.')",
    "ax.load_dataset('hiring').train.frame.head()",
)
AS_WIDE = "plot => plot.querySelector('.afif-drawing')._fullLayout.width === plot.offsetWidth"


def _wait_for(port: int) -> None:
    """Until somebody listens at ``port``."""
    for _ in range(240):
        with contextlib.suppress(OSError), socket.create_connection(("localhost", port), 1):
            return
        time.sleep(0.25)


def _run_first_cell(page: Page, shown: Locator) -> None:
    """Run it until it shows something: JupyterLab forgets what is run while its kernel connects."""
    said: list[str] = []

    def accept(dialog: Locator) -> None:
        said.append(dialog.inner_text())
        dialog.locator(".jp-mod-accept").click()

    page.add_locator_handler(page.locator("dialog.jp-Dialog"), accept)
    page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for()
    for _ in range(4):
        page.locator(".jp-Notebook .cm-content").first.click()
        page.keyboard.press("Control+Enter")
        with contextlib.suppress(TimeoutError):
            shown.wait_for(state="attached", timeout=PATIENCE / 2)
            return
    pytest.fail(f"The cell never showed anything. JupyterLab said: {said}")


@pytest.fixture
def lab_at(tmp_path: Path, visit: Visit) -> Iterator[Callable[[Page], None]]:
    """Opens JupyterLab on the lessons, and on what else the test puts in ``tmp_path / "lessons"``."""
    home = {
        name: str(tmp_path / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTERLAB_SETTINGS_DIR")
    }
    servers: list[Running] = []
    pages: list[Page] = []

    def open_lab(page: Page) -> None:
        pages.append(page)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        options = ("--no-browser", "--port", str(port), "--folder", str(tmp_path / "lessons"))
        servers.append(Running("lab", *options, environment=home))
        _wait_for(port)  # JupyterLab tells its address before it listens
        page.goto(servers[-1].url)

    yield open_lab
    for page in pages:
        page.close()  # before its server goes
    for server in servers:
        server.stop()
    visit.errors.clear()  # JupyterLab's own; what it requests is checked when the test ends


@pytest.mark.browser
def test_the_lessons_open(page: Page, lab_at: Callable[[Page], None]) -> None:
    lab_at(page)
    names = [path.name for path in lab.lessons().glob("*.ipynb")]
    for name in (name for name in names if "solutions" not in name):
        page.locator(".jp-DirListing-itemName", has_text=name).wait_for(timeout=60_000)
    assert not page.locator(".jp-DirListing-itemName", has_text="solutions").count()
    page.wait_for_load_state("networkidle")


@pytest.mark.browser
def test_the_explorer_is_drawn_and_handles_clicks_in_a_cell(
    page: Page, tmp_path: Path, lab_at: Callable[[Page], None]
) -> None:
    cell = nbformat.v4.new_code_cell("import afif_explorer as ax\nax.Explorer(dataset='hiring')")
    (tmp_path / "lessons").mkdir()
    python = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    notebook = nbformat.v4.new_notebook(cells=[cell], metadata=python)
    nbformat.write(notebook, tmp_path / "lessons" / "own.ipynb")
    page.set_default_timeout(PATIENCE)
    lab_at(page)
    page.locator(".jp-DirListing-itemName", has_text="own.ipynb").dblclick()
    ranking = page.locator('.afif-plot[data-figure="ranking"]')
    _run_first_cell(page, ranking)
    expect(ranking).to_have_attribute("data-state", "ready", timeout=PATIENCE)
    bar = ranking.locator(".bars .point path").first
    bar.wait_for()
    page.wait_for_function(AS_WIDE, arg=ranking.element_handle())
    bar.click(force=True)
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


def _choose_theme(folder: Path, name: str) -> None:
    """JupyterLab's own setting of its theme."""
    place = folder / "JUPYTERLAB_SETTINGS_DIR" / "@jupyterlab" / "apputils-extension"
    place.mkdir(parents=True)
    (place / "themes.jupyterlab-settings").write_text(json.dumps({"theme": name}))


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Light"])
def test_everything_can_be_read_in_both_themes(
    page: Page, tmp_path: Path, lab_at: Callable[[Page], None], theme: str
) -> None:
    _choose_theme(tmp_path, theme)
    (tmp_path / "lessons").mkdir()
    python = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    cells = [nbformat.v4.new_code_cell(cell) for cell in CELLS]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=python)
    nbformat.write(notebook, tmp_path / "lessons" / "own.ipynb")
    page.set_viewport_size({"width": 1440, "height": 3200})  # so that JupyterLab keeps every output
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    lab_at(page)
    page.locator(".jp-DirListing-itemName", has_text="own.ipynb").dblclick()
    ranking = page.locator('.afif-plot[data-figure="ranking"]')
    _run_first_cell(page, ranking)
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
