"""The mean loss on a split."""

from __future__ import annotations

from afif_explorer.choices.targets.kinds import ANY, OTHER, OfSplit
from afif_explorer.choices.units import loss_unit

OPTION = OfSplit(
    key="mean_loss",
    label="Mean loss",
    order=10,
    summary="The model's average loss on a split; lower is better.",
    public="MeanLoss",
    noun="mean loss",
    rises="mean loss",
    unit=loss_unit,
    tasks=(*ANY, OTHER),
    beside="loss",
)
