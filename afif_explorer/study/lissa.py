"""LiSSA at one scale and depth, over the plane of both, and run for real."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from afif_explorer import wording
from afif_explorer.choices.penalties import PENALTIES
from afif_explorer.engine.solvers.base import Status
from afif_explorer.engine.solvers.lissa.solver import TOLERANCE, LiSSA
from afif_explorer.errors import DoesNotApply
from afif_explorer.progress import report
from afif_explorer.results import LissaReport
from afif_explorer.spec import Spec
from afif_explorer.study.solving import (
    curvature_of,
    influence,
    lissa_rule,
    lissa_settings,
    shortfall,
    spectrum,
)
from afif_explorer.study.store import stage
from afif_explorer.study.targets import aim

MARKS = 40  # depths at which errors are given
MAP = (45, 41)  # depths and scales of the map
SMALLEST, LARGEST = 0.2, 200.0  # scales of the map, relative to the largest eigenvalue
DEEPEST = 100_000
CARRIED_OUT = 1000  # steps of the recursion with all rows, at most, that check what is computed


def lissa(spec: Spec, run: bool = False) -> LissaReport:
    """The predicted error of LiSSA everywhere and, if ``run``, of the true mini-batch recursion.

    Errors are ``||x - C^-1 c|| / ||C^-1 c||`` with ``c`` the target's gradient. A divergence is
    reported, not raised: it is what this result is there to show. Raises :class:`DoesNotApply` for
    penalties with kinks.
    """
    penalty = PENALTIES[spec.penalty]
    if penalty.nonsmooth:
        raise DoesNotApply(
            f"LiSSA solves a linear system, but with {penalty.label.lower()} a removal "
            "is answered by a proximal step, which is none: choose ridge or no penalty for this view."
        )
    kind = curvature_of(spec)
    rule, basis = lissa_rule(spec, kind), spectrum(spec, kind)
    scale, depth = lissa_settings(spec, kind)
    c = aim(spec).gradient
    steps = _spread(1, max(depth, 2), MARKS)
    scales = np.geomspace(SMALLEST, LARGEST, MAP[1]) * abs(rule.largest)
    depths = _spread(1, DEEPEST, MAP[0])
    mean = basis.errors(c, np.array([scale]), steps, spec.damping)[:, 0]
    true = stage("lissa run", spec, lambda: _run(spec)) if run else _NOT_RUN
    return LissaReport(
        scale=scale,
        depth=depth,
        batch_size=rule.batch_size,
        repeats=spec.repeats,
        damping=spec.damping,
        automatic_scale=rule.scale,
        automatic_depth=rule.depth_at(scale),
        rule_depth=rule.depth_at(rule.scale),
        largest_eigenvalue=rule.largest,
        smallest_eigenvalue=rule.smallest,
        trace=rule.trace,
        steps=steps,
        mean_error=mean,
        run_error=true.errors,
        run_steps=true.steps,
        run_status=true.status,
        map_scales=scales,
        map_depths=depths,
        map_error=basis.errors(c, scales, depths, spec.damping),
        advice=_advice(spec, scale, depth, mean, true),
        run_gap=true.gap,
        recursion_gap=true.recursion_gap,
    )


@dataclass(frozen=True, eq=False)
class _Run:
    steps: np.ndarray
    errors: np.ndarray
    status: str
    advice: str
    gap: float | None = None
    recursion_gap: float | None = None


_NOT_RUN = _Run(np.empty(0, int), np.empty(0), "", "")


def _run(spec: Spec) -> _Run:
    kind = curvature_of(spec)
    scale, depth = lissa_settings(spec, kind)
    ready, c = influence(spec, kind), aim(spec).gradient
    settings = LiSSA(
        scale=scale,
        depth=depth,
        repeats=spec.repeats,
        batch_size=lissa_rule(spec, kind).batch_size,
        seed=spec.seed,
        checkpoints=MARKS,
    )
    solution = settings.prepare(ready.curvature).solve(c)
    if solution.status is Status.DIVERGED:
        return _Run(np.empty(0, int), np.empty(0), "diverged", solution.advice)
    truth = ready.prepared.solve(c).value
    steps, path = solution.stats["path"]
    away = torch.linalg.vector_norm(path.reshape(len(steps), -1) - truth.cpu(), dim=1)
    errors = (away / truth.norm().cpu().clamp(min=1e-300)).numpy()
    return _Run(
        np.asarray(steps),
        errors,
        solution.status.value,
        solution.advice,
        _gap(spec, scale, depth, solution.value),
        _recursion_gap(spec, scale, depth),
    )


def _gap(spec: Spec, scale: float, depth: int, found: Tensor) -> float | None:
    """How far the computed result of so many steps is from ``found`` ``[p]``, as a share of its length."""
    basis, c = spectrum(spec, curvature_of(spec)), aim(spec).gradient
    if basis.diverges(scale, spec.damping):
        return None
    computed = basis.lissa(c, scale=scale, depth=depth, damping=spec.damping)
    return float((found - computed).norm() / computed.norm().clamp(min=1e-300))


def _recursion_gap(spec: Spec, scale: float, depth: int) -> float | None:
    """The same for the recursion with all rows in every step, or for its first thousand steps."""
    matrix, c = influence(spec, curvature_of(spec)).curvature.dense(), aim(spec).gradient
    steps, u = min(depth, CARRIED_OUT), c
    for step in range(steps):
        report("recursion with all rows", step, steps)
        u = c + u - matrix @ u / scale
    return _gap(spec, scale, steps, u / scale)


def _advice(spec: Spec, scale: float, depth: int, mean: np.ndarray, true: _Run) -> str:
    kind = curvature_of(spec)
    if np.isnan(mean[-1]):
        return lissa_rule(spec, kind).way_out(kind.name, scale)
    if true.status in ("diverged", "max_steps"):
        return true.advice
    if mean[-1] > TOLERANCE:
        return (
            f"After {wording.count(depth)} steps the error is still {mean[-1]:.2g}. "
            f"{shortfall(spec, kind, scale, depth)}"
        )
    return ""


def _spread(first: int, last: int, count: int) -> np.ndarray:
    """Whole numbers from first to last, evenly spread on a log scale, each once."""
    return np.unique(np.geomspace(first, last, count).round().astype(int))
