"""A class in real browsers: joining, betting, being led, and the wall."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.helpers.axe import faults
from tests.helpers.pages import PATIENCE
from tests.plugins.server import Running

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture
def told() -> Iterator[str]:
    """What a running class has printed, with its addresses on this machine."""
    with socket.create_server(("0.0.0.0", 0)) as free:
        port = free.getsockname()[1]
    server = Running("class", "--port", str(port), awaits=r"For you: \S+\s")
    yield re.sub(r"//[^:/]+:", "//127.0.0.1:", server.output)
    server.stop()
    assert "Traceback" not in server.output, server.output


def printed(told: str, before: str) -> str:
    return re.search(rf"{before}: (\S+)", told)[1]  # type: ignore[index]


@pytest.mark.browser
@pytest.mark.timeout(600)
def test_a_class_bets_and_is_led(told: str, page: Page, browser: Browser) -> None:
    expect.set_options(timeout=PATIENCE)
    page.set_default_timeout(PATIENCE)
    page.goto(printed(told, "For you"))
    wall = page.context.new_page()
    wall.goto(printed(told, "For the class") + "projector")
    expect(wall.get_by_text(printed(told, "Password"))).to_be_visible()

    student = browser.new_context().new_page()
    student.set_default_timeout(PATIENCE)
    student.goto(printed(told, "For the class"))
    student.get_by_label("Password").wait_for()
    assert faults(student) == []
    student.get_by_label("Password").fill(printed(told, "Password"))
    student.keyboard.press("Enter")
    student.locator(".scene[data-scene=guess]").wait_for()

    page.get_by_role("button", name="Everybody follows me").click()
    page.get_by_role("button", name="The lever").click()
    student.locator(".scene[data-scene=lever]").wait_for()
    wall.locator(".scene[data-scene=lever]").wait_for()
    expect(student.get_by_text("Your teacher leads")).to_be_visible()

    student.get_by_role("button", name="Row 5, the outlier").click()
    bets = page.get_by_role("region", name="Bets")
    expect(bets.get_by_text("1 of 1 students")).to_be_visible()
    expect(bets.locator("li", has_text="Row 5, the outlier").locator(".count")).to_have_text("1")
    expect(wall.get_by_text("1 of 1 students")).to_be_visible()
    expect(wall.locator("aside .bars")).to_be_hidden()

    page.get_by_role("button", name="Reveal").click()
    expect(student.get_by_text("What happened")).to_be_visible()
    expect(student.get_by_role("button", name="Row 5, the outlier")).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(wall.locator("aside .bars li")).to_have_count(3)

    for one in (page, wall, student):
        assert faults(one) == []

    page.get_by_role("button", name="Let everybody go their own way").click()
    expect(student.get_by_text("Your teacher leads")).to_be_hidden()
    page.get_by_role("button", name="Clear bets and answers").click()
    expect(bets.get_by_text("0 of 1 students")).to_be_visible()
    student.close()
    expect(bets.get_by_text("0 of 0 students")).to_be_visible()
