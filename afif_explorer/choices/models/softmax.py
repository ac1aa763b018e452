"""Logistic regression of several classes."""

from __future__ import annotations

from afif_explorer.choices.models.kind import ModelOption

OPTION = ModelOption(
    key="softmax",
    label="Softmax regression",
    order=40,
    tasks=("classification",),
    default_for=("classification",),
    loss="categorical",
)
