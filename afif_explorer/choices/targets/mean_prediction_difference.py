"""Demographic parity for numbers and counts."""

from __future__ import annotations

from afif_explorer.choices.targets.kinds import GROUPS, NUMBERS, Gap
from afif_explorer.choices.units import prediction_unit

OPTION = Gap(
    key="mean_prediction_difference",
    label="Difference of mean predictions",
    order=60,
    summary="Demographic parity for regression and counts.",
    public="MeanPredictionDifference",
    needs=GROUPS,
    noun="difference of mean predictions",
    rises="difference",
    unit=prediction_unit,
    tasks=NUMBERS,
    measure="mean_prediction",
)
