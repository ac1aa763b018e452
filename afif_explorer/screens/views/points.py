"""Influential points: ranking, map and table of the rows, and the details of one."""

from __future__ import annotations

from functools import partial
from typing import Literal

import numpy as np

from afif_explorer.choices import FIELDS
from afif_explorer.choices.map_values import map_values
from afif_explorer.choices.targets import GAPS
from afif_explorer.figures.drawing.sampling import largest
from afif_explorer.results import Points
from afif_explorer.screens import in_scene, rows
from afif_explorer.screens.cards.row_card import nearest_options, row_card
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
GAP = next(iter(GAPS))  # demographic parity, which needs classes and groups only
UNFAIR = "Which training rows made this model unfair?"


def _answer(explorer: Explorer) -> Content:
    """The view's question, and the shortest answer to it."""
    points: Points = explorer.points
    question = (
        UNFAIR
        if explorer.target in GAPS
        else f"Which training rows made the {points.target_label} what it is?"
    )
    order = largest(np.where(np.isfinite(points.effect), -points.effect, 0), FIRST)
    if not order.size:  # without them it would fall
        return (line(Strong(question), f" No row alone raises the {points.target_label}."),)
    row = f"row {points.ids[order[0]]}"
    if order.size > 1:
        many = f"the {count(order.size)} rows that raise it most"
        how = f"by the sum of their single effects; of these, {row} has the largest effect"
    else:
        many, how = f"{row}, the only one that raises it", "by its predicted effect"
    size = amount(float(-points.effect[order].sum()), points.target_value, points.unit)
    told = f" Without {many}, the {points.target_label} would be lower by {size}, {how}."
    return (line(Strong(question), told),)


def _may_be_unfair(explorer: Explorer) -> bool:
    """Whether a gap between groups can be asked about, and is not the target yet."""
    return explorer.target not in GAPS and GAP in explorer.offered.get("target", {}).values()


def _ask_about_the_gap(explorer: Explorer) -> None:
    explorer.target = GAP


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
            beside(
                Text(
                    "answer",
                    label="Question and answer",
                    page=PAGE,
                    reads=("points", "target"),
                    needs="points",
                    content=_answer,
                    width=280,
                ),
                Action(
                    "ask_unfair",
                    label=UNFAIR,
                    page="choices/target",
                    reads=("target", "offered"),
                    icon="search",
                    act=_ask_about_the_gap,
                    about="Take the gap between the groups' mean predictions (demographic parity) as target.",
                    shown=_may_be_unfair,
                    main=True,
                ),
                gap=10,
                centred=True,
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
                    reads=("points", "primary", "frame", "data", "brush"),
                    content=row_card,
                    tallest=430,
                ),
                Menu(
                    "nearest",
                    label="Look at a row nearby",
                    page=PAGE,
                    reads=("points", "primary"),
                    shown=lambda explorer: bool(explorer.nearest()),
                    options=nearest_options,
                    value=lambda explorer: explorer.primary,
                    act=Explorer.look_at,
                    about="The rows whose inputs are most like those of the row in focus.",
                ),
                width=360,
            ),
        ),
        card(
            Text(
                "rows_caption",
                label=rows.LABEL,
                page=PAGE,
                reads=("points", "frame", "data"),
                needs="points",
                waiting="The rows appear here once the model is trained.",
                content=rows.caption,
            ),
            Rows(
                "rows", label=rows.LABEL, page=PAGE, reads=("points", "frame", "data", "selected")
            ),
        ),
    ),
)
