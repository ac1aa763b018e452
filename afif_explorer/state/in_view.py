"""The Python code of what a view shows beside effects and a removal; see :mod:`recipe`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from afif_explorer.choices.methods import METHODS
from afif_explorer.errors import InvalidChoice
from afif_explorer.state import recipe


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


_LINES: dict[str, Callable[[Any], list[str]]] = {
    "patterns": _patterns,
    "decisions": _decisions,
    "diagnostics": _diagnostics,
    "compare": _compare,
}
