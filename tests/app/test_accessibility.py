"""The page for people who use a keyboard, a screen reader, large type or a phone, as axe-core judges it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from afif_explorer.cli import main
from afif_explorer.scenes import SCENES
from afif_explorer.screens import SCREENS
from tests.helpers.axe import COLOURS, faults
from tests.helpers.pages import PATIENCE, Dashboard
from tests.plugins.server import Server

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
SOFT = {"light": "rgb(77, 86, 97)", "dark": "rgb(169, 178, 188)"}
VIEW = ".afif-view"
# A wide window, the same at 200 % zoom, a tablet, a phone.
SIZES = ((1440, 900), (720, 450), (820, 1180), (390, 844))


def walk(
    visit: Dashboard, sizes: tuple[tuple[int, int], ...], rules: tuple[str, ...] = ()
) -> dict[str, object]:
    """What axe-core finds with the settings in sight, and in every view in windows of these sizes.

    What surrounds the views is the same for all: it is looked at in every window once, and with each view
    in the first.
    """
    page = visit.page
    found = {"settings": lasting_faults(page, rules)}
    page.get_by_role("button", name="Close drawer").click()
    first = next(iter(SCREENS.values()))
    for screen in SCREENS.values():
        page.get_by_role("tab", name=screen.title, exact=True).click()
        settle(page)
        expect(page.get_by_role("tabpanel", name=screen.title, exact=True)).to_be_visible()
        for width, height in sizes:
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(100)
            whole = screen is first or (width, height) == sizes[0]
            part = "" if whole else VIEW
            found[f"{screen.name} at {width}"] = lasting_faults(page, rules, part)
        page.set_viewport_size(dict(zip(("width", "height"), sizes[0], strict=True)))
    return {where: what for where, what in found.items() if what}


def lasting_faults(page: Page, rules: tuple[str, ...], part: str = "") -> list[dict[str, str]]:
    """The faults that a second look finds too: parts may hear late of the theme or the results."""
    if faults(page, rules, part) == []:
        return []
    settle(page)
    return faults(page, rules, part)


def settle(page: Page) -> None:
    """Wait until nothing is computed for the open view, and its buttons have heard of it."""
    page.wait_for_timeout(300)
    expect(page.locator('.afif-plot[data-state="loading"]:visible')).to_have_count(0)
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    page.wait_for_timeout(700)


@pytest.mark.timeout(600)
def test_axe_finds_nothing_grave_in_any_view(page: Page, app_url: str) -> None:
    visit = Dashboard(page, app_url).open()
    visit.rest()
    assert walk(visit, SIZES) == {}


@pytest.mark.timeout(600)
def test_nor_in_the_dark(page: Page, app_url: str) -> None:
    page.emulate_media(color_scheme="dark")
    visit = Dashboard(page, app_url).open()
    visit.rest()
    assert walk(visit, (SIZES[0], SIZES[-1]), COLOURS) == {}  # the rest is the same in the light


@pytest.mark.timeout(600)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nor_in_lists_and_dialogs(page: Page, app_url: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    visit = Dashboard(page, app_url).open()
    visit.rest()
    page.get_by_role("combobox", name="Target").first.click()
    expect(page.get_by_role("listbox")).to_be_visible()
    assert faults(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_have_count(0)
    for name in ("Help", "Export", "Copy as Python", "Use my own file"):
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        assert faults(page) == [], name
        # axe-core does not judge the contrast of icons.
        close = page.get_by_role("button", name="close", exact=True)
        expect(close).to_have_css("color", SOFT[scheme])
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)


def test_nor_where_people_log_in(page: Page, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("a long enough one")
    server = Server("--password-file", str(secret))
    try:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.goto(server.url)
            expect(page.get_by_label("Password")).to_be_visible(timeout=PATIENCE)
            assert faults(page) == []
    finally:
        server.stop()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nor_in_the_scenes(page: Page, tmp_path: Path, scheme: str) -> None:
    assert main(["scenes", str(tmp_path)]) == 0
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto((tmp_path / "scenes.html").as_uri())
    for scene in SCENES.values():
        page.locator("nav button", has_text=scene.title).click()
        article = page.locator(f'.scene[data-scene="{scene.key}"]')
        if scene.bets:
            article.get_by_role("button", name=scene.bets[scene.right], exact=True).click()
        article.locator("button.main").click()
        for width, height in (SIZES[0], SIZES[-1]):
            page.set_viewport_size({"width": width, "height": height})
            assert faults(page) == [], (scene.key, width)


FOCUSED = """() => {
  let element = document.activeElement
  while (element.shadowRoot?.activeElement) element = element.shadowRoot.activeElement
  const style = getComputedStyle(element)
  return {
    what: element.getAttribute("aria-label") ?? element.textContent.trim().slice(0, 60),
    tag: element.localName,
    ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
  }
}"""


def focused(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(FOCUSED)
    return found


@pytest.mark.timeout(600)
def test_everything_is_done_by_keyboard_and_the_focus_is_seen(page: Page, app_url: str) -> None:
    visit = Dashboard(page, app_url).open()
    visit.rest()
    page.keyboard.press("Tab")
    assert focused(page)["what"] == "Skip to the main content"
    page.keyboard.press("Enter")
    assert focused(page)["tag"] == "main"
    page.keyboard.press("Tab")
    first = focused(page)
    assert first["what"].endswith("Find rows")  # after the name of its icon
    assert first["ring"]

    page.get_by_role("tab", name="Influential points").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", name="Patterns")).to_have_attribute("aria-selected", "true")

    page.get_by_role("button", name="Export", exact=True).press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.wait_for_timeout(500)
    page.keyboard.press("Tab")
    assert focused(page)["tag"] == "button"
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Export", exact=True)).to_be_focused()

    about = page.get_by_label("The quantity whose change is predicted.").first
    about.focus()
    expect(page.get_by_role("tooltip")).to_contain_text("The quantity whose change")
    assert focused(page)["ring"]
