"""Random results with the properties of real data: heavy tails, uneven groups."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from afif_explorer.results import (
    Agreement,
    Cost,
    CrossValidationReport,
    HeldOutCheck,
    HeldOutEstimates,
    LissaReport,
    Points,
    Reach,
    RowValues,
    SolverSummary,
    Unlearning,
    Verification,
)
from tests.helpers.views import (
    comparison,
    curvature_truth,
    decisions,
    diagnostics,
    patterns,
    person,
)

HOSTILE = "<img src=x onerror=alert(1)><b>bold</b><a href='x'>link</a> &amp; %{x} $a$ \u202e\n\x07"
SOLVER = SolverSummary("Cholesky", "converged", "", 1e-14, 0.0, 0.02)


def solver(words: str | None = None) -> SolverSummary:
    """One that converged; with ``words`` one that did not, and that says them."""
    return (
        SOLVER if words is None else replace(SOLVER, name=words, status="max_steps", advice=words)
    )


def _effects(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.standard_t(2.5, n) * 4e-6


def points(words: str | None = None, n: int = 300) -> Points:
    rng = np.random.default_rng(1)
    prediction = rng.beta(1, 3, n)
    outcome = np.where(rng.random(n) < prediction, ">50K", "<=50K").astype(object)
    group = np.where(rng.random(n) < 0.67, "Male", "Female").astype(object)
    label, unit, raises = (
        "mean loss on the test rows",
        "nats",
        "leaving the row out raises the loss",
    )
    x_label, y_label = "Principal component 1", "Principal component 2"
    if words is not None:
        outcome[:], group[:] = words, words
        label = unit = raises = x_label = y_label = words
    return Points(
        ids=rng.permutation(10 * n)[:n],
        effect=_effects(rng, n),
        self_influence=rng.exponential(1e-4, n),
        leverage=rng.beta(1, 200, n),
        loss=rng.exponential(0.3, n),
        prediction=prediction,
        outcome=outcome,
        group=group,
        across=RowValues(rng.normal(0, 2, n), x_label),
        up=RowValues(rng.normal(0, 1, n), y_label),
        target_label=label,
        unit=unit,
        target_value=0.33,
        raises=raises,
        solver=solver(words),
    )


def agreement(words: str | None = None, n: int = 300, identical: bool = False) -> Agreement:
    rng = np.random.default_rng(2)
    hessian = _effects(rng, n)
    fisher = hessian if identical else 0.9 * hessian + rng.normal(0, 1e-6, n)
    eigenvalues = np.sort(10 ** rng.uniform(-3, 1.3, 80))
    shifted = eigenvalues if identical else np.sort(eigenvalues + rng.normal(0, 0.01, 80))
    return Agreement(
        ids=rng.permutation(10 * n)[:n],
        fisher=fisher,
        hessian=hessian,
        pearson=float(np.corrcoef(fisher, hessian)[0, 1]),
        spearman=0.953,
        slope=1.0 if identical else 0.9,
        top_k=50,
        overlap=1.0 if identical else 0.92,
        identical=identical,
        fisher_eigenvalues=eigenvalues,
        hessian_eigenvalues=shifted,
        relative_gap=0.0 if identical else 0.31,
        fisher_cost=Cost(102, 2e9, 0.1),
        hessian_cost=Cost(102, 4e9, 0.2),
        target_label=words or "mean loss on the test rows",
        unit=words or "nats",
        solver=solver(words),
    )


def verification(words: str | None = None) -> Verification:
    rng = np.random.default_rng(3)
    predicted = np.concatenate([_effects(rng, 60), 30 * _effects(rng, 40)])
    picked = np.array(["random"] * 60 + ["largest effect"] * 40, dtype=object)
    if words is not None:
        picked[:60] = words
    return Verification(
        ids=np.arange(100) * 7,
        predicted=predicted,
        actual=1.02 * predicted + rng.normal(0, 1e-6, 100),
        picked=picked,
        pearson=0.9994,
        spearman=0.991,
        slope=1.018,
        gradient_norm=3.2e-11,
        seconds=12.0,
        target_label=words or "mean loss on the test rows",
        unit=words or "nats",
        solver=solver(words),
        curvatures=curvature_truth(words),
    )


def lissa(words: str | None = None, scale: float = 30.0, ran: bool = True) -> LissaReport:
    """The closed form of the recursion on a small spectrum, so that the shapes are real."""
    rng = np.random.default_rng(4)
    eigenvalues = np.geomspace(0.1, 24.5, 40)
    load = rng.normal(size=40)

    def error(sigma: float, depths: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", invalid="ignore"):  # where it diverges
            return _relative(sigma, depths)

    def _relative(sigma: float, depths: np.ndarray) -> np.ndarray:
        left = (1 - eigenvalues / sigma) ** (np.asarray(depths)[:, None] + 1)
        solution = load / eigenvalues
        return np.linalg.norm(left * solution, axis=1) / np.linalg.norm(solution)

    steps = np.unique(np.geomspace(1, 5000, 60).astype(int))
    scales, depths = (
        np.geomspace(4, 250, 28),
        np.unique(np.geomspace(10, 20_000, 24).astype(int)),
    )
    plane = np.stack([error(s, depths) for s in scales], axis=1)
    plane[:, scales <= 24.5 / 2] = np.nan
    diverges = scale <= 24.5 / 2
    mean = error(scale, steps[:20] if diverges else steps)
    run = np.sqrt(mean**2 + 0.03**2) if ran else np.empty(0)
    return LissaReport(
        scale=scale,
        depth=1200,
        batch_size=128,
        repeats=4,
        damping=0.0,
        automatic_scale=25.3,
        automatic_depth=2000,
        rule_depth=1500,
        largest_eigenvalue=24.5,
        smallest_eigenvalue=0.1,
        trace=97.0,
        steps=steps[: mean.size],
        mean_error=mean,
        run_error=run,
        run_steps=steps[: run.size],
        run_status=("diverged" if diverges else "max_steps") if ran else "",
        map_scales=scales,
        map_depths=depths,
        map_error=plane,
        advice=words or ("Raise the scale above 24.5." if diverges else ""),
        run_gap=0.031 if ran and not diverges else None,
        recursion_gap=4e-15 if ran and not diverges else None,
    )


def cross_validation(
    words: str | None = None, checked: bool = True, n: int = 300
) -> CrossValidationReport:
    rng = np.random.default_rng(6)
    strengths = np.geomspace(1e-5, 10, 13)
    bend = (np.log10(strengths) + 2.5) ** 2
    rise = rng.lognormal(-8, 1.5, 60)
    return CrossValidationReport(
        penalty="Ridge",
        strengths=strengths,
        mean=0.32 + 0.01 * bend,
        standard_error=np.full(13, 0.006),
        training=0.31 + 0.006 * np.maximum(np.log10(strengths) + 4, 0) ** 2,
        best=float(strengths[5]),
        one_standard_error=float(strengths[6]),
        strength=1e-3,
        mean_here=0.3225,
        standard_error_here=0.006,
        ids=rng.permutation(10 * n)[:n],
        rise=rng.lognormal(-8, 1.5, n),
        leverage=rng.beta(1, 200, n),
        n_parameters=12,
        check=_held_out_check(strengths, rise, rng) if checked else None,
        unit=words or "nats",
        notes=("At 1 strengths training stopped early; their losses are uncertain.",),
        estimates=_estimates(words) if checked else None,
    )


def _estimates(words: str | None) -> HeldOutEstimates:
    columns = ("loss", "one_step", "corrected", "psis", "psis_plug_in", "refit", "pareto_k")
    table = pd.DataFrame([[0.1, 0.2, 0.3, 0.25, 0.31, 0.32, 0.4]] * 3, [5, 1207, 9], columns)
    means = dict.fromkeys(columns[:5], 0.31)
    return HeldOutEstimates(table, means, (words or "2 of 300 rows have a Pareto k above 0.7.",))


def _held_out_check(
    strengths: np.ndarray, rise: np.ndarray, rng: np.random.Generator
) -> HeldOutCheck:
    return HeldOutCheck(
        ids=np.tile(np.arange(20), 3),
        strength=np.repeat(strengths[[0, 5, 12]], 20),
        predicted=rise,
        actual=rise * rng.lognormal(0.05, 0.05, 60),
        strengths=strengths[[0, 5, 12]],
        mean=np.array([0.39, 0.32, 0.45]),
        standard_error=np.array([0.004, 0.001, 0.0]),
        pearson=0.998,
        slope=1.04,
        gradient_norm=2.1e-11,
        seconds=3.0,
    )


def unlearning(words: str | None = None, retrained: bool = True) -> Unlearning:
    rng = np.random.default_rng(5)
    disparity = words or "Demographic parity difference, by sex"
    metrics = pd.DataFrame(
        {
            "before": [0.1702, 0.8471, 0.3193, 0.0921],
            "predicted": [0.1150, 0.8432, 0.3251, 0.0702],
            "retrained": [0.0916, 0.8422, 0.3277, 0.0655],
        },
        index=[
            disparity,
            "Accuracy",
            "Mean loss",
            "Equal opportunity difference, by sex",
        ],
    )
    if not retrained:
        metrics = metrics.drop(columns="retrained")
    shares = np.array([0.0, 0.01, 0.02, 0.05, 0.1, 0.2])
    curves = {
        "AFIF": np.array([0.1702, 0.1542, 0.1426, 0.1150, 0.0835, 0.0475]),
        "AFIF, leverage correction": np.array([0.1702, 0.1535, 0.1401, 0.1090, 0.0730, 0.0300]),
        "Newton step": np.array([0.1702, 0.1521, 0.1372, 0.0980, 0.0420, -0.0400]),
    }
    if retrained:
        curves["retrained"] = np.array([0.1702, 0.1516, 0.1358, 0.0916, 0.0277, -0.0804])
    groups = (words or "Male", "Female")
    before = {
        g: rng.beta(a, 3, n) for g, a, n in zip(groups, (1.2, 0.5), (5000, 2500), strict=True)
    }
    return Unlearning(
        rule=words or "the rows that raise the disparity most",
        ids=np.arange(1500),
        n_train=30_162,
        metrics=metrics,
        units={
            disparity: "probability",
            "Accuracy": "share",
            "Mean loss": words or "nats",
        },
        disparity=disparity,
        shares=shares,
        sweep=curves,
        scores_before=before,
        scores_after={g: np.clip(s + 0.03, 0, 1) for g, s in before.items()},
        reach=Reach(
            "fair",
            0.08,
            0.05,
            words or "Fair: the true change is likely larger than predicted.",
        ),
        solver=solver(words),
        retrained=retrained,
        seconds=0.2,
        utility=words or "Accuracy on the test rows",
        utilities=dict.fromkeys(curves, 0.85 - 0.2 * shares * (1 + shares)),
    )


RESULTS = {
    "points": points,
    "agreement": agreement,
    "verification": verification,
    "lissa": lissa,
    "cross_validation": cross_validation,
    "unlearning": unlearning,
    "patterns": patterns,
    "decisions": decisions,
    "person": person,
    "comparison": comparison,
    "diagnostics": diagnostics,
}
"""Factories by what a figure ``needs``; ``words`` are put wherever text from data goes."""


def holds(px: Any, py: Any, x: list[Any], y: list[Any]) -> bool:
    """Whether a polygon holds a point: the way from it straight up meets an odd number of edges."""
    odd = False
    for i in range(len(x)):
        ax, ay, bx, by = x[i - 1], y[i - 1], x[i], y[i]
        if (ax <= px) != (bx <= px) and ay + (px - ax) / (bx - ax) * (by - ay) > py:
            odd = not odd
    return odd
