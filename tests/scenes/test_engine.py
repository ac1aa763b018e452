"""The scenes' engine in JavaScript, number for number against the Python engine, in one load of a page."""

from __future__ import annotations

import base64
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch

import afif_explorer as ax
from afif_explorer.engine.curvature.spectrum import spectrum_of
from afif_explorer.engine.solvers.lissa.full_batch import exact_rule
from afif_explorer.engine.training.fit import minimise
from afif_explorer.scenes.bundle import joined

pytestmark = pytest.mark.browser
LOSSES = {"linear": "gaussian", "logistic": "bernoulli", "network": "bernoulli"}
ENGINE, MOST_BYTES = "engine.js", 30_000
HIDDEN = 4
PLAIN = {"leverage_correction": False}
ONE_STEP = {"order": 1, "refine": False}
TOLERANCES = dict.fromkeys(("refit", "alone", "weighted", "network"), 1e-8)

RUN = """
async ([source, problems]) => {
  const {default: e} = await import("data:text/javascript;base64," + source)
  const list = (a) => a && Array.from(a)
  return problems.map(({problem, targets: asked, rows, theta, weights, row}) => {
    const fitted = theta ? {theta: Float64Array.from(theta)} : e.fit(problem)
    const at = fitted.theta, targets = asked.map((one) => e.oriented(problem, at, one))
    const each = (options) => targets.map((one) => list(e.effects(problem, at, one, options)))
    const hessian = e.curvature(problem, at, null, "hessian")
    const out = {theta: list(at), first: each(), hessian: each({kind: "hessian"})}
    out.eigenvalues = e.spectrum(hessian, at.length).values
    if (theta) return out
    const value = (theta) => targets.map((one) => e.measure(problem, theta, one))
    const change = (moved) => value(moved).map((one, k) => one - value(at)[k])
    out.corrected = each({corrected: true})
    out.leverages = e.leverages(problem, at)
    out.stepped = change(e.step(problem, at, rows))
    out.newton = change(e.step(problem, at, rows, {corrected: true}))
    out.plugged = each({plugged: true}).map((one) => one[row])
    out.one = change(e.step(problem, at, [row]))
    out.refit = list(e.refit(problem, at, rows).theta)
    out.alone = list(e.refits(problem, at)[row])
    out.weighted = list(e.fit(problem, weights, at).theta)
    const rule = e.lissaRule(problem, at)
    out.rule = [rule.scale, rule.depth, ...rule.values]
    const b = e.rowGradient(problem, at, row), scale = 1.1 * rule.scale
    out.lissa = list(e.lissaPath(problem, at, b, {scale, depth: 30}).at(-1))
    return out
  })
}
"""


@dataclass
class Problem:
    """A fit of a scene, what is asked about it, and what Python says about it."""

    model: str
    X: np.ndarray
    y: np.ndarray
    strength: float
    targets: list[dict[str, Any]]
    rows: list[int]
    row: int
    weights: np.ndarray
    theta: np.ndarray | None = None

    @property
    def message(self) -> dict[str, Any]:
        """As the engine takes it."""
        problem = {"model": self.model, "X": self.X.tolist(), "y": self.y.tolist()}
        return {
            "problem": problem | {"strength": self.strength, "hidden": HIDDEN},
            "targets": self.targets,
            "rows": self.rows,
            "row": self.row,
            "weights": self.weights.tolist(),
            "theta": None if self.theta is None else self.theta.tolist(),
        }

    def objective(self) -> ax.Objective:
        d = self.X.shape[1]
        model = ax.MLP(d, (HIDDEN,), 1) if self.model == "network" else ax.LinearMap(d)
        penalty, loss = ax.Ridge(self.strength), LOSSES[self.model]
        return ax.Objective(model, loss, penalty, self.X, self.y)

    def fit(self) -> ax.Fit:
        asked = {"x": self.X[0].tolist(), "y": 0.0} | self.targets[0]
        test, groups = (np.array([asked["x"]]), np.array([asked["y"]])), self.groups()
        objective = self.objective()
        if self.theta is None:
            return ax.fit_objective(objective, test=test, sensitive=groups)
        module = objective.model.to_module(objective.vector(self.theta))
        about = (self.X, self.y, LOSSES[self.model], ax.Ridge(self.strength))
        return ax.from_trained(module, *about, test=test, sensitive=groups)

    def groups(self) -> np.ndarray:
        return np.arange(len(self.y)) % 2

    def aims(self) -> list[ax.Target]:
        """The targets in Python."""
        disparity = ax.DemographicParityDifference("group", "train", favourable=1)
        gap = ax.MeanPredictionDifference("group", "train") if self.model == "linear" else disparity
        made = {
            "chance": ax.Prediction("test", 0),
            "loss": ax.PointLoss("test", 0),
            "gap": gap,
            "coefficient": ax.Coefficient(0),
        }
        return [made[one["kind"]] for one in self.targets]


def problem(rng: np.random.Generator, model: str, X: np.ndarray, y: np.ndarray, strength: float):
    """One with the four targets (a network has no coefficients that mean anything)."""
    n, d = X.shape
    where = {"x": rng.normal(size=d).round(3).tolist(), "y": float(rng.integers(2))}
    targets = [{"kind": "chance", **where}, {"kind": "loss", **where}]
    targets.append({"kind": "gap", "groups": (np.arange(n) % 2).tolist()})
    targets.append({"kind": "coefficient", "place": 0} if model != "network" else targets[0])
    weights, row = 1 + rng.integers(0, 3, n) / 2, int(rng.integers(n))
    rows = [n - 1, n - 2][: 1 if n == 2 else 1 + row % 2]
    return Problem(model, X, y, strength, targets, rows, row, weights)


