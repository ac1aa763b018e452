"""Equalised odds: are the true and the false positive rates alike in all groups?"""

from __future__ import annotations

from afif_explorer.choices.targets.kinds import CLASSES, Gap
from afif_explorer.choices.units import prediction_unit

OPTION = Gap(
    key="equalized_odds",
    label="Equalised odds gap",
    order=40,
    summary="The larger of the gaps for the two outcomes.",
    public="EqualizedOddsDifference",
    noun="equalised odds gap",
    unit=prediction_unit,
    tasks=CLASSES,
    decisions=True,
)
