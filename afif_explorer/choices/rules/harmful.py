"""Rows that raise the mean loss."""

from __future__ import annotations

from afif_explorer.choices.rules.kinds import RankedRows

OPTION = RankedRows(
    key="harmful",
    label="Rows that raise the mean loss most",
    order=30,
    needs=("count",),
    verb="raise",
    target="mean_loss",
)
