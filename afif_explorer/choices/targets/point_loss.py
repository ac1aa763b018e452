"""The loss of one row."""

from __future__ import annotations

from afif_explorer.choices.targets.kinds import ANY, OTHER, OfRow
from afif_explorer.choices.units import loss_unit

OPTION = OfRow(
    key="point_loss",
    label="Loss of one row",
    order=80,
    summary="Why a single row is hard, or easy, to predict.",
    public="PointLoss",
    noun="loss of",
    rises="loss",
    unit=loss_unit,
    tasks=(*ANY, OTHER),
)
