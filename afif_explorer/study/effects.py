"""The fourth stage: the effect of every training row on one target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from afif_explorer import wording
from afif_explorer.analysis.removable import irremovable
from afif_explorer.choices.methods import METHODS
from afif_explorer.choices.rules import RULES
from afif_explorer.choices.rules.kinds import RandomRows, RankedRows, SelectedRows
from afif_explorer.choices.targets import TARGETS
from afif_explorer.engine.curvature.operators import Curvature, Hessian
from afif_explorer.engine.influence.methods import NewtonStep
from afif_explorer.engine.influence.smooth import Influence
from afif_explorer.engine.targets.base import Group
from afif_explorer.errors import CurvatureError, UndefinedMeasure
from afif_explorer.progress import report
from afif_explorer.results import SolverSummary
from afif_explorer.spec import Spec
from afif_explorer.study.data import data, positions
from afif_explorer.study.fitting import fit
from afif_explorer.study.proximal import row_effects, set_steps
from afif_explorer.study.solving import (
    DIRECT,
    Solved,
    curvature_of,
    influence,
    influence_on_rows,
    solve,
)
from afif_explorer.study.store import stage
from afif_explorer.study.targets import aim


@dataclass(frozen=True, eq=False)
class Effects:
    """``values`` ``[n]``: the predicted change of the target if the row is removed; NaN if not defined."""

    values: np.ndarray
    solver: SolverSummary
    products: int
    flops: float = 0.0  # of proximal steps


def effects(spec: Spec) -> Effects:
    """Effects of all training rows on the chosen target, by the chosen method and solver."""
    return stage("effects", spec, lambda: effects_by(spec, curvature_of(spec)))


def effects_by(spec: Spec, kind: type[Curvature]) -> Effects:
    """The same with a given curvature: ``(1/n) c' (C + damping)^-1 g_i``, and the target's own
    curvature where that costs little; with kinks in the penalty the change along proximal steps.
    """
    ready, chosen = influence_on_rows(spec, kind), aim(spec)
    if not ready.objective.smooth:
        values, summary, flops = row_effects(ready, chosen.gradient)
        return Effects(_defined(spec, values), summary, 0, flops)
    solved = solve(spec, chosen.gradient[:, None], kind, ready.effects_from)
    values = ready.effects_from(solved.value)[:, 0]
    if ready.affords_second_order:
        first = values[:, None]

        def second() -> torch.Tensor:
            both = first.clone()
            ready.add_second_orders([Group([0], chosen.bound)], both)
            return (both - first)[:, 0]

        # That of one output follows from the effects; that of many is the same for all solver settings.
        alone = chosen.bound.outputs == 1
        values = values + (second() if alone else stage("second order", spec, second, kind.name))
    return Effects(_defined(spec, values), solved.summary, solved.products)


def _defined(spec: Spec, values: torch.Tensor) -> np.ndarray:
    """The effects, NaN for the only row of a class: without it the model has no finite fit."""
    found = values.cpu().numpy()
    found[irremovable(fit(spec).objective)] = np.nan
    return found


def change(spec: Spec, order: np.ndarray, counts: list[int]) -> Solved:
    """Predicted changes of the parameters ``[p, m]`` when the first ``counts[j]`` rows of ``order`` go.

    ``(1/n) (C + damping)^-1 sum_removed g_i``, by the chosen method and solver; with kinks in the
    penalty the proximal step.
    """
    kind = curvature_of(spec)
    if not fit(spec).objective.smooth:
        moved, summary = set_steps(_stepping(spec, kind), order, counts)
        return Solved(moved, 0, summary)
    if METHODS[spec.method].downdates:
        return _newton_change(spec, order, counts)
    ready = influence(spec, kind)
    gone = np.zeros((ready.objective.n, len(counts)))
    for column, count in enumerate(counts):
        gone[order[:count], column] = 1 / ready.objective.n
    residual = influence_on_rows(spec, kind).residual
    pull = residual[:, :, None] * ready.objective.vector(gone)[:, None, :]
    return solve(spec, ready.point.linearization.vjp(pull), kind, _change_of_target(spec))


def _change_of_target(spec: Spec) -> Callable[[torch.Tensor], torch.Tensor] | None:
    """How the target changes along steps ``[p, m]``, at first order; None where it is not defined."""
    try:
        gradient = aim(spec).gradient
    except UndefinedMeasure:
        return None
    return lambda steps: gradient @ steps


def _stepping(spec: Spec, kind: type[Curvature]) -> Influence:
    """What takes the steps for sets of rows; for Newton steps the curvature of those goes too."""
    if not METHODS[spec.method].downdates:
        return influence_on_rows(spec, kind)
    found = fit(spec)
    return NewtonStep(damping=spec.damping).prepare(found.objective, found.parameters)


def _newton_change(spec: Spec, order: np.ndarray, counts: list[int]) -> Solved:
    """One Newton step for each count, with the Hessian of the rows that stay.

    Of ever more removed rows each adds its part once: ``H_w = H - (1/n) sum_removed H_i``.
    """
    ready = influence(spec, Hessian)
    n, pull = ready.objective.n, ready.point.residual
    kept = ready.curvature.dense().clone()
    rhs = torch.zeros(ready.objective.p, dtype=ready.objective.dtype, device=kept.device)
    found, done = [], 0
    for count in sorted(counts):
        report("Newton steps", done, max(counts))
        gone = torch.as_tensor(order[done:count].copy(), device=kept.device)
        if len(gone):
            part = ready.curvature.batch(gone)
            kept -= (part.dense() - torch.diag(part.diagonal_shift)) * (len(gone) / n)
            rhs = rhs + part.point.gradient_sums(torch.ones_like(pull[gone, :1]) / n)[:, 0]
        factor, info = torch.linalg.cholesky_ex(kept)
        if int(info) != 0:
            raise CurvatureError(
                f"Without {wording.count(count)} rows the Hessian is not positive definite; raise "
                "the damping, or use a stronger penalty."
            )
        found.append(torch.cholesky_solve(rhs[:, None], factor)[:, 0])
        done = count
    value = torch.stack([found[sorted(counts).index(count)] for count in counts], dim=1)
    return Solved(value, 0, SolverSummary(DIRECT, "converged", "", None, 0.0, 0.0))


@dataclass(frozen=True, eq=False)
class Ranking:
    """Training rows (positions) in some order, and how their effects were solved for; None: they were not."""

    order: np.ndarray
    solver: SolverSummary | None = None


def ranking(spec: Spec) -> Ranking:
    """Training rows (positions) in the order in which the rule removes them.

    Effects are measured on the validation rows, where there are some, so that the rows are not picked
    by the very rows that the result is reported on. Removing a row with a negative effect lowers the
    target: its presence raises it. Rows whose removal is not defined come last.
    """
    dataset = data(spec)
    n, rule = len(dataset.train), RULES[spec.rule]
    if isinstance(rule, RandomRows):
        order = np.random.default_rng(spec.seed).permutation(n)
        last = np.isin(order, irremovable(fit(spec).objective))
        return Ranking(np.concatenate([order[~last], order[last]]))
    found = effects(judge_of(spec))
    order = np.argsort(found.values, kind="stable")
    known = order[~np.isnan(found.values[order])]
    if isinstance(rule, SelectedRows):
        return Ranking(order[np.isin(order, positions(dataset.train, spec.selected))], found.solver)
    upwards = known if isinstance(rule, RankedRows) and rule.verb == "raise" else known[::-1]
    return Ranking(np.concatenate([upwards, order[len(known) :]]), found.solver)


def judge_of(spec: Spec) -> Spec:
    """The choices under which rows are ranked: the target of the rule, on the validation rows."""
    rule = RULES[spec.rule]
    if isinstance(rule, RankedRows) and rule.target is not None:
        spec = spec.replace(target=rule.target)
    about_a_row = "row" in TARGETS[spec.target].needs
    if spec.split == "test" and len(data(spec).validation) and not about_a_row:
        return spec.replace(split="validation")
    return spec
