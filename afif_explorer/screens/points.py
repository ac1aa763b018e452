"""Influential points: ranking, map and table of the rows, and the details of one."""

from __future__ import annotations

from afif_explorer.screens import rows
from afif_explorer.screens.parts import Rows, Screen, Text, beside, card, figure
from afif_explorer.screens.row_card import row_card

PAGE = "views/points"

POINTS = Screen(
    "points",
    (
        beside(
            figure("row_map", brush=True, width=480, grow=1.25),
            figure("ranking", brush=True, width=420),
        ),
        beside(
            figure("effect_distribution", width=420, grow=1.25),
            card(
                Text(
                    "row",
                    label="Row details",
                    page=PAGE,
                    reads=("points", "primary", "frame"),
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
