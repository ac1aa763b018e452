"""Demographic parity: are the groups predicted alike on average?"""

from __future__ import annotations

from afif_explorer.choices.targets.kinds import CLASSES, Gap
from afif_explorer.choices.units import prediction_unit

OPTION = Gap(
    key="demographic_parity",
    label="Demographic parity gap",
    order=20,
    summary="The highest minus the lowest group mean of the predictions.",
    public="DemographicParityDifference",
    noun="demographic parity gap",
    unit=prediction_unit,
    tasks=CLASSES,
    decisions=True,
)
