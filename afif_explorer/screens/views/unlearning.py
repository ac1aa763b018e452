"""Unlearning and fairness: the removal of rows, predicted and retrained."""

from __future__ import annotations

import pandas as pd

from afif_explorer.choices.rules import RULES
from afif_explorer.choices.splits import SPLITS
from afif_explorer.figures.drawing.text import number, numbers, percent
from afif_explorer.results import Spread, Unlearning
from afif_explorer.screens.content import Badge, Content, Strong, Table, TableRow, hint, line
from afif_explorer.screens.formats import duration, span
from afif_explorer.screens.parts import (
    Action,
    Field,
    Interface,
    Screen,
    Text,
    below,
    beside,
    card,
    figure,
    idle,
)
from afif_explorer.screens.removal_words import TRUST, answers, planted
from afif_explorer.state import Explorer
from afif_explorer.wording import SPACE, count, within

PAGE = "views/unlearning"
STATES = {"before": "Before", "predicted": "Predicted", "retrained": "Retrained"}
AMONG_SETTINGS: dict[Interface, str] = {
    "notebook": "It is among the settings on the left, like every setting.",
}


def _removed(explorer: Explorer) -> Content:
    result: Unlearning = explorer.unlearning
    share = percent(result.ids.size / max(result.n_train, 1))
    level = result.reach.level
    return (
        line(
            Strong(count(result.ids.size)),
            f" of {count(result.n_train)} training rows removed ({share}): {within(result.rule)}.",
        ),
        *(line(told) for told in answers(result)),
        *(line(told) for told in planted(explorer.data, result.ids, "removed")),
        hint(Badge(TRUST[level], level), f" {result.reach.text}"),
    )


def _metrics(explorer: Explorer) -> Content:
    result: Unlearning = explorer.unlearning
    shown = [state for state in STATES if state in result.metrics.columns]
    rows = tuple(_metric(result, str(name), shown) for name in result.metrics.index)
    table = Table("On the test rows", tuple(STATES[state] for state in shown), rows)
    brackets = hint(
        f"In brackets: 95{SPACE}% intervals from a bootstrap of the rows of either group."
    )
    return (table, *((brackets,) if result.spreads else ()), *_group_counts(result))


def _group_counts(result: Unlearning) -> Content:
    """The rows of every group in every split, and how many of them have the favourable outcome."""
    if result.group_counts is None:
        return ()
    splits = [split for split in SPLITS if split in result.group_counts.index.unique("split")]
    rows = tuple(
        TableRow(
            str(group), tuple(_count(result.group_counts.loc[(split, group)]) for split in splits)
        )
        for group in result.group_counts.index.unique("group")
    )
    of = f", and how many have the outcome {result.favourable!r}" if result.favourable else ""
    heads = tuple(split.capitalize() for split in splits)
    return (Table(f"Rows of each group{of}", heads, rows),)


def _count(row: pd.Series) -> str:
    """``84``, or ``84 (31)`` with those of the favourable outcome."""
    return count(row["rows"]) + (f" ({count(row['favourable'])})" if "favourable" in row else "")


def _metric(result: Unlearning, name: str, shown: list[str]) -> TableRow:
    values = result.metrics.loc[name]
    cells = numbers(float(values[state]) for state in shown)
    if name in result.undefined:
        cells = ["not defined"] * len(shown)
    spread = result.spreads.get(name)
    cells[0] += span(spread.low, spread.high) if spread else ""
    notes = [result.undefined.get(name) or result.compares.get(name, ""), _changes(spread)]
    note = ". ".join(filter(None, notes))
    return TableRow(name, tuple(cells), unit=result.units.get(name, ""), note=note)


def _changes(spread: Spread | None) -> str:
    """The change of a gap in each state with its interval: ``Change predicted −0.021 [−0.04, −0.01]``."""
    if spread is None or not spread.changes:
        return ""
    told = [
        f"{state} {number(change)}{span(low, high)}"
        for state, (change, low, high) in spread.changes.items()
    ]
    return f"Change {', '.join(told)}"


def _notes(explorer: Explorer) -> Content:
    result: Unlearning = explorer.unlearning
    lines = list(result.notes)
    if result.retrained and result.gradient_norm is not None:
        lines.append(
            f"Retraining reached a gradient norm of {number(result.gradient_norm)} "
            f"and took {duration(result.seconds)}."
        )
    elif not result.retrained:
        lines.append("These are predictions. Retrain to check them.")
    return tuple(map(hint, lines))


def _retrainable(explorer: Explorer) -> bool:
    return idle(explorer) and explorer.unlearning is not None


def _selectable(explorer: Explorer) -> bool:
    result = explorer.unlearning
    return result is not None and tuple(result.ids.tolist()) not in ((), explorer.selected)


def _select(explorer: Explorer) -> None:
    if explorer.unlearning is not None:
        explorer.pick(explorer.unlearning.ids, by="unlearning")


UNLEARNING = Screen(
    "unlearning",
    (
        card(
            beside(
                Field(
                    "rule",
                    label="Rows to remove",
                    page="choices/rule",
                    reads=("rule", "offered"),
                    elsewhere=AMONG_SETTINGS,
                    width=240,
                ),
                Field(
                    "count",
                    label="How many",
                    page="choices/count",
                    reads=("count", "rule"),
                    enabled=lambda explorer: "count" in RULES[explorer.rule].needs,
                    elsewhere=AMONG_SETTINGS,
                    width=130,
                    grow=0,
                ),
                Action(
                    "retrain",
                    label="Retrain without them",
                    page=PAGE,
                    reads=("status", "unlearning"),
                    icon="retrain",
                    act=Explorer.retrain,
                    about="Retrain without the removed rows, to check the prediction.",
                    enabled=_retrainable,
                    main=True,
                ),
                Action(
                    "select_removed",
                    label="Select these rows",
                    page=PAGE,
                    reads=("unlearning", "selected"),
                    icon="select",
                    act=_select,
                    about="Select the removed rows, to see them in every view, or to keep them as a cohort.",
                    enabled=_selectable,
                ),
                centred=True,
            ),
            Text(
                "removed",
                label="What is removed, and the reach of the prediction",
                page=PAGE,
                reads=("unlearning", "data"),
                needs="unlearning",
                waiting="The effect of the removal appears here.",
                content=_removed,
            ),
        ),
        beside(
            below(
                figure("metrics_change", hides_verdict=True),
                figure("score_distributions"),
                width=440,
            ),
            below(figure("sweep"), figure("trade_off"), width=440),
        ),
        card(
            Text(
                "metrics",
                label="Metrics on the test rows",
                page="figures/metrics_change",
                reads=("unlearning",),
                needs="unlearning",
                content=_metrics,
            ),
            Text(
                "notes",
                label="Notes on the removal",
                page=PAGE,
                reads=("unlearning",),
                needs="unlearning",
                content=_notes,
            ),
        ),
    ),
)
