""" "Open in Python": the code runs, and gives the numbers that the scene shows."""

from __future__ import annotations

import base64
import warnings
from typing import Any

import pytest

import afif_explorer as ax
from afif_explorer.scenes import SCENES
from afif_explorer.scenes.bundle import script

pytestmark = pytest.mark.browser
CODES = """
async ([source, states]) => {
  const {modules} = await import("data:text/javascript;base64," + source)
  return states.map((state) => {
    const live = {bet: 0, revealed: true, answer: null}, warm = {}
    let view
    do view = modules["scripts.js"].SCRIPTS[state.scene].view(state, warm, live)
    while (view.again)
    const told = Object.fromEntries(view.rows.map((row) => [row.label, row.true]))
    return [modules["python.js"].toPython(state, view.python), view.rows[0].numbers, told]
  })
}
"""
VARIED: dict[str, dict[str, Any]] = {
    "lever": {"rows": [10]},
    "question": {"target": "loss", "rows": [3, 5]},
    "twins": {"settings": {"strength": 0.003, "copies": 2.0}},
    "penalty": {"settings": {"strength": 0.003, "apart": 0.7, "unpenalised": 0.0}},
    "liar": {"settings": {"strength": 0.02, "rule": 0.0, "count": 5.0}},
    "weight": {"settings": {"strength": 0.01, "weight": 1.5}},
    "lissa": {"settings": {"strength": 0.01, "scale": 1.2, "depth": 40, "batch": 0}},
}


def several_truths(found: dict[str, Any], told: dict[str, str]) -> None:
    """The network's first state contradicts its belief: the two curvatures part, and so do two refits."""
    fit, target, [row] = found["fit"], found["target"], found["rows"]
    assert fit.converged
    plain = {"leverage_correction": False}
    methods = (ax.AFIF(**plain), ax.InfinitesimalJackknife(**plain))
    fisher, hessian = (ax.unlearn(fit, [row], one, target).effects[target] for one in methods)
    warm = found["true"] - found["before"]
    assert abs(fisher - warm) > 3 * abs(hessian - warm)
    assert told["warm refit"].startswith("+")
    assert told["cold refit"].startswith("−")
    assert told["warm refit"] == f"+{100 * warm:.2f} points"


def test_the_code_gives_the_numbers_of_the_scene(page):
    states = [scene.state for scene in SCENES.values()]
    states += [SCENES[key].state | more for key, more in VARIED.items()]
    source = base64.b64encode(script().encode()).decode()
    page.goto("about:blank")
    ran = 0
    found_in_browser = page.evaluate(CODES, [source, states])
    for state, (code, numbers, told) in zip(states, found_in_browser, strict=True):
        found: dict[str, Any] = {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if numbers[1] is None:  # it is shown as diverged
                with pytest.raises(ax.SolverDiverged):
                    exec(code, found)
                continue
            exec(code, found)
        run = [found["before"], found["predicted"], found["true"]]
        assert run == pytest.approx(numbers, rel=1e-7, abs=1e-9), state["scene"]
        ran += 1
        if state["scene"] == "network":
            several_truths(found, told)
    assert ran >= len(SCENES)
