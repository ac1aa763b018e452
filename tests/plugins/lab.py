"""``afif-explorer lab`` in a separate process, for a test with a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.plugins.browser import Visit

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.helpers.lab import LabServer


@pytest.fixture
def lab_at(tmp_path: Path, visit: Visit) -> Iterator[Callable[[Page], None]]:
    """Opens JupyterLab on the lessons, and on what else the test puts in ``tmp_path / "lessons"``."""
    from tests.helpers.lab import LabServer

    servers: list[LabServer] = []
    pages: list[Page] = []

    def open_lab(page: Page) -> None:
        pages.append(page)
        servers.append(LabServer(tmp_path))
        servers[-1].show(page)

    yield open_lab
    for page in pages:
        page.close()  # before its server goes
    for server in servers:
        server.stop()
    visit.errors.clear()  # JupyterLab's own; what it requests is checked when the test ends
