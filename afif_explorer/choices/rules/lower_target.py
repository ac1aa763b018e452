"""Rows that lower the target."""

from __future__ import annotations

from afif_explorer.choices.rules.kinds import RankedRows

OPTION = RankedRows(
    key="lower_target",
    label="Rows that lower the target most",
    order=20,
    needs=("count",),
    verb="lower",
)
