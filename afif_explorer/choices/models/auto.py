"""The default model of the task."""

from __future__ import annotations

from afif_explorer.choices.models.kind import Automatic

OPTION = Automatic(
    key="auto",
    label="Default for this task",
    order=10,
    tasks=("regression", "classification", "count"),
)
