"""Frames of the ten scenes while a hand drags in them, in a real Chromium without a GPU.

Each scene is opened from a file with ``--points`` points (its own, and more like them) and revealed, so that
every drawing is there. Measured, for each of its handles, the points of the plane among them:

- the milliseconds of processor time of the page's thread for each move of the mouse, as Chromium counts them:
  the fit, the refit of every row, the drawings, layout and paint (95th percentile; target: 16 ms). Other
  programs hardly change it.
- for the network, the milliseconds from the turn of a label until the refit without its row is shown, and the
  longest frame meanwhile, with the 40 points of the scene (targets: 100 ms, and 33 ms: two frames), and N.

Run ``python -m benchmarks.scene_frames [SCENE ...] [--points N] [--moves N] [--json FILE]``.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from afif_explorer import cli
from afif_explorer.scenes import SCENES
from benchmarks.common import machine
from tests.plugins.browser import FLAGS, find_chromium

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, Locator, Page

    from afif_explorer.scenes.scene import Scene

MOVE, ANSWER, FRAME = 16.0, 100.0, 33.0  # ms, at most
HANDLES = {  # what is dragged: a grip of a drawing, or a slider by the name of its setting
    "guess": ("probe", "point 0"),
    "lever": ("row",),
    "question": ("probe", "point 0"),
    "pulls": ("probe", "point 0"),
    "weight": ("dial", "probe", "point 1"),
    "twins": ("probe", "copies"),
    "penalty": ("probe", "strength", "apart"),
    "lissa": ("scale", "depth", "batch"),
    "network": ("probe",),
    "liar": ("count",),
}
SETTLING = 50  # ms until what a move has put off is done
FIRST = 5  # moves that are not counted: scripts are compiled meanwhile
TURNS = 20  # labels of the network that are turned
TURN = """
async (row) => {
  const scene = document.querySelector("#scenes").shadowRoot
  const dot = scene.querySelector(`.plane .dot[data-row="${row}"]`)
  const box = dot.getBoundingClientRect()
  const at = {bubbles: true, pointerId: 1, clientX: box.x + box.width / 2, clientY: box.y + box.height / 2}
  const waits = () => scene.querySelector("tbody td.true").textContent === "fitting"
    || scene.querySelector("tbody td.before").textContent === "training"
  const began = performance.now()
  let last = began, longest = 0
  dot.dispatchEvent(new PointerEvent("pointerdown", at))
  dot.dispatchEvent(new PointerEvent("pointerup", at))
  return new Promise((done) => {
    const look = (first) => {
      const now = performance.now()
      longest = Math.max(longest, now - last)
      last = now
      if (first || waits()) requestAnimationFrame(() => look(false))
      else done([now - began, longest])
    }
    requestAnimationFrame(() => look(true))
  })
}
"""


def link(scene: Scene, count: int) -> str:
    """The scene with ``count`` points: its own, then others near them."""
    chance, points = random.Random(0), [list(point) for point in scene.points]
    for _ in range(count - len(points)):
        x, y, *marks = chance.choice(scene.points)
        points.append([x + chance.gauss(0, 0.3), y + chance.gauss(0, 0.3), *marks])
    told = ";".join(
        f"{round(1000 * x)},{round(1000 * y)},{label},{group}" for x, y, label, group in points
    )
    return f"#scene={scene.key}&points={told}"


def busy(page: Page) -> Callable[[], float]:
    """The milliseconds of processor time of the page's thread so far."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def spent() -> float:
        told = session.send("Performance.getMetrics")["metrics"]
        return 1000 * next(one["value"] for one in told if one["name"] == "TaskDuration")

    return spent


def places(handle: Locator, slider: bool, moves: int) -> list[tuple[float, float]]:
    """Where the hand goes: around where a grip is, or once along a slider."""
    box = handle.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    shares = [k / moves for k in range(moves + 1)]
    if slider:
        return [(box["x"] + 8 + share * (box["width"] - 16), y) for share in shares]
    angles = [2 * math.pi * share for share in shares]
    return [(x + 50 * math.sin(angle), y + 30 * math.sin(2 * angle)) for angle in angles]


