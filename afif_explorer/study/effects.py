"""The fourth stage: the effect of every training row on one target, and of sets of rows on the parameters."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor

from afif_explorer.analysis.limits.removable import irremovable
from afif_explorer.analysis.rows import attribution
from afif_explorer.analysis.rows.accuracy import relative_difference, solution_error
from afif_explorer.analysis.rows.effects import Effects as Attributed
from afif_explorer.choices.methods import METHODS
from afif_explorer.choices.rules import RULES
from afif_explorer.choices.rules.kinds import RandomRows, RankedRows, SelectedRows
from afif_explorer.choices.targets import TARGETS
from afif_explorer.engine.influence.smooth import Influence
from afif_explorer.engine.runtime.operations import OperationCounter
from afif_explorer.engine.solvers.lissa.rule import TOLERANCE
from afif_explorer.errors import UndefinedMeasure
from afif_explorer.results import SolverSummary
from afif_explorer.spec import Spec
from afif_explorer.study.data import data, positions
from afif_explorer.study.fitting import fit
from afif_explorer.study.solving import chosen, curvature_of, influence, lissa_rule, summary
from afif_explorer.study.store import stage
from afif_explorer.study.targets import aim


@dataclass(frozen=True, eq=False)
class Effects:
    """``values`` ``[n]``: the predicted change of the target if the row is removed; NaN if not defined."""

    values: np.ndarray
    solver: SolverSummary
    products: int


def effects(spec: Spec) -> Effects:
    """Effects of all training rows on the chosen target, by the chosen method and solver."""
    return stage("effects", spec, lambda: _effects(spec))


def attributed(spec: Spec) -> Attributed:
    """The same as the value of ``ax.attribute``, which judges how far it can be trusted."""
    return attribution.attributed(chosen(spec), fit(spec), aim(spec).target)


def _effects(spec: Spec) -> Effects:
    """``ax.attribute`` with these choices, and how its system was solved."""
    ready, target = chosen(spec), aim(spec).target
    began = time.perf_counter()
    values = attribution.effects_of(ready, fit(spec), target)
    seconds = time.perf_counter() - began
    assert ready.solution is not None
    judges_itself = "effect_error" in ready.solution.stats
    told = _judged(
        spec,
        ready,
        seconds,
        lambda exact: exact.solve(aim(spec).gradient[:, None]),
        None if judges_itself else ready.effects_from,
    )
    products = 0 if spec.solver == "cholesky" else ready.solution.stats.get("products", 0)
    return Effects(values, told, products)


def proximal_flops(spec: Spec) -> float:
    """FLOPs of the proximal steps of all rows, counted in a run of their own: counting takes time."""
    ready = chosen(spec)
    with OperationCounter() as counter:
        ready.effects(aim(spec).gradient[:, None])
    return float(counter.total)


def _judged(
    spec: Spec,
    ready: Influence,
    seconds: float,
    by: Callable[[Influence], Tensor],
    seen: Callable[[Tensor], Tensor] | None,
) -> SolverSummary:
    """How the last system was solved, compared with the direct solution ``by`` the factor.

    ``seen(x)`` is the quantity that will be shown, linear in the solution. Its error decides whether the
    solver converged, since a small residual does not imply accuracy in flat directions. None: nothing, or
    the solver judges by the error of the effects itself, as LiSSA does.
    """
    solution = ready.solution
    ready.unfinished()  # reported by the summary
    assert solution is not None
    if not ready.objective.smooth:
        return summary(spec, ready, seconds, error=None, off=None)
    if spec.solver == "cholesky":
        return summary(spec, ready, seconds, error=0.0, off=None)
    exact = by(influence(spec, curvature_of(spec)))
    off = solution.stats.get("effect_error")
    if seen is not None:
        off = relative_difference(seen(solution.value), seen(exact))
    error = solution_error(solution.value, exact)
    told = summary(spec, ready, seconds, error=error, off=off)
    if off is not None and off > TOLERANCE and told.status == "converged":
        return replace(told, status="max_steps", advice=_flat(spec, told))
    return told


def _flat(spec: Spec, told: SolverSummary) -> str:
    """Advice for a solution whose residual is small but whose error is not."""
    if told.scale is None or told.depth is None:
        return _FLAT
    return lissa_rule(spec, curvature_of(spec)).shortfall(told.scale, told.depth)


_FLAT = "The flattest directions have not converged: raise the damping, or use the direct solver."


@dataclass(frozen=True, eq=False)
class Changes:
    """Parameters ``thetas`` ``[p, m]`` without sets of rows, and how they were solved for."""

    thetas: Tensor
    summary: SolverSummary


def without(spec: Spec, order: np.ndarray, counts: list[int]) -> Changes:
    """The parameters without the first ``counts[j]`` rows of ``order``, as from ``ax.unlearn``."""
    if METHODS[spec.method].downdates:
        spec = spec.replace(solver="cholesky")  # each set has a curvature of its own
    ready, sets = chosen(spec), [order[:count] for count in counts]
    began = time.perf_counter()
    thetas = ready.parameters_without(sets)
    seconds = time.perf_counter() - began
    gradient = _gradient(spec)
    told = _judged(
        spec,
        ready,
        seconds,
        lambda _: _without_by_factor(spec, sets) - ready.point.theta[:, None],
        None if gradient is None else lambda steps: gradient @ steps,
    )
    return Changes(thetas, told)


def _without_by_factor(spec: Spec, sets: list[np.ndarray]) -> Tensor:
    """The same by the factor."""
    return chosen(spec.replace(solver="cholesky")).parameters_without(sets)


def _gradient(spec: Spec) -> Tensor | None:
    """The target's gradient ``[p]``; None where the target is not defined."""
    try:
        return aim(spec).gradient
    except UndefinedMeasure:
        return None


@dataclass(frozen=True, eq=False)
class Ranking:
    """Training rows (positions) in some order, and how their effects were solved for; None: they were not."""

    order: np.ndarray
    solver: SolverSummary | None = None


def ranking(spec: Spec) -> Ranking:
    """Training rows (positions) in the order in which the rule removes them.

    Effects are measured on the validation rows, if there are any, so that rows are not chosen on the same
    split that the result is reported on. Removing a row with a negative effect lowers the target: its
    presence raises it. Rows whose removal is undefined come last.
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
    """The settings for the ranking: the target of the rule, on the validation rows."""
    rule = RULES[spec.rule]
    if isinstance(rule, RankedRows) and rule.target is not None:
        spec = spec.replace(target=rule.target)
    about_a_row = "row" in TARGETS[spec.target].needs
    if spec.split == "test" and len(data(spec).validation) and not about_a_row:
        return spec.replace(split="validation")
    return spec
