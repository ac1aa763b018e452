"""Links to scenes: exact, short, and refused with a reason where they are broken."""

from __future__ import annotations

import base64

import numpy as np
import pytest

from afif_explorer.scenes import SCENES
from afif_explorer.scenes.bundle import script
from afif_explorer.scenes.page import message

pytestmark = pytest.mark.browser
TRIP = """
async ([source, scenes, states, broken]) => {
  const {modules} = await import("data:text/javascript;base64," + source)
  const {toHash, fromHash} = modules["link.js"]
  const refused = broken.map((hash) => {
    try { return JSON.stringify(fromHash(hash, scenes)) } catch (error) { return "refused: " + error.message }
  })
  return [states.map((state) => [toHash(state), fromHash(toHash(state), scenes)]), refused]
}
"""
BROKEN = {
    "": "no such scene",
    "scene=guess&v=9": "version 9",
    "scene=guess&points=1,2;x,3": "whole",
    "scene=guess&points=1,2": "2 to 200 points",
    "scene=guess&points=1,2;3,4,7": "labels",
    "scene=guess&rows=99": "row that is not there",
    "scene=guess&target=x": "no x",
    "scene=guess&settings=constructor:1": "no setting constructor",
    "scene=guess&probe=1": "2 to 4 numbers",
}


def states() -> list[dict]:
    """The first state of every scene, and it with 60 random points."""
    rng, made = np.random.default_rng(3), [scene.state for scene in SCENES.values()]
    for first in list(made):
        places = rng.integers(-3200, 3201, (60, 2)) / 1000
        labels = rng.integers(0, 2, (60, 2))
        points = [
            [*place, *label] for place, label in zip(places.tolist(), labels.tolist(), strict=True)
        ]
        probe = (rng.integers(-3200, 3201, 2) / 1000).tolist()
        hidden = {"hidden": ["row", "scenes"], "rows": [59, 0, 7]}
        made.append(first | {"points": points, "probe": probe} | hidden)
    return made


def test_a_link_holds_the_state_exactly(page):
    source = base64.b64encode(script().encode()).decode()
    page.goto("about:blank")
    sent = states()
    trips, refused = page.evaluate(TRIP, [source, message(), sent, list(BROKEN)])
    for state, (link, back) in zip(sent, trips, strict=True):
        assert back == state
        assert len(link) <= 2000
    for told, why in zip(refused, BROKEN.values(), strict=True):
        assert told.startswith("refused: ")
        assert why in told
