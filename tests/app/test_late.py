"""A page that connects late, or loses its connection, keeps the settings in its address."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.helpers.pages import PATIENCE
from tests.plugins.browser import Visit
from tests.plugins.server import Running

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route, WebSocketRoute

# A session that nobody is connected to goes after a second.
SHORT = """
from afif_explorer.app.server import serve as server
server.UNUSED_SECONDS = 1
server.serve(show=False)
"""
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = Running(code=SHORT)
    yield server.url
    server.stop()


def late(route: Route) -> None:
    """Longer than a session lives."""
    time.sleep(3)
    route.continue_()


def test_a_page_whose_session_is_gone_when_it_connects(page: Page, url: str) -> None:
    page.route(re.compile("bokeh.min.js"), late)
    page.goto(f"{url}/?seed=7&view=unlearning&count=55")
    unlearning = page.get_by_role("tab", name="Unlearning and fairness")
    expect(unlearning).to_have_attribute("aria-selected", "true", timeout=PATIENCE)
    expect(page.get_by_role("textbox", name="How many")).to_have_value("55", timeout=PATIENCE)
    page.wait_for_function("location.search.includes('v=1')")
    assert "seed=7" in page.evaluate("location.search")


def test_a_page_that_lost_its_connection_goes_on_by_itself(
    page: Page, url: str, visit: Visit
) -> None:
    sockets: list[WebSocketRoute] = []

    def relay(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    page.set_default_timeout(PATIENCE)
    page.route_web_socket(re.compile("/ws"), relay)
    page.goto(f"{url}/?seed=7")
    page.get_by_role("tab", name="Fisher vs Hessian").click()
    page.wait_for_function("location.search.includes('view=agreement')")
    page.wait_for_function("performance.now() > 10_000")
    page.evaluate("globalThis.before = true")
    sockets[-1].close()
    expect(page.get_by_role("alert")).to_contain_text("connection to the dashboard was lost")
    page.wait_for_function("globalThis.before === undefined")
    agreement = page.get_by_role("tab", name="Fisher vs Hessian")
    expect(agreement).to_have_attribute("aria-selected", "true", timeout=PATIENCE)
    assert "seed=7" in page.evaluate("location.search")
    visit.errors.clear()  # of the connection
