"""The scenes' engine in JavaScript, number for number against the Python engine, in one load of a page."""

from __future__ import annotations

import base64
import warnings
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch.func import grad, hessian, jvp
from torch.nn.functional import softplus

import afif_explorer as ax
from afif_explorer.engine.curvature.spectrum import spectrum_of
from afif_explorer.engine.solvers.lissa.full_batch import exact_rule
from afif_explorer.engine.training.fit import minimise
from afif_explorer.scenes.bundle import joined

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.browser
LOSSES = {"linear": "gaussian", "logistic": "bernoulli", "network": "bernoulli"}
ENGINE, MOST_BYTES = "engine.js", 30_000
HIDDEN = 4
PLAIN = {"leverage_correction": False}
ONE_STEP = {"order": 1, "refine": False}
REFITS = ("refit", "alone", "weighted")
TOLERANCES = dict.fromkeys((*REFITS, "network"), 1e-8)

RUN = """
async ([source, problems]) => {
  const {default: e} = await import("data:text/javascript;base64," + source)
  const list = (a) => a && Array.from(a)
  return problems.map(({problem, targets: asked, rows, start, trained, weights, row}) => {
    const begun = start && Float64Array.from(start)
    const train = () => (begun ? e.finish(e.newton(problem, begun, null, 400)) : e.fit(problem))
    const fitted = begun && !trained ? {theta: begun, converged: true} : train()
    const at = fitted.theta, targets = asked.map((one) => e.oriented(problem, at, one))
    const each = (options) => targets.map((one) => list(e.effects(problem, at, one, options)))
    const hessian = e.curvature(problem, at, null, "hessian")
    const out = {theta: list(at), converged: {theta: fitted.converged}}
    if (!fitted.converged) return out
    Object.assign(out, {first: each(), hessian: each({kind: "hessian"})})
    out.eigenvalues = e.spectrum(hessian, at.length).values
    const refit = e.refit(problem, at, rows)
    out.refit = list(refit.theta)
    out.converged.refit = refit.converged
    if (begun) return out
    const value = (theta) => targets.map((one) => e.measure(problem, theta, one))
    const change = (moved) => moved && value(moved).map((one, k) => one - value(at)[k])
    out.corrected = each({corrected: true})
    out.leverages = e.leverages(problem, at)
    out.stepped = change(e.step(problem, at, rows))
    out.newton = change(e.step(problem, at, rows, {corrected: true}))
    out.plugged = each({plugged: true}).map((one) => one[row])
    out.one = change(e.step(problem, at, [row]))
    out.alone = list(e.refits(problem, at)[row])
    out.weighted = list(e.fit(problem, weights, at).theta)
    out.dial = targets.slice(0, 2).flatMap((one) => Object.values(e.dialTarget(problem, at, row, one)))
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
    """A fit of a scene, what is asked about it, and what Python says about it.

    A network begins at ``start`` and is ``trained`` by the scene's engine, or taken as it is.
    """

    model: str
    X: np.ndarray
    y: np.ndarray
    strength: float
    targets: list[dict[str, Any]]
    rows: list[int]
    row: int
    weights: np.ndarray
    intercept: bool = True
    start: np.ndarray | None = None
    trained: bool = False

    @property
    def message(self) -> dict[str, Any]:
        """As the engine takes it."""
        problem = {"model": self.model, "X": self.X.tolist(), "y": self.y.tolist()}
        settings = {"strength": self.strength, "hidden": HIDDEN, "intercept": self.intercept}
        return {
            "problem": problem | settings,
            "targets": self.targets,
            "rows": self.rows,
            "row": self.row,
            "weights": self.weights.tolist(),
            "start": None if self.start is None else self.start.tolist(),
            "trained": self.trained,
        }

    @property
    def network(self) -> bool:
        return self.model == "network"

    def removable(self, rows: list[int]) -> bool:
        """Whether a row of each class stays."""
        return self.model == "linear" or set(np.delete(self.y, rows)) == set(self.y)

    def objective(self) -> ax.Objective:
        d = self.X.shape[1]
        plain = ax.LinearMap(d, intercept=self.intercept)
        model = ax.MLP(d, (HIDDEN,), 1) if self.network else plain
        penalty = ax.Ridge(self.strength) if self.strength else None
        return ax.Objective(model, LOSSES[self.model], penalty, self.X, self.y)

    def fit(self, theta: list[float]) -> ax.Fit:
        """By Python; a network's parameters are taken over."""
        asked = {"x": self.X[0].tolist(), "y": 0.0} | self.targets[0]
        test, groups = (np.array([asked["x"]]), np.array([asked["y"]])), np.arange(len(self.y)) % 2
        objective = self.objective()
        if not self.network:
            return ax.fit_objective(objective, test=test, sensitive=groups)
        module = objective.model.to_module(objective.vector(np.array(theta)))
        about = (self.X, self.y, LOSSES[self.model], objective.penalty)
        return ax.from_trained(module, *about, test=test, sensitive=groups)

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

    def design(self, X: Any) -> torch.Tensor:
        """Rows, with a 1 for the intercept."""
        return torch.tensor(np.c_[np.asarray(X, float), np.ones((len(X), int(self.intercept)))])

    def dial(self, theta: torch.Tensor) -> list[float]:
        """First and second derivatives of chance and loss by the weight of the row, from autograd."""
        where, row = self.targets[1], self.row
        X, y, x = self.design(self.X), torch.tensor(self.y), self.design([where["x"]])[0]
        shrunk = torch.tensor([1.0] * self.X.shape[1] + [0.0] * self.intercept, dtype=torch.float64)

        def losses(f: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            return (y - f) ** 2 / 2 if self.model == "linear" else softplus(f) - y * f

        def objective(at: torch.Tensor) -> torch.Tensor:
            return losses(X @ at, y).mean() + self.strength * (shrunk * at**2).sum() / 2

        def own(at: torch.Tensor) -> torch.Tensor:
            return losses(X[row] @ at, y[row]) / len(y)

        def aims(at: torch.Tensor) -> torch.Tensor:
            f = x @ at
            chance = f if self.model == "linear" else torch.sigmoid(f)
            return torch.stack([chance, losses(f, torch.tensor(where["y"]))])

        def twice(function: Callable[..., torch.Tensor]) -> torch.Tensor:
            return jvp(lambda at: jvp(function, (at,), (first,))[1], (theta,), (first,))[1]

        bend = hessian(objective)(theta)
        first = -torch.linalg.solve(bend, grad(own)(theta))
        turned = jvp(grad(own), (theta,), (first,))[1]
        second = -torch.linalg.solve(bend, twice(grad(objective)) + 2 * turned)
        slopes = [jvp(aims, (theta,), (along,))[1] for along in (first, second)]
        return torch.stack([slopes[0], slopes[1] + twice(aims)], 1).flatten().tolist()


def problem(
    rng: np.random.Generator, model: str, X: np.ndarray, y: np.ndarray, strength: float, **more: Any
) -> Problem:
    """One with the four targets (a network has no coefficients that mean anything)."""
    n, d = X.shape
    where = {"x": rng.normal(size=d).round(3).tolist(), "y": float(rng.integers(2))}
    targets = [{"kind": "chance", **where}, {"kind": "loss", **where}]
    targets.append({"kind": "gap", "groups": (np.arange(n) % 2).tolist()})
    targets.append({"kind": "coefficient", "place": 0} if model != "network" else targets[0])
    weights, row = 1 + rng.integers(0, 3, n) / 2, int(rng.integers(n))
    rows = [n - 1, n - 2][: 1 if n == 2 else 1 + row % 2]
    return Problem(model, X, y, strength, targets, rows, row, weights, **more)


def random_problems() -> list[Problem]:
    """200, with four targets each; a quarter are networks, every other of them trained."""
    made = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        model = ("linear", "logistic", "logistic", "network")[seed % 4]
        n, d = int(rng.integers(8, 61)), 1 if model == "linear" and seed % 8 else 2
        X = rng.normal(size=(n, d)).round(3)
        y = (X @ rng.normal(size=d) + rng.normal(size=n)).round(3)
        if model != "linear":
            y = (y > 0).astype(float)
            y[:4] = [0, 1, 0, 1]  # both classes, whoever goes
        strength = round(10 ** rng.uniform(-2.5, 0), 3)
        more: dict[str, Any] = {"intercept": model == "network" or seed % 3 > 0}
        if model == "network":
            start = rng.normal(size=HIDDEN * (d + 2) + 1)
            more |= {"start": start, "trained": seed % 8 == 7}
        made.append(problem(rng, model, X, y, strength, **more))
    return made


def degenerate_problems() -> list[Problem]:
    """20: separable, duplicated, collinear, constant, two points, one class, no penalty, far out."""
    rng = np.random.default_rng(7)
    X, labels = rng.normal(size=(12, 2)).round(3), np.arange(12) % 3 % 2.0
    apart, twice, line = X + 4 * labels[:, None], np.repeat(X, 2, axis=0), X[:, :1] * [1, 2]
    far, flat, same = X.copy(), X * [1, 0], np.full((6, 2), 0.7)
    far[3] = [200, -300]
    pair, ends, ones = np.array([[-1.0], [1.0]]), np.array([0.0, 1.0]), np.ones(12)
    mixed = (np.arange(12) % 2).astype(float)
    without = {"intercept": False}
    return [
        problem(rng, "logistic", apart, labels, 0.01),
        problem(rng, "logistic", apart, labels, 1e-4),
        problem(rng, "logistic", apart, labels, 0),  # no minimum
        problem(rng, "logistic", twice, np.repeat(labels, 2), 0.01),
        problem(rng, "linear", twice, np.repeat(X[:, 1], 2), 0.01),
        problem(rng, "logistic", line, labels, 0.01),
        problem(rng, "linear", line, X[:, 1], 0.01),
        problem(rng, "logistic", flat, labels, 0.01),
        problem(rng, "linear", flat, X[:, 1], 0.01),
        problem(rng, "linear", pair, ends, 0.1),
        problem(rng, "logistic", pair, ends, 0.1),  # without a row no minimum
        problem(rng, "logistic", pair, ends, 0.1, **without),
        problem(rng, "linear", same, np.arange(6) % 4.0, 0.1),
        problem(rng, "logistic", same, np.arange(6) % 2.0, 0.1),
        problem(rng, "logistic", X, ones, 0.1),  # no minimum
        problem(rng, "logistic", X, ones, 0.1, **without),
        problem(rng, "linear", X, ones, 0.1),
        problem(rng, "logistic", X, mixed, 0),
        problem(rng, "linear", X, X[:, 1] ** 2, 0),
        problem(rng, "logistic", far, labels, 0.01),
    ]


def network_refit(one: Problem, found: list[float]) -> float:
    """How far the engine's refit is from a stationary point of the objective without the rows."""
    objective = one.objective()
    weights = torch.ones(len(one.y), dtype=torch.float64)
    weights[one.rows] = 0
    return float(objective.at(objective.vector(np.array(found))).gradient(weights).norm())


def expected(one: Problem, got: dict[str, Any]) -> dict[str, Any]:
    """The same numbers from Python; a network's are those at the parameters ``got``."""
    fit = one.fit(got["theta"])
    out: dict[str, Any] = {"theta": fit.theta, "converged": fit.converged or one.network}
    if not out["converged"]:
        return {"converged": False}
    theta, aims = fit.objective.vector(fit.theta), one.aims()

    def each(method: ax.Method) -> np.ndarray:
        return np.asarray(ax.attribute(fit, aims, method, **ONE_STEP)).T

    out["eigenvalues"] = eigenvalues = np.linalg.eigvalsh(
        ax.Hessian(fit.objective, theta).dense().numpy()
    )
    singular = eigenvalues[0] < 1e-12 * eigenvalues[-1]
    if one.network or not singular:
        out["first"] = each(ax.AFIF(**PLAIN))
    if not singular:
        out["hessian"] = each(ax.InfinitesimalJackknife(**PLAIN))
    if one.network or singular:
        return out | ({"trained": 0.0} if one.trained else {} if one.network else refits(one, fit))
    out["corrected"] = each(ax.AFIF(leverage_correction=True))
    out["leverages"] = ax.diagnostics(fit)["leverage"]
    for name, rows, method in (
        ("stepped", one.rows, ax.AFIF(**PLAIN)),
        ("newton", one.rows, ax.AFIF(leverage_correction=True)),
        ("one", [one.row], ax.AFIF(**PLAIN)),
    ):
        if one.removable(rows):
            found = ax.unlearn(fit, fit.ids[rows], method, aims).effects
            out[name] = [found[aim] for aim in aims]
    if "one" in out:
        out["plugged"] = out["one"]
    out["dial"] = one.dial(theta)
    curvature = ax.Fisher(fit.objective, theta)
    rule, spectrum = exact_rule(curvature), spectrum_of(curvature)
    residual = fit.predict(one.X)[one.row] - one.y[one.row]
    b = residual * one.design(one.X)[one.row]
    out["rule"] = [rule.scale, rule.depth_at(rule.scale), *spectrum.values.tolist()]
    out["lissa"] = spectrum.lissa(b[:, None], scale=1.1 * rule.largest, depth=30)[:, 0]
    return out | refits(one, fit)


def refits(one: Problem, fit: ax.Fit) -> dict[str, Any]:
    """The parameters without rows and with other weights."""
    out = {"weighted": minimise(fit.objective, weights=torch.tensor(one.weights)).theta}
    for name, rows in (("refit", one.rows), ("alone", [one.row])):
        if one.removable(rows):
            out[name] = ax.retrain(fit, fit.ids[rows]).theta
    return out


def off(found: Any, wanted: Any) -> float:
    """The largest difference of what is defined, relative to 1 or the largest entry."""
    found, wanted = np.asarray(found, float), np.asarray(wanted, float)
    there = np.isfinite(wanted)
    if not there.any():
        return 0.0
    return float(np.abs((found - wanted)[there]).max() / max(1.0, np.abs(wanted[there]).max()))


def test_javascript_agrees_with_python(page):
    drawn, edge = random_problems(), degenerate_problems()
    assert (len(drawn), len(edge)) == (200, 20)
    script = f"{joined(ENGINE)}\nexport default modules['{ENGINE}']"
    assert len(script) <= MOST_BYTES
    source = base64.b64encode(script.encode()).decode()
    page.goto("about:blank")
    found = page.evaluate(RUN, [source, [one.message for one in drawn + edge]])
    compared: Counter[str] = Counter()
    for place, (one, got) in enumerate(zip(drawn + edge, found, strict=True)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # states on the edge are meant to be
            wanted = expected(one, got)
        assert got["converged"]["theta"] == wanted.pop("converged"), place
        if not wanted:
            continue
        assert (got["hessian"][0] is None) == ("hessian" not in wanted), place
        if not one.network and one.intercept:
            assert got["converged"]["refit"] == one.removable(one.rows), place
        if one.trained:
            got["trained"] = network_refit(one, got["refit"])
        for name, value in wanted.items():
            apart = off(got[name], value)
            kind = "network" if one.network else name
            assert apart <= TOLERANCES.get(kind, 1e-10), (place, one.model, name, apart)
            compared[name] += 1
    assert (compared["first"], compared["trained"]) == (218, 25)  # two have no minimum
    assert compared["hessian"] > 190
    assert min(compared["refit"], compared["dial"]) >= 166
