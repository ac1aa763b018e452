"""Predictive parity: does a predicted outcome come true equally often in all groups?"""

from __future__ import annotations

from afif_explorer.choices.targets.kinds import CLASSES, Gap
from afif_explorer.choices.units import prediction_unit

OPTION = Gap(
    key="predictive_parity",
    label="Predictive parity gap",
    order=50,
    summary="The highest minus the lowest positive predictive value of a group.",
    public="PredictiveParityDifference",
    noun="predictive parity gap",
    unit=prediction_unit,
    tasks=CLASSES,
    decisions=True,
)