def random_problems() -> list[Problem]:
    """Fifty with four targets each: 200 states."""
    made = []
    for seed in range(50):
        rng = np.random.default_rng(seed)
        model = ("linear", "logistic", "logistic", "network")[seed % 4]
        n, d = int(rng.integers(8, 61)), 1 if model == "linear" and seed % 8 else 2
        X = rng.normal(size=(n, d)).round(3)
        y = (X @ rng.normal(size=d) + rng.normal(size=n)).round(3)
        if model != "linear":
            y = (y > 0).astype(float)
            y[:4] = [0, 1, 0, 1]  # both classes, whoever goes
        one = problem(rng, model, X, y, round(10 ** rng.uniform(-2.5, 0), 3))
        if model == "network":
            one.theta = rng.normal(size=HIDDEN * (d + 2) + 1)
        made.append(one)
    return made


def degenerate_problems() -> list[Problem]:
    """Five with four targets each: separable, duplicated, collinear, two points, all rows the same."""
    rng = np.random.default_rng(7)
    X, labels = rng.normal(size=(12, 2)).round(3), np.arange(12) % 3 % 2.0
    apart, twice = X + 4 * labels[:, None], np.repeat(X, 2, axis=0)
    line = np.column_stack([X[:, 0], 2 * X[:, 0]])
    return [
        problem(rng, "logistic", apart, labels, 0.01),
        problem(rng, "logistic", twice, np.repeat(labels, 2), 0.01),
        problem(rng, "logistic", line, labels, 0.01),
        problem(rng, "linear", np.array([[-1.0], [1.0]]), np.array([0.0, 1.0]), 0.1),
        problem(rng, "linear", np.full((6, 2), 0.7), np.arange(6) % 4.0, 0.1),
    ]


def expected(one: Problem) -> dict[str, Any]:
    """The same numbers from Python."""
    fit, aims = one.fit(), one.aims()
    theta = fit.objective.vector(fit.theta)

    def each(method: ax.Method) -> np.ndarray:
        return np.asarray(ax.attribute(fit, aims, method, **ONE_STEP)).T

    hessian = np.linalg.eigvalsh(ax.Hessian(fit.objective, theta).dense().numpy())
    out: dict[str, Any] = {
        "theta": fit.theta,
        "eigenvalues": hessian,
        "first": each(ax.AFIF(**PLAIN)),
    }
    if hessian[0] > 1e-6:
        out["hessian"] = each(ax.InfinitesimalJackknife(**PLAIN))
    if one.theta is not None:
        return out
    out["corrected"] = each(ax.AFIF(leverage_correction=True))
    out["leverages"] = ax.diagnostics(fit)["leverage"]
    for name, rows, method in (
        ("stepped", one.rows, ax.AFIF(**PLAIN)),
        ("newton", one.rows, ax.AFIF(leverage_correction=True)),
        ("one", [one.row], ax.AFIF(**PLAIN)),
    ):
        found = ax.unlearn(fit, fit.ids[rows], method, aims).effects
        out[name] = [found[aim] for aim in aims]
    out["plugged"] = out["one"]
    out["refit"] = ax.retrain(fit, fit.ids[one.rows]).theta
    out["alone"] = ax.retrain(fit, fit.ids[[one.row]]).theta
    out["weighted"] = minimise(fit.objective, weights=torch.tensor(one.weights)).theta
    curvature = ax.Fisher(fit.objective, theta)
    rule, spectrum = exact_rule(curvature), spectrum_of(curvature)
    residual = fit.predict(one.X)[one.row] - one.y[one.row]
    b = torch.tensor(residual * np.append(one.X[one.row], 1.0))
    out["rule"] = [rule.scale, rule.depth_at(rule.scale), *spectrum.values.tolist()]
    out["lissa"] = spectrum.lissa(b[:, None], scale=1.1 * rule.largest, depth=30)[:, 0]
    return out


def off(found: Any, wanted: Any) -> float:
    """The largest difference of what is defined, relative to 1 or the largest entry."""
    found, wanted = np.asarray(found, float), np.asarray(wanted, float)
    there = np.isfinite(wanted)
    return float(np.abs((found - wanted)[there]).max() / max(1.0, np.abs(wanted[there]).max()))


def test_javascript_agrees_with_python(page):
    problems = random_problems() + degenerate_problems()
    script = f"{joined(ENGINE)}\nexport default modules['{ENGINE}']"
    assert len(script) <= MOST_BYTES
    source = base64.b64encode(script.encode()).decode()
    page.goto("about:blank")
    found = page.evaluate(RUN, [source, [one.message for one in problems]])
    compared: dict[str, int] = {}
    for place, (one, got) in enumerate(zip(problems, found, strict=True)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # states on the edge are meant to be
            wanted = expected(one)
        for name, value in wanted.items():
            apart = off(got[name], value)
            kind = "network" if one.theta is not None else name
            assert apart <= TOLERANCES.get(kind, 1e-10), (place, one.model, name, apart)
            compared[name] = compared.get(name, 0) + 1
    assert compared["first"] == 55
    assert compared["refit"] >= 40
