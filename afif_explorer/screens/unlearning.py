"""Unlearning and fairness: the removal of rows, predicted and retrained."""

from __future__ import annotations

from afif_explorer.choices.rules import RULES
from afif_explorer.figures.drawing.text import number, numbers, percent
from afif_explorer.results import Unlearning
from afif_explorer.screens.content import Badge, Content, Strong, Table, TableRow, hint, line
from afif_explorer.screens.formats import duration
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
from afif_explorer.state import Explorer
from afif_explorer.wording import count, within

PAGE = "views/unlearning"
STATES = {"before": "Before", "predicted": "Predicted", "retrained": "Retrained"}
REACH = {  # level: how far to trust the prediction
    "good": Badge("Reliable prediction", "good"),
    "fair": Badge("Use with care", "fair"),
    "poor": Badge("Unreliable prediction", "poor"),
}
AMONG_SETTINGS: dict[Interface, str] = {
    "notebook": "It is among the settings on the left, like every setting.",
}


def _removed(explorer: Explorer) -> Content:
    result: Unlearning = explorer.unlearning
    share = percent(result.ids.size / max(result.n_train, 1))
    return (
        line(
            Strong(count(result.ids.size)),
            f" of {count(result.n_train)} training rows removed ({share}): {within(result.rule)}.",
        ),
        hint(REACH[result.reach.level], f" {result.reach.text}"),
    )


def _metrics(explorer: Explorer) -> Content:
    result: Unlearning = explorer.unlearning
    shown = [state for state in STATES if state in result.metrics.columns]
    rows = tuple(_metric(result, str(name), shown) for name in result.metrics.index)
    return (Table("On the test rows", tuple(STATES[state] for state in shown), rows),)


def _metric(result: Unlearning, name: str, shown: list[str]) -> TableRow:
    values = result.metrics.loc[name]
    cells = numbers(float(values[state]) for state in shown)
    if name in result.undefined:
        cells = ["not defined"] * len(shown)
    note = result.undefined.get(name) or result.compares.get(name, "")
    return TableRow(name, tuple(cells), unit=result.units.get(name, ""), note=note)


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
                centred=True,
            ),
            Text(
                "removed",
                label="What is removed, and the reach of the prediction",
                page=PAGE,
                reads=("unlearning",),
                needs="unlearning",
                waiting="The effect of the removal appears here.",
                content=_removed,
            ),
        ),
        beside(
            figure("metrics_change", hides_verdict=True, width=440),
            below(figure("sweep"), figure("score_distributions"), width=440),
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
