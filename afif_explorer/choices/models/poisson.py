"""Poisson regression of counts."""

from __future__ import annotations

from afif_explorer.choices.models.kind import ModelOption

OPTION = ModelOption(
    key="poisson",
    label="Poisson regression",
    order=50,
    tasks=("count",),
    default_for=("count",),
    loss="poisson",
)
