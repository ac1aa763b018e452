"""LiSSA at one scale and depth, as a map over both, and as an actual run."""

from __future__ import annotations

import numpy as np

from afif_explorer import wording
from afif_explorer.analysis.rows.lissa_runs import LissaRun, run_lissa
from afif_explorer.choices.penalties import PENALTIES
from afif_explorer.engine.solvers.lissa.rule import TOLERANCE
from afif_explorer.engine.solvers.lissa.solver import LiSSA
from afif_explorer.errors import DoesNotApply
from afif_explorer.results import LissaReport
from afif_explorer.spec import Spec
from afif_explorer.study.solving import (
    curvature_of,
    influence,
    lissa_rule,
    lissa_settings,
    spectrum,
)
from afif_explorer.study.store import stage
from afif_explorer.study.targets import aim

MARKS = 40  # depths at which errors are given
MAP = (45, 41)  # depths and scales of the map
SMALLEST, LARGEST = 0.2, 200.0  # scales of the map, relative to the largest eigenvalue
DEEPEST = 100_000


def lissa(spec: Spec, run: bool = False) -> LissaReport:
    """The computed error of LiSSA for all settings and, if ``run``, that of an actual stochastic run.

    Errors are ``||x - C^-1 c|| / ||C^-1 c||`` with ``c`` the target's gradient. Divergence is
    reported, not raised, since this view shows it. Raises :class:`DoesNotApply` for non-smooth
    penalties.
    """
    penalty = PENALTIES[spec.penalty]
    if penalty.nonsmooth:
        raise DoesNotApply(
            f"LiSSA solves a linear system, but with {penalty.label.lower()} removals "
            "are predicted by proximal steps instead; choose ridge or no penalty for this view."
        )
    kind = curvature_of(spec)
    rule, basis = lissa_rule(spec, kind), spectrum(spec, kind)
    scale, depth = lissa_settings(spec, kind)
    c = aim(spec).gradient
    steps = _spread(1, max(depth, 2), MARKS)
    scales = np.geomspace(SMALLEST, LARGEST, MAP[1]) * abs(rule.largest)
    depths = _spread(1, DEEPEST, MAP[0])
    mean = basis.errors(c, np.array([scale]), steps, spec.damping)[:, 0]
    true = stage("lissa run", spec, lambda: _run(spec)) if run else None
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
        run_error=np.empty(0) if true is None else true.errors,
        run_steps=np.empty(0, int) if true is None else true.steps,
        run_status="" if true is None else true.solution.status.value,
        map_scales=scales,
        map_depths=depths,
        map_error=basis.errors(c, scales, depths, spec.damping),
        advice=_advice(spec, scale, depth, mean, true),
        run_gap=None if true is None else true.gap,
        recursion_gap=None if true is None else true.recursion_gap,
    )


def _run(spec: Spec) -> LissaRun:
    kind = curvature_of(spec)
    scale, depth = lissa_settings(spec, kind)
    settings = LiSSA(
        scale=scale,
        depth=depth,
        repeats=spec.repeats,
        batch_size=lissa_rule(spec, kind).batch_size,
        seed=spec.seed,
        checkpoints=MARKS,
    )
    return run_lissa(influence(spec, kind).curvature, aim(spec).gradient, settings)


def _advice(spec: Spec, scale: float, depth: int, mean: np.ndarray, true: LissaRun | None) -> str:
    kind = curvature_of(spec)
    if np.isnan(mean[-1]):
        return lissa_rule(spec, kind).divergence_advice(kind.name, scale)
    if true is not None and true.solution.advice:
        return true.solution.advice
    if mean[-1] > TOLERANCE:
        return (
            f"After {wording.count(depth)} steps the error is still {mean[-1]:.2g}. "
            f"{lissa_rule(spec, kind).shortfall(scale, depth)}"
        )
    return ""


def _spread(first: int, last: int, count: int) -> np.ndarray:
    """Whole numbers from first to last, evenly spread on a log scale, each once."""
    return np.unique(np.geomspace(first, last, count).round().astype(int))
