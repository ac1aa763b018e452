"""Mean losses by group."""

from __future__ import annotations

from afif_explorer.choices.targets.kinds import ANY, GROUPS, OTHER, Gap
from afif_explorer.choices.units import loss_unit

OPTION = Gap(
    key="group_loss",
    label="Gap of mean losses",
    order=70,
    summary="Whether the model is less accurate for one group.",
    public="GroupLossDifference",
    needs=GROUPS,
    noun="gap of mean losses",
    unit=loss_unit,
    tasks=(*ANY, OTHER),
)
