"""Equal opportunity: are those with the outcome predicted alike in all groups?"""

from __future__ import annotations

from afif_explorer.choices.targets.kinds import CLASSES, Gap
from afif_explorer.choices.units import prediction_unit

OPTION = Gap(
    key="equal_opportunity",
    label="Equal opportunity gap",
    order=30,
    summary="The same among rows with the positive outcome.",
    public="EqualOpportunityDifference",
    noun="equal opportunity gap",
    unit=prediction_unit,
    tasks=CLASSES,
    decisions=True,
)
