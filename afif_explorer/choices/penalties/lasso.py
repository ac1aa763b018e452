"""Absolute values of parameters."""

from __future__ import annotations

from afif_explorer.choices.penalties.kinds import NonsmoothPenaltyOption

OPTION = NonsmoothPenaltyOption(key="lasso", label="Lasso", order=30, public="Lasso")
