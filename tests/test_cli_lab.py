"""``afif-explorer lab`` for real: JupyterLab opens the lessons and asks nobody for anything."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from playwright.sync_api import TimeoutError, expect

from afif_explorer.cli import lab
from tests.app_pages import PATIENCE
from tests.plugins.browser import Visit
from tests.plugins.server import Running

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

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
def test_the_explorer_is_drawn_and_heard_in_a_cell(
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
    page.get_by_role("tab", name="Fisher vs Hessian").click()
    agreement = page.locator('.afif-plot[data-figure="agreement"]')
    expect(agreement.locator(".main-svg").first).to_be_visible(timeout=PATIENCE)
