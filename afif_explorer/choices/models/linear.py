"""Least squares."""

from __future__ import annotations

from afif_explorer.choices.models.kind import ModelOption

OPTION = ModelOption(
    key="linear",
    label="Linear regression",
    order=20,
    tasks=("regression", "count"),
    default_for=("regression",),
    loss="gaussian",
)
