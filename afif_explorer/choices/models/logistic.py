"""Logistic regression of two classes."""

from __future__ import annotations

from afif_explorer.choices.models.kind import ModelOption

OPTION = ModelOption(
    key="logistic",
    label="Logistic regression",
    order=30,
    tasks=("classification",),
    default_for=("classification",),
    most_classes=2,
    loss="bernoulli",
)
