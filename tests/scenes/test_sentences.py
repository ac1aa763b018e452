"""The two sentences for screen readers, before and after the reveal, against what is drawn."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest

from afif_explorer.scenes import SCENES
from afif_explorer.scenes.bundle import script

pytestmark = pytest.mark.browser
VIEWS = """
async ([source, states, revealed]) => {
  const {modules} = await import("data:text/javascript;base64," + source)
  return states.map((state) => {
    const live = {bet: 0, revealed, answer: null}, warm = {}, seen = []
    let view
    do {
      view = modules["scripts.js"].SCRIPTS[state.scene].view(state, warm, live)
      seen.push({says: view.says, marks: view.panels[0].marks, x: view.panels[0].x, y: view.panels[0].y})
    } while (view.again)
    return [seen[0], seen.at(-1)]
  })
}
"""
SHOWN = re.compile(
    r"(\d+) points are shown: (\d+) circles and (\d+) squares(?:, (\d+) of them in the second group)?; .+"
)
PATH = re.compile(
    r"The path with all rows (?:ends at (\S+) across and (\S+) up|"
    r"is outside the drawing from step (\d+) on); the exact solution is at (\S+) across and (\S+) up\."
)
LISSA = SCENES["lissa"].state
STATES = [
    *(scene.state for scene in SCENES.values()),
    SCENES["twins"].state | {"settings": SCENES["twins"].state["settings"] | {"copies": 2}},
    SCENES["twins"].state | {"rows": [3]},
    *(LISSA | {"settings": LISSA["settings"] | {"scale": s}} for s in (0.4, 1.2)),
]


def views(page: Any, *, revealed: bool) -> list[list[dict[str, Any]]]:
    """The first and the last view of every state."""
    source = base64.b64encode(script().encode()).decode()
    page.goto("about:blank")
    found: list[list[dict[str, Any]]] = page.evaluate(VIEWS, [source, STATES, revealed])
    return found


@pytest.mark.parametrize("revealed", [False, True])
def test_a_screen_reader_is_told_two_sentences(page: Any, revealed: bool) -> None:
    for state, seen in zip(STATES, views(page, revealed=revealed), strict=True):
        for view in seen:
            first, second = view["says"]
            assert first.endswith("."), state["scene"]
            assert second.endswith("."), state["scene"]
            assert first != second


def test_before_the_reveal_the_numbers_are_those_of_the_drawing(page: Any) -> None:
    compared = set()
    for state, seen in zip(STATES, views(page, revealed=False), strict=True):
        for view in seen:
            if shown := SHOWN.fullmatch(view["says"][1]):
                dots = [one for one in view["marks"] if one["kind"] == "dot" and "row" in one]
                shapes = [one["shape"] for one in dots]
                counts = [len(dots), shapes.count("circle"), shapes.count("square")]
                holes = sum(bool(one.get("hole")) for one in dots)
                assert list(map(int, shown.groups()[:3])) == counts
                assert int(shown[4] or 0) == holes
                compared.add(state["scene"])
            elif state["scene"] == "lissa":
                as_drawn(PATH.fullmatch(view["says"][1]), view)
                compared.add("lissa")
    assert compared == set(SCENES) - {"guess", "lever", "pulls"}


def as_drawn(told: re.Match[str] | None, view: dict[str, Any]) -> None:
    """The path's end, or where it leaves the drawing, and the exact solution."""
    assert told is not None
    (path,) = [one["points"] for one in view["marks"] if one["tone"] == "predicted"]
    (goal,) = [one for one in view["marks"] if one.get("shape") == "diamond"]
    *end, left, right, up = (one and float(one.replace("\u2212", "-")) for one in told.groups())
    (low, high), (bottom, top) = view["x"]["domain"], view["y"]["domain"]
    inside = [low <= x <= high and bottom <= y <= top for x, y in path]
    assert [right, up] == pytest.approx([goal["x"], goal["y"]], rel=5e-3)
    if left is None:
        assert all(inside)
        assert end == pytest.approx(path[-1], rel=5e-3)
    else:
        assert inside.index(False) == left
