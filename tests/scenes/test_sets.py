"""Scene 6: a set of points by keys alone, by a box of the mouse, and by a box of the finger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from afif_explorer.cli import main
from afif_explorer.scenes import SCENES
from tests.helpers.pages import PATIENCE
from tests.helpers.scenes import (
    Place,
    by_python,
    changes,
    drag,
    first_line,
    middle,
    opened,
    swipe,
    told,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
POINTS = SCENES["twins"].points


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """Scene 6, revealed, on a tablet with keys and mouse."""
    main(["scenes", str(tmp_path)])
    context = browser.new_context(viewport={"width": 1000, "height": 900}, has_touch=True)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    page.goto((tmp_path / "scenes.html").as_uri())
    opened(page, "twins")
    yield page
    context.close()


def chosen(page: Page, before: str) -> set[int]:
    """The rows of the link, once they are others."""
    assert changes(page, "rows", before)
    return {int(row) for row in told(page, "rows").split(",")}


def between(page: Page, *rows: int) -> tuple[Place, Place]:
    """A box around these points: a corner on screen, and how far the other is."""
    places = [middle(page.locator(f'.plane .dot[data-row="{row}"]')) for row in rows]
    left, top = (min(place[k] for place in places) - 30 for k in range(2))
    right, bottom = (max(place[k] for place in places) + 30 for k in range(2))
    return (left, top), (right - left, bottom - top)


def inside(page: Page, start: Place, by: Place) -> set[int]:
    """The points whose dots lie in a box of the screen."""
    found = {
        row: middle(page.locator(f'.plane .dot[data-row="{row}"]')) for row in range(len(POINTS))
    }
    return {
        row
        for row, place in found.items()
        if all(start[k] < place[k] < start[k] + by[k] for k in range(2))
    }


def agrees(page: Page, rows: set[int]) -> None:
    """The table has the numbers that Python finds for this set."""
    found = by_python(page)
    assert set(found["rows"]) == rows
    numbers = [found["before"], found["predicted"], found["true"]]
    assert first_line(page) == [f"{100 * one:.1f}\u00a0%" for one in numbers]


@pytest.mark.parametrize("hand", [drag, swipe], ids=["mouse", "finger"])
def test_a_box_chooses_the_points_in_it(page: Page, hand: Callable[..., None]) -> None:
    before, start = told(page, "rows"), page.evaluate("scrollY")
    box = between(page, 8, 10, 20)
    expected = inside(page, *box)
    assert {8, 10, 20} < expected < set(range(len(POINTS)))
    hand(page, *box)
    assert chosen(page, before) == expected
    assert page.evaluate("scrollY") == start
    assert page.locator(".plane .area").count() == 0
    agrees(page, expected)


def test_shift_keeps_what_was_chosen_and_an_empty_box_changes_nothing(page: Page) -> None:
    before = told(page, "rows")
    page.keyboard.down("Shift")
    box = between(page, 8)
    drag(page, *box)
    page.keyboard.up("Shift")
    rows = chosen(page, before)
    assert rows == {22, 23} | inside(page, *box)
    corner = page.locator(".plane svg").bounding_box()
    assert corner is not None
    drag(page, (corner["x"] + 20, corner["y"] + corner["height"] - 60), (40, 40))
    told(page, "rows")
    assert {int(row) for row in told(page, "rows").split(",")} == rows


def test_one_row_at_least_stays(page: Page) -> None:
    box = page.locator(".plane svg").bounding_box()
    assert box is not None
    before = told(page, "rows")
    drag(page, (box["x"] + 3, box["y"] + 3), (box["width"] - 6, box["height"] - 6))
    rows = chosen(page, before)
    assert 0 < len(rows) < len(POINTS)
    agrees(page, rows)


def test_keys_alone_build_a_set(page: Page) -> None:
    before = told(page, "rows")
    page.locator(".plane svg").focus()
    for key in (
        ".",
        "Enter",
        ",",
        "Enter",
        ",",
        " ",
    ):  # 23 goes, 22 cannot, being the last; 21 comes
        page.keyboard.press(key)
    stepper = page.locator(".stepper .value")
    expect(stepper).to_have_text("row 21 (in the set of 2)")
    expect(page.locator(".plane .dot.cursor")).to_have_count(1)
    page.keyboard.press(".")
    page.keyboard.press("Enter")
    expect(stepper).to_have_text("row 22 (not in the set of 1)")
    assert chosen(page, before) == {21}
    page.get_by_role("button", name="Next row").focus()
    page.keyboard.press("Enter")
    expect(stepper).to_have_text("row 23 (not in the set of 1)")
    page.get_by_role("button", name="Add", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Take out")).to_be_focused()
    assert chosen(page, "21") == {21, 23}
    agrees(page, {21, 23})
