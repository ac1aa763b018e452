"""Patterns: groups of rows in words whose removal changes the target most."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from afif_explorer.choices.directions import DIRECTIONS
from afif_explorer.errors import InvalidChoice
from afif_explorer.figures.drawing.serialization import Click
from afif_explorer.figures.drawing.text import number, percent, short
from afif_explorer.results import PatternRows, Patterns
from afif_explorer.screens import changes
from afif_explorer.screens.content import (
    Content,
    Heading,
    Statistics,
    Table,
    TableRow,
    Values,
    hint,
    line,
)
from afif_explorer.screens.formats import duration, plural
from afif_explorer.screens.parts import Action, Screen, Text, below, beside, card, choice, figure
from afif_explorer.state import Explorer
from afif_explorer.wording import count

PAGE = "views/patterns"
CHANCE = 0.05  # p-value above which a pattern is called no better than chance


def _summary(explorer: Explorer) -> Content:
    found: Patterns = explorer.patterns
    beyond = sum(one.p_value <= CHANCE for one in found.found)
    pairs = (
        ("groups compared", count(found.searched)),
        (f"of {len(found.found)} shown beat chance (p at most {number(CHANCE)})", count(beyond)),
        (
            f"{short(found.target_label, 60)} now, {short(found.unit, 30)}",
            number(found.target_value, 4),
        ),
    )
    notes = (
        f"Groups have up to {found.depth} conditions and 1 to 15 % of the training rows. They are chosen by "
        f"their effects on the {found.chosen_on}; the changes shown are on the {found.told_on}. The p-value "
        "is the probability that the best of all groups scores as high when the effects are shuffled "
        f"among the rows ({count(found.permutations)} permutations, so at least "
        f"{number(1 / (1 + found.permutations), 2)}). The search and the refits took "
        f"{duration(found.seconds)}.",
        *found.notes,
    )
    return (Statistics(pairs), *map(hint, notes))


def _names(explorer: Explorer) -> Mapping[str, int]:
    found: Patterns | None = explorer.patterns
    if found is None:
        return {}
    return {f"{place + 1}. {short(one.words, 90)}": place for place, one in enumerate(found.found)}


def _focus(explorer: Explorer) -> PatternRows | None:
    """The pattern shown in detail."""
    found: Patterns | None = explorer.patterns
    if found is None or explorer.pattern >= len(found.found):
        return None
    return found.found[explorer.pattern]


def _detail(explorer: Explorer) -> Content:
    one, found = _focus(explorer), explorer.patterns
    if one is None:
        return (hint("Choose a pattern to see what its removal changes."),)
    return (
        Heading(one.words),
        line(_verdict(one, found)),
        Values(
            (
                ("Rows", f"{count(one.ids.size)} ({percent(one.share)} of the training rows)"),
                ("p-value against chance", number(one.p_value, 2)),
                (f"Sum of effects, {found.chosen_on}", _change(one.chosen, found)),
                (f"Sum of effects, {found.told_on}", _change(one.summed, found)),
                ("Newton step", _change(one.newton, found)),
                ("Retrained", _change(one.retrained, found)),
                ("Selected now", _overlap(explorer, one)),
            )
        ),
        hint("Retrain, above all views, checks the selected patterns together."),
    )


def _verdict(one: PatternRows, found: Patterns) -> str:
    """What a refit says about the pattern, in a sentence."""
    if one.p_value > CHANCE:
        chance = (
            f" A search as large as this finds as much by chance (p = {number(one.p_value, 2)})."
        )
    else:
        chance = ""
    if math.isnan(one.retrained):
        return f"There is no refit without these rows.{chance}"
    told = changes.sentence(
        "these rows", found.target_label, one.retrained, found.target_value, found.unit
    )
    return f"{told}, as retraining shows.{chance}"


def _change(value: float, found: Patterns) -> str:
    if math.isnan(value):
        return "not available"
    return f"{'+' if value > 0 else ''}{number(value)} {found.unit}"


def _overlap(explorer: Explorer, one: PatternRows) -> str:
    inside = int(np.isin(one.ids, explorer.selected).sum())
    return f"{count(inside)} of its {plural(one.ids.size, 'row')}"


def _table(explorer: Explorer) -> Content:
    found: Patterns = explorer.patterns
    rows = tuple(
        TableRow(
            f"{place}. {one.words}",
            (
                f"{count(one.ids.size)} ({percent(one.share)})",
                number(one.summed),
                number(one.newton) if math.isfinite(one.newton) else "–",
                number(one.retrained) if math.isfinite(one.retrained) else "–",
                number(one.p_value, 2),
            ),
        )
        for place, one in enumerate(found.found, 1)
    )
    caption = f"Change of the {found.target_label} without each group, {found.unit}"
    return (
        Table(caption, ("Rows", "Sum of effects", "Newton step", "Retrained", "p-value"), rows),
    )


def _take(explorer: Explorer, *, add: bool) -> None:
    one = _focus(explorer)
    if one is None:
        raise InvalidChoice("There is no pattern to select; choose one first.")
    explorer.pick(one.ids, by=PATTERNS.name, how="add" if add else "replace")


def _click(explorer: Explorer, click: Click) -> None:
    """Show the pattern that was clicked, and select its rows."""
    found: Patterns | None = explorer.patterns
    if found is not None and click.y is not None and 0 <= round(click.y) < len(found.found):
        explorer.param.update(pattern=round(click.y))
        _take(explorer, add=click.add)


def _takeable(explorer: Explorer) -> bool:
    return _focus(explorer) is not None


PATTERNS = Screen(
    "patterns",
    (
        card(
            beside(
                choice(
                    "direction",
                    label="Search for groups whose",
                    page="choices/direction",
                    reads=("direction",),
                    options=lambda _explorer: {one.label: key for key, one in DIRECTIONS.items()},
                    about="Whether removing the rows is to lower or to raise the target.",
                    width=260,
                )
            ),
            Text(
                "summary",
                label="Patterns and chance",
                page=PAGE,
                reads=("patterns",),
                needs="patterns",
                waiting="Groups of rows are searched for, and the best are refitted. You can cancel it.",
                content=_summary,
            ),
        ),
        beside(
            figure("patterns", click=_click, width=480, grow=1.25),
            card(
                choice(
                    "pattern",
                    label="Pattern",
                    page="choices/pattern",
                    reads=("pattern", "patterns"),
                    options=_names,
                    about="The pattern shown in detail.",
                ),
                Text(
                    "detail",
                    label="One pattern",
                    page=PAGE,
                    reads=("pattern", "patterns", "selected"),
                    content=_detail,
                ),
                below(
                    Action(
                        "select",
                        label="Select its rows",
                        page=PAGE,
                        reads=("pattern", "patterns"),
                        icon="select",
                        act=lambda explorer: _take(explorer, add=False),
                        about="Select the rows of this pattern.",
                        enabled=_takeable,
                        main=True,
                    ),
                    Action(
                        "combine",
                        label="Add them to the selection",
                        page=PAGE,
                        reads=("pattern", "patterns"),
                        icon="add",
                        act=lambda explorer: _take(explorer, add=True),
                        about="Combine patterns: add the rows of this one to the selected rows.",
                        enabled=_takeable,
                    ),
                    gap=8,
                ),
                width=360,
                gap=12,
            ),
        ),
        card(
            Text(
                "table",
                label="All patterns",
                page=PAGE,
                reads=("patterns",),
                needs="patterns",
                content=_table,
            )
        ),
    ),
)
