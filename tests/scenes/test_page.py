"""The scenes in a browser: a file from disk, by keyboard and mouse, and in a host with five methods."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from afif_explorer.cli import main
from afif_explorer.scenes import SCENES
from afif_explorer.scenes.bundle import script, styles
from afif_explorer.scenes.page import message
from tests.helpers.pages import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser
NUMBER, SCORED = re.compile(r"\d"), re.compile(r"scores \d+ of 100")
HOST = """
async ([source, traits]) => {
  const {default: scenes} = await import("data:text/javascript;base64," + source)
  const heard = {}, el = document.createElement("div")
  document.body.append(el)
  const methods = {
    get: (name) => traits[name],
    set: (name, value) => { traits[name] = value },
    save_changes: () => { window.saved = structuredClone(traits.position) },
    on: (event, act) => { (heard[event] ??= []).push(act) },
    off: (event, act) => { heard[event] = heard[event].filter((one) => one !== act) },
  }
  const model = new Proxy(methods, {get(all, name) {
    if (name in all) return all[name]
    throw new Error("the host has no " + String(name))
  }})
  window.close_scene = scenes.render({model, el})
  window.teacher = (position) => {
    traits.position = position
    heard["change:position"].forEach((act) => act())
  }
  window.left = () => Object.values(heard).flat().length
}
"""


def painted(page: Page) -> None:
    """Wait until the scene has been drawn."""
    page.locator(".scene[data-painted]").wait_for()


def test_a_file_from_disk_is_a_class(page: Page, tmp_path: Path) -> None:
    assert main(["scenes", str(tmp_path / "class")]) == 0
    address = (tmp_path / "class" / "scenes.html").as_uri()
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    page.goto(address)
    for scene in SCENES.values():
        page.locator("nav button", has_text=scene.title).click()
        article = page.locator(f'.scene[data-scene="{scene.key}"]')
        expect(article.locator("h2")).to_contain_text(scene.title)
        before = article.locator("tbody tr").first.locator("td")
        expect(before.nth(0)).to_have_text(NUMBER)
        expect(before.nth(1)).to_have_text("")
        assert len(_sentences(article)) >= 2
        if scene.bets:
            article.get_by_role("button", name=scene.bets[scene.right], exact=True).click()
        article.locator("button.main").click()
        expect(article.locator(".score")).to_have_text(
            "Your bet was right." if scene.bets else SCORED
        )
        expect(before.nth(2)).to_have_text(NUMBER)
        [right] = [one for one in scene.question.answers if one.right]
        article.get_by_role("button", name=right.text, exact=True).click()
        expect(article.locator(".mark")).to_have_text(f"Right. {right.says}")
        assert len(_sentences(article)) >= 2
    _give_a_talk(page)


def _sentences(article: Locator) -> list[str]:
    """What a screen reader is told."""
    return article.locator(".spoken").inner_text().split(". ")


def _give_a_talk(page: Page) -> None:
    """Slides begin at the scene that is open."""
    first, second = list(SCENES.values())[:2]
    page.locator("nav button", has_text=first.title).click()
    page.get_by_role("button", name="Slides").click()
    for key, scene, revealed in (
        ("PageDown", first, "true"),
        ("PageDown", second, "false"),
        ("PageDown", second, "true"),
        ("PageUp", second, "false"),
        ("PageUp", first, "true"),
    ):
        page.keyboard.press(key)
        page.locator(f'.scene[data-scene="{scene.key}"][data-revealed="{revealed}"]').wait_for()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Slides")).to_have_attribute("aria-pressed", "false")


def test_everything_works_by_keyboard_and_by_hand(page: Page, tmp_path: Path) -> None:
    main(["scenes", str(tmp_path)])
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    page.goto((tmp_path / "scenes.html").as_uri() + "#scene=guess&hidden=scenes")
    painted(page)
    expect(page.locator("nav")).to_be_hidden()
    page.locator("button.main").focus()
    page.keyboard.press("Enter")
    page.locator(".plane svg").focus()
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("probe=-300,470"))
    page.keyboard.press(".")
    expect(page).to_have_url(re.compile("rows=6&"))
    grip = page.locator('[data-grip="probe"]').bounding_box()
    x, y = grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y - 20, steps=6)
    page.mouse.up()
    expect(page).not_to_have_url(re.compile("probe=-300,470"))
    page.wait_for_timeout(1000)  # the address follows when the hand rests
    moved = page.url
    page.reload()
    painted(page)
    assert page.url == moved
    page.goto("about:blank")
    page.goto((tmp_path / "scenes.html").as_uri() + "#scene=nothing")
    expect(page.locator("#trouble")).to_contain_text("there is no such scene")
    painted(page)


def test_five_methods_are_enough_for_a_host(page: Page) -> None:
    page.set_default_timeout(PATIENCE)
    page.goto("about:blank")
    source = base64.b64encode(script().encode()).decode()
    traits = {"catalogue": message(["lever"]), "styles": styles(), "position": None, "dark": True}
    page.evaluate(HOST, [source, json.loads(json.dumps(traits))])
    painted(page)
    page.locator("button.main").click()
    page.wait_for_function("window.saved?.live.revealed === true")
    told = {"state": SCENES["lever"].state | {"rows": [10]}, "live": page.evaluate("saved.live")}
    page.evaluate("position => teacher(position)", told)
    expect(page.locator(".stepper .value")).to_have_text("row 10 (0 to 10)")
    page.evaluate("close_scene()")
    assert page.evaluate("left()") == 0
