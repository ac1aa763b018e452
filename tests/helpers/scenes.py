"""Hands on a page of scenes, and what the scene on it says."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any

from afif_explorer.scenes import SCENES

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

Place = tuple[float, float]
STEPS = 8
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


def middle(found: Locator) -> Place:
    """Its middle on screen."""
    box = found.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def told(page: Page, part: str) -> str:
    """A part of the address, which follows when the hand rests."""
    page.wait_for_timeout(400)
    found = re.search(rf"[#&]{part}=([^&]*)", page.url)
    return found[1] if found else ""


def changes(page: Page, part: str, before: str) -> bool:
    """Whether the link changes soon: on a busy machine frames come late."""
    return any(told(page, part) != before for _ in range(12))


def swipe(page: Page, start: Place, by: Place) -> None:
    """A finger put down at ``start`` and moved ``by`` so much, in steps."""
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *points: Place) -> None:
        told = [{"x": x, "y": y} for x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": told})

    touch("touchStart", start)
    for step in range(1, STEPS + 1):
        touch("touchMove", (start[0] + by[0] * step / STEPS, start[1] + by[1] * step / STEPS))
        page.wait_for_timeout(20)
    touch("touchEnd")


def drag(page: Page, start: Place, by: Place) -> None:
    """The same by mouse."""
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + by[0], start[1] + by[1], steps=STEPS)
    page.mouse.up()


def first_line(page: Page) -> list[str]:
    """The table's first line: before, predicted and true."""
    return page.locator(".scene tbody tr").first.locator("td").all_inner_texts()


def by_python(page: Page) -> dict[str, Any]:
    """What the code under "Open in Python" finds; it ends open."""
    code = page.locator('.scene pre[aria-label="Python code"]')
    if code.is_hidden():
        page.get_by_role("button", name="Open in Python").click()
    code.locator("code", has_text="print(before").wait_for()
    page.wait_for_timeout(400)  # the frame that is due
    found: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # own states may be on the edge
        exec(code.inner_text(), found)
    return found


def agrees(page: Page) -> None:
    """The table's first line has the numbers that Python finds, to the digits shown."""
    found = by_python(page)
    for name, text in zip(("before", "predicted", "true"), first_line(page), strict=True):
        shown = float(re.sub(r"[^\d.e-]", "", text.replace("−", "-")))
        if "%" in text:
            assert abs(shown - 100 * found[name]) <= 0.0501, name
        else:
            assert abs(shown - found[name]) <= 0.00501 * abs(found[name]), name
