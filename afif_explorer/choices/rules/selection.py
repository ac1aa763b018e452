"""Rows that are selected."""

from __future__ import annotations

from afif_explorer.choices.rules.kinds import SelectedRows

OPTION = SelectedRows(
    key="selection",
    label="The selected rows",
    order=60,
    needs=("selected",),
)
