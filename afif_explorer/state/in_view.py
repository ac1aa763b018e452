"""The Python code of what a view shows beside effects and a removal; see :mod:`recipe`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from afif_explorer.choices.methods import METHODS
from afif_explorer.choices.rules import RULES
from afif_explorer.choices.rules.kinds import RandomRows, RankedRows
from afif_explorer.choices.targets import GAPS, TARGETS
from afif_explorer.errors import InvalidChoice
from afif_explorer.state import recipe
from afif_explorer.study.effects import judge_of
from afif_explorer.study.solving import curvature_of
from afif_explorer.study.views.curvatures.curvature_truth import RESPONSE
from afif_explorer.study.views.removals.sweep import SWEPT


def code(explorer: Any) -> str:
    """The lines for the open view, after those of :func:`recipe.as_python`; "" for most views."""
    lines = _LINES[explorer.view](explorer) if explorer.view in _LINES else []
    return "\n".join(["", *lines, ""]) if lines else ""


def _patterns(explorer: Any) -> list[str]:
    if not explorer.fresh("patterns"):
        raise InvalidChoice("The patterns are still being computed; try again when they are ready.")
    if explorer.patterns is None:
        return []
    how = f"depth={explorer.patterns.depth}, direction={explorer.direction!r}"
    lines = [f"patterns = ax.patterns(fit, target, {how}, method=method)"]
    if explorer.pattern < len(explorer.patterns.found):
        lines.append(f"rows = patterns[{explorer.pattern}].rows  # ids")
    return lines


def _decisions(explorer: Any) -> list[str]:
    if explorer.data.task != "classification":
        return []
    lines = [f"decisions = ax.flip(fit, split={explorer.split!r}, method=method)"]
    person = explorer.person if explorer.fresh("person") else None
    if person is not None and person.decision is not None and person.decision.rows.size:
        lines += [
            f"rows = decisions.rows({person.id})  # ids, the most important first",
            f"check = decisions.verify({person.id})  # .flipped, .margin",
        ]
    return lines


def _diagnostics(explorer: Any) -> list[str]:
    if not explorer.fresh("diagnostics") or explorer.diagnostics is None:
        return []
    method = METHODS[explorer.method].public
    lines = [
        f"curvature = ax.{method}(damping={explorer.damping!r})",
        "table = ax.diagnostics(fit, curvature)  # leverage, Cook's distance, residual, ...",
    ]
    if explorer.diagnostics.residual is not None:
        lines += [
            "residuals = ax.rstandard(fit, curvature, kind='pearson')",
            "measures = ax.influence_measures(fit, curvature)",
        ]
    if explorer.diagnostics.coefficient is not None:
        place = min(explorer.coefficient, len(explorer.diagnostics.names) - 1)
        lines += [
            "changes = ax.dfbetas(fit, curvature)",
            f"of_one = ax.attribute(fit, ax.Coefficient({place}), method=curvature)",
        ]
        if explorer.diagnostics.coefficient.added is not None:
            lines.append(f"plot = ax.added_variable(fit, {place}, curvature)")
    lines.append("checks = ax.check(fit, target, method=method)  # with codes and remedies")
    return lines


def _compare(explorer: Any) -> list[str]:
    before = explorer.spec.at_baseline
    if before is None:
        return []
    found = explorer.comparison if explorer.fresh("comparison") else None
    if found is None or found.before is None:
        raise InvalidChoice("The comparison is not there yet; try again when it is ready.")
    return [
        f"before = {recipe.fit_code(before, explorer.data)}",
        f"method_before = {recipe.method_code(before, explorer.data, found.before.solver)}",
        "effects_before = ax.attribute(before, target, method=method_before)",
    ]


def _agreement(explorer: Any) -> list[str]:
    """The refits and responses of the rows that were checked."""
    found = explorer.verification
    if found is None:
        return []
    lines = [
        *recipe.listed("ids", found.ids.tolist(), "the rows that were checked"),
        "refits = ax.retrain_each(fit, ids, target)  # .effects",
    ]
    if found.curvatures is not None and RESPONSE in found.curvatures.truths:
        how = f"damping={explorer.damping!r}"
        lines.append(f"responses = ax.bregman_response_each(fit, ids, target, {how})  # .effects")
    return lines


def _lissa(explorer: Any) -> list[str]:
    """The run of LiSSA at this scale and depth, and its error."""
    found = explorer.lissa if explorer.fresh("lissa") else None
    if found is None:
        return []
    settings = {
        "scale": found.scale, "depth": found.depth, "repeats": found.repeats,
        "batch_size": found.batch_size, "seed": explorer.seed,
    }  # fmt: skip
    how = ", ".join(f"{name}={value!r}" for name, value in settings.items())
    kind = curvature_of(explorer.spec).__name__
    return [
        f"curvature = ax.{kind}(fit.objective, fit.theta, damping={explorer.damping!r})",
        "gradient = target.bind(fit).gradient()",
        f"run = ax.LiSSA({how}).prepare(curvature).solve(gradient)  # .status, .value",
        "direct = ax.Cholesky().prepare(curvature).solve(gradient)",
        "error = float((run.value - direct.value).norm() / direct.value.norm())",
    ]


def _unlearning(explorer: Any) -> list[str]:
    """The sweep, and the intervals of a gap."""
    found = explorer.unlearning if explorer.fresh("unlearning") else None
    if found is None or not found.sweep:
        return []
    methods = [name for name in found.sweep if name != "retrained"]
    counts = (found.shares * found.n_train).round().astype(int)
    lines = [
        *_order(explorer),
        *recipe.listed("counts", counts[counts > 0].tolist(), "of rows removed in that order"),
        "methods = {",
        *(f"    {name!r}: {_sweep_method(explorer, name)}," for name in methods),
        "}",
        "sweep = {  # change of the target without so many rows",
        "    name: [ax.unlearn(fit, order[:k], one, target).effects[target] for k in counts]",
        "    for name, one in methods.items()",
        "}",
    ]
    if found.retrained:
        refit = "ax.retrain(fit, order[:k]).effects([target])[target]"
        lines.append(f"sweep['retrained'] = [{refit} for k in counts]")
    if explorer.target in GAPS and found.ids.size:
        how = "fit, target, removed=removed, method=method"
        lines.append(f"interval = ax.bootstrap_disparity({how})  # .low, .high, .change_low, ...")
    return lines


def _order(explorer: Any) -> list[str]:
    """The order in which rows are removed."""
    rule = RULES[explorer.rule]
    if isinstance(rule, RandomRows):
        shuffled = f"np.random.default_rng({explorer.seed}).permutation(len(fit.ids))"
        return ["import numpy as np", "", f"order = fit.ids[{shuffled}]"]
    judge = judge_of(explorer.spec)
    target = TARGETS[judge.target].call(judge, explorer.data).code
    end = "highest" if isinstance(rule, RankedRows) and rule.verb == "lower" else "lowest"
    lines = [
        f"judged = ax.attribute(fit, {target}, method=method)",
        f"order = judged.top(len(judged), {end!r})",
    ]
    if not isinstance(rule, RankedRows):
        lines.append("order = [row for row in order.tolist() if row in removed]")
    return lines


def _sweep_method(explorer: Any, name: str) -> str:
    choices = SWEPT[name]
    solver = None if "solver" in choices else explorer.points.solver
    return recipe.method_code(explorer.spec.replace(**choices), explorer.data, solver)


_LINES: dict[str, Callable[[Any], list[str]]] = {
    "agreement": _agreement,
    "lissa": _lissa,
    "unlearning": _unlearning,
    "patterns": _patterns,
    "decisions": _decisions,
    "diagnostics": _diagnostics,
    "compare": _compare,
}
