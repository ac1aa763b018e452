"""The mean probability of the observed class."""

from __future__ import annotations

from afif_explorer.choices.targets.kinds import CLASSES, OfSplit
from afif_explorer.choices.units import prediction_unit

OPTION = OfSplit(
    key="soft_accuracy",
    label="Soft accuracy",
    order=15,
    summary="The mean probability that the model gives to the observed class; higher is better.",
    public="SoftAccuracy",
    noun="soft accuracy",
    rises="soft accuracy",
    unit=prediction_unit,
    tasks=CLASSES,
    beside="accuracy",
)
