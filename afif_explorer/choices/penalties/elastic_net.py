"""Absolute values and squares of parameters."""

from __future__ import annotations

from afif_explorer.choices.penalties.kinds import NonsmoothPenaltyOption

OPTION = NonsmoothPenaltyOption(
    key="elastic_net", label="Elastic net", order=40, public="ElasticNet"
)
