"""Diagnostics: the rows that a statistician would look at, and what rows do to a coefficient."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from afif_explorer.errors import InvalidChoice
from afif_explorer.figures.drawing.text import number, short
from afif_explorer.results import Check, Checks, Diagnostics
from afif_explorer.screens.content import (
    Content,
    Heading,
    Statistics,
    Table,
    TableRow,
    hint,
    line,
)
from afif_explorer.screens.formats import plural
from afif_explorer.screens.parts import Action, Screen, Text, beside, card, choice, figure
from afif_explorer.state import Explorer
from afif_explorer.wording import SPACE, count

PAGE = "views/diagnostics"
CHECKS = "Checks of this fit"
LEVELS = {"note": "note", "warning": "warning", "error": "error", "unknown": "not determined"}
LISTED = 12  # rows and coefficients in the tables


def _summary(explorer: Explorer) -> Content:
    found: Diagnostics = explorer.diagnostics
    largest = found.cooks_distance[np.isfinite(found.cooks_distance)]
    pairs = (
        ("influential rows", count(found.influential.sum())),
        ("outliers (Bonferroni, 5 %)", count(found.outliers.size)),
        (
            "largest Cook's distance",
            number(float(largest.max())) if largest.size else "not defined",
        ),
        ("parameters that the rows determine", count(found.rank)),
    )
    about = f"Influential: {found.rule}."
    return (Statistics(pairs), hint(about), *map(hint, found.notes))


def _rows(explorer: Explorer) -> Content:
    found: Diagnostics = explorer.diagnostics
    size = np.nan_to_num(found.cooks_distance, nan=-1.0)
    order = np.argsort(-size, kind="stable")[:LISTED]
    outliers = set(found.outliers.tolist())
    rows = tuple(
        TableRow(
            f"Row{SPACE}{found.ids[place]}",
            (
                number(float(found.cooks_distance[place])),
                number(float(found.leverage[place])),
                "–" if found.residual is None else number(float(found.residual[place])),
                _called(bool(found.influential[place]), int(found.ids[place]) in outliers),
            ),
        )
        for place in order.tolist()
    )
    columns = ("Cook's distance", "Leverage", "Residual", "Flagged as")
    title = "Rows to look at, largest Cook's distance first; residuals are standardised"
    return (Table(title, columns, rows),)


def _called(influential: bool, outlier: bool) -> str:
    return (
        ", ".join(name for name, so in (("influential", influential), ("outlier", outlier)) if so)
        or "–"
    )


def _coefficients(explorer: Explorer) -> Content:
    found: Diagnostics = explorer.diagnostics
    if not found.names:
        return (Heading("Coefficients"), line(found.no_coefficients))
    order = np.argsort(-found.largest, kind="stable")[:LISTED]
    rows = tuple(
        TableRow(
            short(found.names[place], 60),
            (
                number(float(found.values[place]), 4),
                number(float(found.largest[place])),
                f"row {found.largest_row[place]}",
                count(found.beyond[place]),
            ),
        )
        for place in order.tolist()
    )
    columns = ("Value", "Largest DFBETAS", "By", "Rows beyond 2/√n")
    some = f"; {len(rows)} of {count(len(found.names))}" if len(rows) < len(found.names) else ""
    return (Table(f"Coefficients, most dependent on one row first{some}", columns, rows),)


def _of_one(explorer: Explorer) -> Content:
    """What removing single rows does to the coefficient in focus."""
    one = explorer.diagnostics.coefficient
    if one is None:
        return ()
    effect = np.nan_to_num(one.effect)
    place = int(np.abs(effect).argmax())
    verb = "raises" if effect[place] > 0 else "lowers"
    change = number(abs(float(effect[place])))
    told = (
        f"The coefficient of {short(one.name, 60)} is {number(one.value, 4)}. Removing row "
        f"{explorer.diagnostics.ids[place]} {verb} it by {change}, the largest change by one row."
    )
    crossed = np.flatnonzero((one.value + effect) * one.value < 0)
    if one.value and crossed.size:
        told += f" {plural(crossed.size, 'single row')} would change its sign."
    return (line(told),)


def _checks(explorer: Explorer) -> Content:
    """The checks that found something, with remedies, and how many did not."""
    found: Checks = explorer.checks
    seen = [one for one in found if one.level != "ok"]
    fine = len(found) - len(seen)
    told = hint(f"{plural(fine, 'check')} found nothing wrong.")
    if not seen:
        return (Heading(CHECKS), told)
    return (
        Table(CHECKS, ("Seen", "Why it matters", "What to do"), _rows_of(seen), wordy=True),
        told,
    )


def _rows_of(checks: list[Check]) -> tuple[TableRow, ...]:
    return tuple(
        TableRow(one.code, (one.seen, one.why, one.remedy or "–"), note=LEVELS[one.level])
        for one in checks
    )


def _names(explorer: Explorer) -> Mapping[str, int]:
    found: Diagnostics | None = explorer.diagnostics
    if found is None:
        return {}
    return {f"{place + 1}. {short(name, 60)}": place for place, name in enumerate(found.names)}


def _place(explorer: Explorer) -> int:
    """The coefficient that is shown: the last one, if there are fewer than chosen."""
    found: Diagnostics | None = explorer.diagnostics
    here = explorer.coefficient
    return here if found is None or not found.names else min(here, len(found.names) - 1)


def _take(explorer: Explorer, which: str) -> None:
    found: Diagnostics | None = explorer.diagnostics
    if found is None:
        raise InvalidChoice(
            "The diagnostics are still being computed; try again when they are ready."
        )
    ids = found.ids[found.influential]
    if which == "beyond" and found.coefficient is not None:
        beyond = np.abs(found.coefficient.dfbetas) > 2 / np.sqrt(found.ids.size)
        ids = found.ids[beyond]
    explorer.pick(ids, by=DIAGNOSTICS.name)


def _any(explorer: Explorer) -> bool:
    found: Diagnostics | None = explorer.diagnostics
    return found is not None and bool(found.influential.any())


def _has_coefficient(explorer: Explorer) -> bool:
    return explorer.diagnostics is not None and explorer.diagnostics.coefficient is not None


DIAGNOSTICS = Screen(
    "diagnostics",
    (
        card(
            beside(
                Text(
                    "summary",
                    label="Influential rows",
                    page=PAGE,
                    reads=("diagnostics",),
                    needs="diagnostics",
                    waiting="The diagnostics appear here once the model is trained.",
                    content=_summary,
                    width=420,
                ),
                Action(
                    "select",
                    label="Select the influential rows",
                    page=PAGE,
                    reads=("diagnostics",),
                    icon="select",
                    act=lambda explorer: _take(explorer, "influential"),
                    about="Select the rows beyond the usual limits.",
                    enabled=_any,
                    main=True,
                ),
                gap=10,
                centred=True,
            )
        ),
        beside(
            figure("residual_leverage", brush=True, width=460),
            card(
                Text(
                    "rows",
                    label="Rows to look at",
                    page=PAGE,
                    reads=("diagnostics",),
                    needs="diagnostics",
                    waiting="The rows with the largest Cook's distances appear here.",
                    content=_rows,
                ),
                width=420,
            ),
        ),
        card(
            beside(
                choice(
                    "coefficient",
                    label="Coefficient",
                    page="choices/coefficient",
                    reads=("coefficient", "diagnostics"),
                    options=_names,
                    value=_place,
                    about="The coefficient of the figures below.",
                    shown=_has_coefficient,
                    width=320,
                ),
                Action(
                    "select_beyond",
                    label="Select the rows beyond the limits",
                    page=PAGE,
                    reads=("diagnostics",),
                    icon="select",
                    act=lambda explorer: _take(explorer, "beyond"),
                    about="Select the rows whose DFBETAS are beyond 2/√n.",
                    enabled=_has_coefficient,
                ),
                centred=True,
            ),
            Text(
                "of_one",
                label="One coefficient",
                page=PAGE,
                reads=("diagnostics",),
                needs="diagnostics",
                waiting="The coefficient appears here.",
                content=_of_one,
            ),
        ),
        beside(
            figure("added_variable", brush=True, width=460),
            figure("coefficient_rows", brush=True, width=460),
        ),
        card(
            Text(
                "coefficients",
                label="Coefficients",
                page=PAGE,
                reads=("diagnostics",),
                needs="diagnostics",
                waiting="The coefficients that depend most on single rows appear here.",
                content=_coefficients,
            )
        ),
        card(
            Text(
                "checks",
                label=CHECKS,
                page=PAGE,
                reads=("checks",),
                needs="checks",
                waiting="The checks of this fit appear here.",
                content=_checks,
            )
        ),
    ),
)
