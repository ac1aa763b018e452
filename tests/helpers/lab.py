"""JupyterLab in a browser: its settings, notebooks and cells, and the explorer that a cell shows."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import time
from typing import TYPE_CHECKING, Any

import nbformat
from playwright.sync_api import expect

from tests.helpers.pages import PATIENCE, TRACES
from tests.plugins.server import Running

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page

PYTHON = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
MINE = "mine.ipynb"


def write(home: Path, *cells: str) -> None:
    """Put ``mine.ipynb`` with these cells beside the lessons."""
    made = [nbformat.v4.new_code_cell(cell) for cell in cells]
    (home / "lessons").mkdir(exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=made, metadata=PYTHON), home / "lessons" / MINE)


def _setting(home: Path, extension: str, name: str, value: dict[str, Any]) -> None:
    place = home / "JUPYTERLAB_SETTINGS_DIR" / "@jupyterlab" / extension
    place.mkdir(parents=True)
    (place / f"{name}.jupyterlab-settings").write_text(json.dumps(value))


def choose_theme(home: Path, name: str) -> None:
    """JupyterLab's own setting of its theme."""
    _setting(home, "apputils-extension", "themes", {"theme": name})


def keep_all_cells(home: Path) -> None:
    """Cells off the screen are on the page too."""
    _setting(home, "notebook-extension", "tracker", {"windowingMode": "none"})


class LabServer(Running):
    """JupyterLab with settings of its own on the lessons, and on what else is in ``home / "lessons"``."""

    def __init__(self, home: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        folders = {
            name: str(home / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTERLAB_SETTINGS_DIR")
        }
        options = ("--no-browser", "--port", str(port), "--folder", str(home / "lessons"))
        super().__init__("lab", *options, environment=folders)
        _wait_for(port)  # JupyterLab tells its address before it listens

    def show(self, page: Page) -> None:
        """Open it; whatever JupyterLab asks is accepted."""
        page.add_locator_handler(page.locator("dialog.jp-Dialog"), _accept)
        page.goto(self.url)


def _wait_for(port: int) -> None:
    """Until somebody listens at ``port``."""
    for _ in range(240):
        with contextlib.suppress(OSError), socket.create_connection(("localhost", port), 1):
            return
        time.sleep(0.25)


def _accept(dialog: Locator) -> None:
    """On a busy machine, JupyterLab asks which kernel to use."""
    print("JupyterLab said:", dialog.inner_text())
    dialog.locator(".jp-mod-accept").click()


def open_notebook(page: Page, name: str = MINE) -> None:
    """Open the notebook and wait for its kernel: what is run before that is forgotten."""
    page.locator(".jp-DirListing-itemName", has_text=name).dblclick()
    kernel = page.locator(".jp-Toolbar-kernelName")
    expect(kernel).to_have_text(re.compile("Python"), timeout=PATIENCE)
    page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for()


def run_first_cell(page: Page, shown: Locator) -> None:
    """Open ``mine.ipynb`` and run its first cell until it shows something."""
    open_notebook(page)
    page.locator(".jp-Notebook .cm-content").first.click()
    page.keyboard.press("Control+Enter")
    shown.wait_for(state="attached")


def run(page: Page, words: str) -> Locator:
    """Run the cell with these words; returns its output."""
    cell = page.locator(".jp-Notebook-cell", has=page.get_by_text(words))
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    return cell.locator(".jp-OutputArea-output")


class InCell:
    """The explorer that the cell with these words shows, once it is run."""

    def __init__(self, page: Page, words: str) -> None:
        self.page = page
        run(page, words)
        cell = page.locator(".jp-Notebook-cell", has=page.get_by_text(words))
        self.shown = cell.locator(".afif-explorer")
        self.rest()

    def rest(self) -> None:
        """Wait until nothing is worked on."""
        self.shown.locator(".facts b").first.wait_for()
        expect(self.shown.get_by_role("button", name="Cancel")).to_be_hidden()

    def says(self, pattern: str) -> tuple[str, ...]:
        """Wait until it says that; returns the groups of the pattern."""
        wanted = re.compile(pattern, re.DOTALL)
        expect(self.shown).to_contain_text(wanted)
        found = wanted.search(self.shown.text_content() or "")
        assert found is not None
        return found.groups()

    def slide(self, label: str, key: str) -> None:
        """Press a key on a slider."""
        slider = self.shown.locator(".widget-slider", has_text=label)
        slider.locator(".noUi-handle").press(key)

    def choose(self, label: str, option: str) -> None:
        """Pick from a list."""
        self.shown.get_by_label(label, exact=True).select_option(option)

    def press(self, button: str) -> None:
        """Press the button with these words, which stand after its icon."""
        name = re.compile(rf"^\W*{re.escape(button)}$")
        self.shown.get_by_role("button", name=name).click()

    def turn_to(self, view: str) -> None:
        """Open a view."""
        self.shown.get_by_role("tab", name=view, exact=True).click()

    def plot(self, name: str) -> Locator:
        """The place of a figure."""
        return self.shown.locator(f'.afif-plot[data-figure="{name}"]')

    def drawn(self, name: str) -> list[dict[str, Any]]:
        """The traces of a figure, once it is drawn."""
        plot = self.plot(name)
        expect(plot).to_have_attribute("data-state", "ready")
        expect(plot).to_have_attribute("data-drawn", re.compile(r"\d+"))
        found: list[dict[str, Any]] = plot.locator(".afif-drawing").evaluate(TRACES)
        return found

    def table(self, caption: str) -> dict[str, list[str]]:
        """The cells of a table by the names of its rows, without their notes."""
        rows = self.shown.get_by_role("table", name=caption).locator("tbody tr")
        return {
            row.locator("th").inner_text().split("\n")[0]: row.locator("td").all_inner_texts()
            for row in rows.all()
        }
