"""Decisions: how few training rows carry each outcome, by group, and one person with those rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from afif_explorer.errors import InvalidChoice
from afif_explorer.figures.decisions import share_within
from afif_explorer.figures.drawing.serialization import Click
from afif_explorer.figures.drawing.text import short
from afif_explorer.results import Decisions, Person
from afif_explorer.screens.cards.person_card import person_card
from afif_explorer.screens.content import Content, Statistics, Table, TableRow, hint
from afif_explorer.screens.formats import duration
from afif_explorer.screens.parts import (
    Action,
    Screen,
    Text,
    below,
    beside,
    card,
    choice,
    figure,
    idle,
)
from afif_explorer.state import Explorer
from afif_explorer.wording import count

PAGE = "views/decisions"
LISTED = 60  # rows in the menu, the most fragile first
FEW = (1, 20)


def _statistics(explorer: Explorer) -> Content:
    found: Decisions = explorer.decisions
    everyone = np.arange(found.ids.size)
    steps = (*FEW, found.most)
    pairs = tuple((_within(most), share_within(found, everyone, most)) for most in steps)
    groups = sorted(set(found.group.tolist()) - {""})
    rows = tuple(
        TableRow(
            name,
            (
                count((found.group == name).sum()),
                *(share_within(found, np.flatnonzero(found.group == name), most) for most in steps),
            ),
        )
        for name in groups
    )
    columns = ("Rows", *(_within(most).capitalize() for most in steps))
    table = Table(f"By group, {found.rows_label}", columns, rows)
    note = (
        f"Shares of the {count(found.ids.size)} {found.rows_label} whose decision changes if that "
        f"many of the {count(found.n_train)} training rows are removed. Up to {found.refitted} rows "
        f"every set was refitted and does change the decision; larger counts are predictions. It took "
        f"{duration(found.seconds)}. A decision that depends on few rows is fragile, not wrong."
    )
    return (Statistics(pairs), hint(note), *((table,) if groups else ()))


def _within(most: int) -> str:
    return "depend on one row" if most == 1 else f"on at most {count(most)} rows"


def _people(explorer: Explorer) -> Mapping[str, int]:
    """The rows of the split whose decisions the fewest rows carry, and their positions."""
    found: Decisions | None = explorer.decisions
    if found is None:
        return {f"Row {explorer.person.id}": explorer.row} if explorer.person is not None else {}
    order = np.argsort(np.nan_to_num(found.counts, nan=np.inf), kind="stable")
    listed = dict.fromkeys([*order[:LISTED].tolist(), *_here(explorer, found)])
    return {_name(found, place): place for place in listed}


def _here(explorer: Explorer, found: Decisions) -> list[int]:
    return [explorer.row] if explorer.row < found.ids.size else []


def _name(found: Decisions, place: int) -> str:
    number = found.counts[place]
    rows = f"more than {count(found.most)}" if np.isnan(number) else count(number)
    plural = "" if number == 1 else "s"
    return (
        f"Row {found.ids[place]}: {short(found.decision[place], 30)}, depends on {rows} row{plural}"
    )


def _click(explorer: Explorer, click: Click) -> None:
    """Show the row of the split that was clicked."""
    found: Decisions | None = explorer.decisions
    if found is not None and click.id is not None:
        [place] = np.flatnonzero(found.ids == click.id)[:1].tolist() or [None]
        if place is not None:
            explorer.param.update(row=place)


def _carried(explorer: Explorer) -> bool:
    person: Person | None = explorer.person
    return person is not None and person.decision is not None and person.decision.rows.size > 0


def _select(explorer: Explorer) -> None:
    if not _carried(explorer):
        raise InvalidChoice(
            "No set of training rows is known to carry this decision; choose another row."
        )
    explorer.pick(explorer.person.decision.rows, by=DECISIONS.name)


DECISIONS = Screen(
    "decisions",
    (
        card(
            Text(
                "statistics",
                label="Decisions on few rows",
                page=PAGE,
                reads=("decisions",),
                needs="decisions",
                waiting="The training rows that carry each decision are searched for. You can cancel it.",
                content=_statistics,
            )
        ),
        beside(
            figure("decision_shares", width=460),
            figure("decision_margins", click=_click, width=460),
        ),
        card(
            beside(
                choice(
                    "row",
                    label="Person",
                    page="choices/row",
                    reads=("row", "decisions", "person"),
                    options=_people,
                    about="A row of the split on which the target is measured; the most fragile first.",
                    width=320,
                ),
                Action(
                    "select",
                    label="Select the rows that carry it",
                    page=PAGE,
                    reads=("person",),
                    icon="select",
                    act=_select,
                    about="Select the training rows without which the decision is predicted to change.",
                    enabled=_carried,
                ),
                Action(
                    "verify",
                    label="Retrain without them",
                    page=PAGE,
                    reads=("person", "status"),
                    icon="retrain",
                    act=Explorer.verify_person,
                    about="Refit once without these rows, to see whether the decision changes.",
                    enabled=lambda explorer: idle(explorer) and _carried(explorer),
                    main=True,
                ),
                centred=True,
            ),
            below(
                Text(
                    "person",
                    label="One row and what carries it",
                    page=PAGE,
                    reads=("person", "data"),
                    needs="person",
                    waiting="The row appears here.",
                    content=person_card,
                )
            ),
        ),
    ),
)
