"""Influential points: ranking, map and table of the rows, and the details of one."""

from __future__ import annotations

from functools import partial
from typing import Literal

import numpy as np

from afif_explorer.choices import FIELDS
from afif_explorer.choices.map_values import map_values
from afif_explorer.figures.drawing.sampling import largest
from afif_explorer.results import Points
from afif_explorer.screens import in_scene, rows
from afif_explorer.screens.cards.row_card import row_card
from afif_explorer.screens.changes import amount
from afif_explorer.screens.content import Content, Strong, line
from afif_explorer.screens.parts import (
    Action,
    Menu,
    Rows,
    Screen,
    Text,
    beside,
    card,
    choice,
    figure,
)
from afif_explorer.state import Explorer
from afif_explorer.wording import count

PAGE = "views/points"
FIRST = 20  # rows of the answer


def _answer(explorer: Explorer) -> Content:
    """The view's question, and the shortest answer to it."""
    points: Points = explorer.points
    question = f"Which training rows made the {points.target_label} what it is?"
    order = largest(np.where(np.isfinite(points.effect), -points.effect, 0), FIRST)
    if not order.size:  # without them it would fall
        return (line(Strong(question), " No row alone raises it."),)
    row = f"row {points.ids[order[0]]}"
    if order.size > 1:
        many = f"the {count(order.size)} rows that raise it most"
        how = f"by the sum of their single effects; of these, {row} has the largest effect"
    else:
        many, how = f"{row}, the only one that raises it", "by its predicted effect"
    size = amount(float(-points.effect[order].sum()), points.target_value, points.unit)
    told = f" Without {many}, it would be lower by {size}, {how}."
    return (line(Strong(question), told),)


def _values(automatic: str, explorer: Explorer) -> dict[str, int]:
    """What the map can show; until the rows are known, what it shows without a choice."""
    columns = () if explorer.known_rows is None else explorer.frame.columns
    return map_values(columns, automatic)


def _menu(name: Literal["map_x", "map_y", "map_colour"], automatic: str) -> Menu:
    """The choice of what the map shows along an axis or by its colour."""
    return choice(
        name,
        label=FIELDS[name].label,
        page=FIELDS[name].page,
        reads=(name, "frame"),
        options=partial(_values, automatic),
        about=FIELDS[name].doc,
        width=120,
    )


POINTS = Screen(
    "points",
    (
        card(
            Text(
                "answer",
                label="Question and answer",
                page=PAGE,
                reads=("points",),
                needs="points",
                content=_answer,
            ),
        ),
        beside(
            figure("row_map", brush=True, width=480, grow=1.25),
            figure("ranking", brush=True, width=420),
        ),
        card(
            beside(
                _menu("map_x", "Automatic"),
                _menu("map_y", "Automatic"),
                _menu("map_colour", "Effect"),
                Action(
                    "scene",
                    label="Show in a scene",
                    page="views/learn",
                    reads=("points",),
                    icon="learn",
                    act=in_scene.show,
                    about="Open a scene of Learn with rows of the map, selected ones first.",
                    enabled=lambda explorer: explorer.points is not None,
                ),
                gap=10,
                centred=True,
            ),
        ),
        beside(
            figure("effect_distribution", width=420, grow=1.25),
            card(
                Text(
                    "row",
                    label="Row details",
                    page=PAGE,
                    reads=("points", "primary", "frame", "data"),
                    content=row_card,
                    tallest=430,
                ),
                width=360,
            ),
        ),
        card(
            Text(
                "rows_caption",
                label=rows.LABEL,
                page=PAGE,
                reads=("points",),
                needs="points",
                waiting="The rows appear here once the model is trained.",
                content=rows.caption,
            ),
            Rows("rows", label=rows.LABEL, page=PAGE, reads=("points", "selected")),
        ),
    ),
)
