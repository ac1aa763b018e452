"""The browser of the tests has no internet access, and detects errors of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.plugins.browser import Visit, is_local

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_a_request_to_elsewhere_is_stopped_and_counted(page: Page, visit: Visit) -> None:
    page.set_content("<img src='http://elsewhere.invalid/a.png'>")
    page.wait_for_function("document.images[0].complete")
    assert visit.blocked == ["http://elsewhere.invalid/a.png"]
    assert len(visit.errors) == 1  # the browser reports the failed image as well
    visit.blocked.clear()
    visit.errors.clear()


def test_an_error_of_a_script_is_counted(page: Page, visit: Visit) -> None:
    page.set_content("<script>undefined_name()</script>")
    assert "undefined_name" in visit.errors[0]
    visit.errors.clear()


@pytest.mark.parametrize("url", ["http://localhost:1", "ws://127.0.0.1:5006/ws", "data:,x"])
def test_this_machine_is_local(url: str) -> None:
    assert is_local(url)
