"""The prediction for one row."""

from __future__ import annotations

from afif_explorer.choices.targets.kinds import OfRow
from afif_explorer.choices.units import prediction_unit

OPTION = OfRow(
    key="prediction",
    label="Prediction for one row",
    order=90,
    summary="Why a single row is predicted as it is.",
    public="Prediction",
    noun="prediction for",
    rises="prediction",
    unit=prediction_unit,
)
