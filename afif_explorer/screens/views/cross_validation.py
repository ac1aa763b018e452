"""Cross-validation: how strong should the penalty be, and do refits agree?"""

from __future__ import annotations

from typing import cast

import numpy as np

from afif_explorer.figures.drawing.text import number
from afif_explorer.results import CrossValidationReport, HeldOutCheck
from afif_explorer.screens.checks import check
from afif_explorer.screens.content import Content, Statistics, Table, TableRow, hint
from afif_explorer.screens.formats import plural, statistic
from afif_explorer.screens.parts import Action, Screen, Text, beside, card, figure, idle
from afif_explorer.state import Explorer
from afif_explorer.wording import count

PAGE = "views/cross_validation"
LISTED = 8  # rows where the estimates differ most
NOT_CHECKED = (
    "The check also puts one step, leverage correction, importance sampling and refits beside each other, "
    "for the rows where they differ most."
)
PARETO = (
    "PSIS is importance sampling; it is not to be trusted for a row whose Pareto k is above 0.7."
)
ESTIMATES = {  # columns of ``leave_one_out``: headings
    "loss": "with the row",
    "one_step": "one step",
    "corrected": "leverage-corrected",
    "psis_plug_in": "PSIS",
    "refit": "refit",
    "pareto_k": "Pareto k",
}


def _statistics(explorer: Explorer) -> Content:
    report: CrossValidationReport = explorer.cross_validation
    pairs = [
        statistic(f"held-out loss, {report.unit}", report.mean_here, 4),
        statistic("standard error", report.standard_error_here),
        statistic(
            f"effective of {count(report.n_parameters)} parameters", float(report.leverage.sum())
        ),
    ]
    if report.best is not None:
        pairs.append(statistic("best strength", report.best))
    if report.one_standard_error is not None:
        pairs.append(statistic("strongest within one standard error", report.one_standard_error))
    return (Statistics(tuple(pairs)),)


def _notes(explorer: Explorer) -> Content:
    return tuple(hint(note) for note in explorer.cross_validation.notes)


def _estimates(explorer: Explorer) -> Content:
    """Several estimates of the same held-out losses beside each other, where they differ most."""
    report: CrossValidationReport = explorer.cross_validation
    found = report.estimates
    if found is None:
        return (hint(NOT_CHECKED),)
    rows = tuple(
        TableRow(
            f"Row {count(cast(int, row))}",
            tuple(number(float(values[name]), 4) for name in ESTIMATES),
        )
        for row, values in found.table.head(LISTED).iterrows()
    )
    mean = TableRow(
        "Mean of all rows",
        tuple(number(found.means[name], 4) if name in found.means else "–" for name in ESTIMATES),
    )
    caption = f"Loss of a row without it, by four ways ({report.unit})"
    table = Table(caption, tuple(ESTIMATES.values()), (mean, *rows)) if rows else None
    return (*((table, hint(PARETO)) if table else ()), *map(hint, found.notes))


def _check(explorer: Explorer) -> HeldOutCheck | None:
    report: CrossValidationReport | None = explorer.cross_validation
    return None if report is None else report.check


def _checked_on(checked: HeldOutCheck) -> str:
    rows, strengths = np.unique(checked.ids).size, checked.strengths.size
    return f"Checked on {plural(rows, 'row')} at {plural(strengths, 'strength')}"


def _checkable(explorer: Explorer) -> bool:
    return idle(explorer) and explorer.cross_validation is not None


def _improvable(explorer: Explorer) -> bool:
    report = explorer.cross_validation
    return report is not None and report.best not in (None, report.strength)


def _use_best(explorer: Explorer) -> None:
    if _improvable(explorer):
        explorer.param.update(strength=float(explorer.cross_validation.best))


CROSS_VALIDATION = Screen(
    "cross_validation",
    (
        card(
            beside(
                Text(
                    "statistics",
                    label="Held-out loss and regularisation strength",
                    page=PAGE,
                    reads=("cross_validation",),
                    needs="cross_validation",
                    waiting="The held-out losses appear here.",
                    content=_statistics,
                    width=420,
                ),
                Action(
                    "use_best",
                    label="Use the best strength",
                    page="choices/strength",
                    reads=("cross_validation",),
                    icon="automatic",
                    act=_use_best,
                    about="Set the regularisation strength to the one with the smallest held-out loss.",
                    enabled=_improvable,
                ),
                gap=10,
                centred=True,
            ),
            Text(
                "notes",
                label="Notes on cross-validation",
                page=PAGE,
                reads=("cross_validation",),
                needs="cross_validation",
                content=_notes,
            ),
        ),
        beside(
            figure("strength_path", hides_verdict=True, width=460),
            figure("leverage_distribution", width=420),
        ),
        beside(
            figure("held_out_losses", hides_verdict=True, width=460),
            card(
                *check(
                    "check",
                    label="Check by refitting",
                    page="figures/held_out_losses",
                    reads="cross_validation",
                    found=_check,
                    asks="Refit the model without each of some random rows, at three strengths of the "
                    "penalty, and compare their losses with the predictions. You can cancel it.",
                    title=_checked_on,
                    act=Explorer.check_cross_validation,
                    about="Refit without each of some random rows, at three strengths of the penalty.",
                    enabled=_checkable,
                ),
                width=360,
                gap=16,
            ),
        ),
        card(
            Text(
                "estimates",
                label="Four estimates beside each other",
                page=PAGE,
                reads=("cross_validation",),
                needs="cross_validation",
                content=_estimates,
            ),
        ),
    ),
)
