"""The selected rows and their actions, shown above every view."""

from __future__ import annotations

import numpy as np

from afif_explorer.figures.drawing.text import number
from afif_explorer.screens.content import Content, Strong, hint, line
from afif_explorer.screens.formats import plural
from afif_explorer.screens.parts import Action, Text, beside
from afif_explorer.state import Explorer
from afif_explorer.wording import count

LISTED = 12  # maximum number of ids that are listed
PAGE = "choices/selected"


def _sentence(explorer: Explorer) -> Content:
    chosen, points = explorer.selected, explorer.points
    if not chosen:
        return (
            hint(
                "No rows selected. Draw around points on the map, or click a bar or a row of the "
                "table; hold Shift to add to the selection."
            ),
        )
    rows = Strong(plural(len(chosen), "row"))
    if points is None:
        return (line(rows, f" selected: {_listed(chosen)}."),)
    effect = number(float(points.effect[np.isin(points.ids, chosen)].sum()))
    return (
        line(
            rows,
            f" selected; their effects on the {points.target_label} add up to ",
            Strong(f"{effect} {points.unit}"),
            f". Ids: {_listed(chosen)}.",
        ),
    )


def _listed(ids: tuple[int, ...]) -> str:
    more = f" and {count(len(ids) - LISTED)} more" if len(ids) > LISTED else ""
    return ", ".join(map(str, ids[:LISTED])) + more


def _some(explorer: Explorer) -> bool:
    return bool(explorer.selected)


SELECTION = beside(
    Text(
        "selection",
        label="Selected rows",
        page=PAGE,
        reads=("selected", "points"),
        content=_sentence,
        width=240,
    ),
    Action(
        "remove",
        label="Simulate removal",
        page=PAGE,
        reads=("selected",),
        icon="remove",
        act=Explorer.remove_selected,
        enabled=_some,
        about="Predict the effect of removing the selected rows.",
    ),
    Action(
        "clear",
        label="Clear",
        page=PAGE,
        reads=("selected",),
        icon="close",
        act=lambda explorer: explorer.select(()),
        enabled=_some,
        about="Clear the selection.",
    ),
    Action(
        "undo",
        label="Undo",
        page=PAGE,
        reads=("selected",),
        icon="undo",
        act=Explorer.undo_selection,
        enabled=lambda explorer: explorer.can_undo,
        about="Return to the previous selection.",
    ),
    gap=8,
    centred=True,
)
