"""``afif-explorer lab`` for real: JupyterLab opens the lessons and asks nobody for anything."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from afif_explorer.cli import lab
from tests.plugins.browser import Visit
from tests.plugins.server import Running

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.mark.browser
def test_the_lessons_open(page: Page, visit: Visit, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ("--no-browser", "--port", str(port), "--folder", str(tmp_path / "lessons"))
    home = {
        name: str(tmp_path / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTERLAB_SETTINGS_DIR")
    }
    server = Running("lab", *options, environment=home)
    try:
        page.goto(server.url)
        for path in lab.lessons().glob("*.ipynb"):
            page.locator(".jp-DirListing-itemName", has_text=path.name).wait_for(timeout=60_000)
        page.wait_for_load_state("networkidle")
        page.close()  # before its server goes
    finally:
        server.stop()
    visit.errors.clear()  # JupyterLab's own; what it requests is checked when the test ends
