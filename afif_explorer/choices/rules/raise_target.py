"""Rows that raise the target."""

from __future__ import annotations

from afif_explorer.choices.rules.kinds import RankedRows

OPTION = RankedRows(
    key="raise_target",
    label="Rows that raise the target most",
    order=10,
    needs=("count",),
    verb="raise",
)