def drag(page: Page, scene: Scene, name: str, moves: int) -> list[float]:
    """The busy milliseconds of each move of one handle."""
    controls = {one.name: one.label for one in scene.controls}
    slider = name in controls
    handle = (
        page.get_by_role("slider", name=controls[name], exact=True)
        if slider
        else page.locator(f'[data-grip="{name}"]')
    )
    handle.scroll_into_view_if_needed()
    spent, way = busy(page), places(handle, slider, moves + FIRST)
    page.mouse.move(*way[0])
    page.mouse.down()
    found = []
    for place in way[1:]:
        page.wait_for_timeout(SETTLING)
        before = spent()
        page.mouse.move(*place)
        page.wait_for_timeout(SETTLING)
        found.append(spent() - before)
    page.mouse.up()
    return found[FIRST:]


def opened(browser: Browser, address: str) -> Page:
    """A page with the scene of ``address``, revealed."""
    page = browser.new_page(viewport={"width": 1440, "height": 1400})
    page.goto(address)
    page.locator(".scene[data-painted] button.main").click()
    page.locator('.scene[data-revealed="true"] .panel:not(.plane)').first.wait_for()
    return page


def measure(browser: Browser, file: str, scene: Scene, count: int, moves: int) -> dict[str, Any]:
    """The results for one scene, by handle."""
    found = {}
    for name in HANDLES[scene.key]:
        page = opened(browser, file + link(scene, count))
        page.wait_for_timeout(2000)  # the network refits every row
        values = sorted(drag(page, scene, name, moves))
        found[name] = {
            "median": statistics.median(values),
            "p95": values[math.ceil(0.95 * len(values)) - 1],
            "max": values[-1],
        }
        page.close()
    return found


def turns(browser: Browser, file: str, count: int) -> dict[str, float]:
    """How long the network's answers take, and the longest frame meanwhile."""
    page = opened(browser, file + link(SCENES["network"], count))
    page.wait_for_timeout(2000)
    rows = [row for row in range(TURNS) for _ in range(2)]  # chosen, then turned
    found = [page.evaluate(TURN, row) for row in rows][1::2]
    page.close()
    answers, frames = (sorted(values) for values in zip(*found, strict=True))
    last = math.ceil(0.95 * len(answers)) - 1
    return {"answer, p95 ms": answers[last], "longest frame, p95 ms": frames[last]}


def main(arguments: list[str] | None = None) -> None:
    """Print the figures, and write them to a file if asked to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("scenes", nargs="*", default=list(SCENES), metavar="SCENE")
    parser.add_argument("--points", type=int, default=120)
    parser.add_argument("--moves", type=int, default=60)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    from playwright.sync_api import sync_playwright

    facts = machine.facts()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        cli.main(["scenes", folder])
        file = Path(folder, "scenes.html").as_uri()
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        found = {
            key: measure(browser, file, SCENES[key], options.points, options.moves)
            for key in options.scenes
        }
        counts = sorted({len(SCENES["network"].points), options.points})
        answers = {
            count: turns(browser, file, count) for count in counts if "network" in options.scenes
        }
        browser.close()
    print(f"\n| scene, {options.points} points | handle | median ms | p95 ms, at most {MOVE:g} |")
    print("| --- | --- | ---: | ---: |")
    for key, handles in found.items():
        for name, one in handles.items():
            print(f"| {SCENES[key].title} | {name} | {one['median']:.1f} | {one['p95']:.1f} |")
    for count, one in answers.items():
        for (what, value), most in zip(one.items(), (ANSWER, FRAME), strict=True):
            print(f"\nNetwork of {count} points, {what}: {value:.0f} (at most {most:g})")
    print("\n" + ", ".join(f"{name}: {value}" for name, value in facts.items()))
    if options.json:
        told = {"machine": facts, "scenes": found, "network": answers}
        options.json.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
