"""Norms of groups of parameters."""

from __future__ import annotations

from afif_explorer.choices.penalties.kinds import NonsmoothPenaltyOption

OPTION = NonsmoothPenaltyOption(
    key="group_lasso", label="Group lasso", order=50, public="GroupLasso"
)
