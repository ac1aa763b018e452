"""No estimate without its truth beside it: in the drawings and tables of every scene, also on the edge."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest

import afif_explorer as ax
from afif_explorer.scenes import SCENES
from afif_explorer.scenes.bundle import script

pytestmark = pytest.mark.browser
VIEWS = """
async ([source, states]) => {
  const {modules} = await import("data:text/javascript;base64," + source)
  return states.map((state) => [false, true].map((revealed) => {
    const live = {bet: 0, revealed, answer: null}, warm = {}, seen = []
    let view
    do {
      view = modules["scripts.js"].SCRIPTS[state.scene].view(state, warm, live)
      const {panels, rows, python} = view
      seen.push({panels, rows, theta: python?.theta && Array.from(python.theta)})
    } while (view.again)
    return [seen[0], seen[Math.floor(seen.length / 2)], seen.at(-1)]
  }))
}
"""
TWINS, PULLS, NETWORK = (SCENES[key].state for key in ("twins", "pulls", "network"))
A_CLASS = [row for row, point in enumerate(TWINS["points"]) if point[2] == 0]
ANSCOMBE_IV = [list(point) for point in SCENES["lever"].presets[4]]


def alone(state: dict[str, Any]) -> dict[str, Any]:
    """Its first row is the only one of its class, so that the model without it has no fit."""
    points = [[x, y, 1, group] for x, y, _, group in state["points"]]
    points[0][2] = 0
    return state | {"points": points, "rows": [0]}


STATES = {
    **{key: scene.state for key, scene in SCENES.items()},
    **{f"{key}, alone": alone(SCENES[key].state) for key in ("penalty", "weight")},
    "lever, leverage 1": SCENES["lever"].state | {"points": ANSCOMBE_IV, "rows": [7]},
    "twins, a class": TWINS | {"rows": A_CLASS},
    "weight, twice": SCENES["weight"].state | {"settings": {"strength": 0.01, "weight": 2.0}},
}
NUMBER = set("0123456789")


@pytest.fixture(scope="module")
def views(browser: Any) -> dict[str, Any]:
    """Before and after the reveal, each at first, on the way and at the end."""
    page = browser.new_page()
    source = base64.b64encode(script().encode()).decode()
    found = page.evaluate(VIEWS, [source, list(STATES.values())])
    page.close()
    return dict(zip(STATES, found, strict=True))


def tones(panel: dict[str, Any]) -> set[str]:
    return {tone for mark in panel["marks"] for tone in mark.get("tone", "").split()}


@pytest.mark.parametrize("name", STATES)
def test_no_estimate_is_drawn_or_told_without_its_truth(views: Any, name: str) -> None:
    hidden, shown = views[name]
    for view in hidden:
        if name != "lissa":  # its path is what one bets on, beside the exact solution
            assert "predicted" not in {tone for panel in view["panels"] for tone in tones(panel)}
        assert not any(row.get("predicted") for row in view["rows"])
    for view in shown:
        for panel in view["panels"]:
            if "predicted" in tones(panel):
                exact = "probe" if name == "lissa" else "true"
                assert exact in tones(panel) or panel["key"] == "errors", panel["key"]
        for row in view["rows"]:
            assert row.get("true") or not NUMBER & set(row.get("predicted") or ""), row["label"]


def test_a_truth_that_is_not_determined_is_said_to_be(views: Any) -> None:
    for name in ("lever, leverage 1", "twins, a class", "penalty, alone"):
        _, (*_, last) = views[name]
        assert last["rows"][0]["true"] == "not determined", name
        for panel in last["panels"]:
            assert np.isfinite([panel["x"]["domain"], panel["y"]["domain"]]).all(), name


def test_the_dial_draws_the_tangents_boundary(views: Any) -> None:
    for name in ("weight", "weight, twice"):
        _, (*_, last) = views[name]
        drawn = [mark["tone"] for mark in last["panels"][0]["marks"] if mark["kind"] == "line"]
        assert drawn == ["before", "true", "predicted"]


def test_the_parameters_roll_to_the_true_refit(views: Any) -> None:
    _, (first, middle, last) = views["pulls"]
    balls = [
        next(mark for mark in view["panels"][1]["marks"] if mark.get("tone") == "reached")
        for view in (first, middle, last)
    ]
    X, y = np.array(PULLS["points"])[:, :2], np.array(PULLS["points"])[:, 2]
    penalty, model = ax.Ridge(PULLS["settings"]["strength"]), ax.LinearMap(2, intercept=False)
    fit = ax.fit_objective(ax.Objective(model, "bernoulli", penalty, X, y))
    truth = ax.retrain(fit, PULLS["rows"]).theta
    at = np.array([[ball["x"], ball["y"]] for ball in balls])
    assert at[2] == pytest.approx(truth, abs=1e-8)
    left = np.linalg.norm(at - truth, axis=1)
    assert np.linalg.norm(fit.theta - truth) >= left[0] > left[1] > left[2]


def test_negative_curvature_is_drawn_where_it_is(views: Any) -> None:
    _, (*_, last) = views["network"]
    [panel] = [one for one in last["panels"] if one["key"] == "eigenvalues"]
    X, y = np.array(NETWORK["points"])[:, :2], np.array(NETWORK["points"])[:, 2]
    objective = ax.Objective(ax.MLP(2, (6,), 1), "bernoulli", None, X, y)
    theta = objective.vector(np.array(last["theta"]))
    for kind, shape in ((ax.Fisher, "circle"), (ax.Hessian, "square")):
        values = np.linalg.eigvalsh(kind(objective, theta).dense().numpy())
        dots = [mark["y"] for mark in panel["marks"] if mark.get("shape") == shape]
        assert dots == pytest.approx(values, abs=1e-9)
    assert min(dots) < -1e-4
    [red] = [mark for mark in panel["marks"] if mark["kind"] == "area"]
    assert red["y"] == [panel["y"]["domain"][0], 0]
