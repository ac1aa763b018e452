"""Every scene by finger and by keyboard alone, on a page as large as a phone's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from afif_explorer.cli import main
from afif_explorer.scenes import SCENES
from tests.helpers.pages import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}
# What a hand moves in each scene: a grip of a drawing or, by its label, a slider; and the part of the
# address that tells of it.
HANDLES = {
    "guess": [("probe", "probe"), ("point 5", "points")],
    "lever": [("row", "points")],
    "question": [("probe", "probe"), ("point 21", "points")],
    "pulls": [("probe", "probe"), ("point 14", "points")],
    "weight": [("dial", "settings"), ("probe", "probe")],
    "twins": [("probe", "probe"), ("Copies of the first chosen row, which stay", "settings")],
    "penalty": [("probe", "probe"), ("Strength of the penalty", "settings")],
    "lissa": [("Scale, in largest eigenvalues", "settings"), ("Steps", "settings")],
    "network": [("probe", "probe")],
    "liar": [("Rows to audit and remove", "settings")],
}
CASES = [(key, name, part) for key, handles in HANDLES.items() for name, part in handles]
IDS = [f"{key}: {name}" for key, name, _ in CASES]
BY_KEYS = {"dial": "Weight of the row"}  # the slider of the same setting
STEPS = 8


@pytest.fixture
def phone(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """A page on a phone; its address is that of the scenes' file."""
    main(["scenes", str(tmp_path)])
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    page.goto((tmp_path / "scenes.html").as_uri())
    yield page
    context.close()


def opened(page: Page, key: str) -> None:
    """The scene, revealed."""
    page.goto(page.url.split("#")[0] + f"#scene={key}")
    page.locator(f'.scene[data-scene="{key}"][data-painted] button.main').click()
    page.locator(f'.scene[data-scene="{key}"][data-revealed="true"]').wait_for()


def handle(page: Page, key: str, name: str) -> Locator:
    """A grip or slider, in the middle of the screen."""
    slider = name in {one.label for one in SCENES[key].controls}
    found = (
        page.get_by_role("slider", name=name, exact=True)
        if slider
        else page.locator(f'[data-grip="{name}"]')
    )
    found.evaluate("it => it.scrollIntoView({block: 'center'})")
    return found


def middle(found: Locator) -> tuple[float, float]:
    box = found.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def told(page: Page, part: str) -> str:
    """A part of the address, which follows when the hand rests."""
    page.wait_for_timeout(400)
    found = re.search(rf"[#&]{part}=([^&]*)", page.url)
    return found[1] if found else ""


def scrolled(page: Page) -> tuple[float, float]:
    return tuple(page.evaluate("[scrollX, scrollY]"))


def swipe(page: Page, start: tuple[float, float], by: tuple[float, float]) -> None:
    """A finger put down at ``start`` and moved ``by`` so much, in steps."""
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        told = [{"x": x, "y": y} for x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": told})

    touch("touchStart", start)
    for step in range(1, STEPS + 1):
        touch("touchMove", (start[0] + by[0] * step / STEPS, start[1] + by[1] * step / STEPS))
        page.wait_for_timeout(20)
    touch("touchEnd")


def changes(page: Page, part: str, before: str) -> bool:
    """Whether the link changes soon: on a busy machine frames come late."""
    return any(told(page, part) != before for _ in range(12))


def test_every_scene_has_a_handle() -> None:
    assert set(HANDLES) == set(SCENES)


@pytest.mark.parametrize(("key", "name", "part"), CASES, ids=IDS)
def test_a_finger_moves_it_and_the_page_stays(phone: Page, key: str, name: str, part: str) -> None:
    opened(phone, key)
    found = handle(phone, key, name)
    before, at = told(phone, part), scrolled(phone)
    sideways = found.evaluate("it => it.tagName === 'INPUT'") or name == "dial"
    x, y = middle(found)
    left = x > PHONE["width"] / 2
    swipe(phone, (x, y), (-60 if left else 60, 10) if sideways else (-25 if left else 25, 60))
    assert changes(phone, part, before)
    assert scrolled(phone) == at


@pytest.mark.parametrize(("key", "name", "part"), CASES, ids=IDS)
def test_keys_move_it_and_the_page_stays(phone: Page, key: str, name: str, part: str) -> None:
    opened(phone, key)
    found = handle(phone, key, BY_KEYS.get(name, name))
    before, at = told(phone, part), scrolled(phone)
    if found.evaluate("it => it.tagName === 'INPUT'"):
        found.focus()
    else:
        phone.locator(".plane svg").evaluate("it => it.focus({preventScroll: true})")
        if name.startswith("point"):
            phone.keyboard.press("m")
    for arrow in ("ArrowUp", "ArrowLeft", "ArrowUp"):
        phone.keyboard.press(arrow)
    assert changes(phone, part, before)
    assert scrolled(phone) == at


def test_a_finger_that_scrolls_chooses_nothing(phone: Page) -> None:
    opened(phone, "network")
    dot = phone.locator('.plane .dot[data-row="23"]')
    dot.evaluate("it => it.scrollIntoView({block: 'center'})")
    x, y = middle(dot)
    points, rows, (_, at) = told(phone, "points"), told(phone, "rows"), scrolled(phone)
    swipe(phone, (x + 16, y), (0, -120))  # beside the chosen point, whose label a tap turns
    assert scrolled(phone)[1] > at
    assert (told(phone, "points"), told(phone, "rows")) == (points, rows)
    phone.touchscreen.tap(*middle(dot))
    assert told(phone, "points") != points
