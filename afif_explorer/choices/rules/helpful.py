"""Rows that lower the mean loss."""

from __future__ import annotations

from afif_explorer.choices.rules.kinds import RankedRows

OPTION = RankedRows(
    key="helpful",
    label="Rows that lower the mean loss most",
    order=40,
    needs=("count",),
    verb="lower",
    target="mean_loss",
)
