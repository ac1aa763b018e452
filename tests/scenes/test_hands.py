"""Every scene by finger and by keyboard alone, on a page as large as a phone's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from afif_explorer.cli import main
from afif_explorer.scenes import SCENES
from tests.helpers.pages import PATIENCE
from tests.helpers.scenes import HANDLES, changes, handle, middle, opened, swipe, told

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}
CASES = [(key, name, part) for key, handles in HANDLES.items() for name, part in handles]
IDS = [f"{key}: {name}" for key, name, _ in CASES]
BY_KEYS = {"dial": "Weight of the row"}  # the slider of the same setting


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


def scrolled(page: Page) -> tuple[float, float]:
    return tuple(page.evaluate("[scrollX, scrollY]"))


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
