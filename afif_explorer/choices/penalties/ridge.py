"""Squared parameters."""

from __future__ import annotations

from afif_explorer.choices.penalties.kinds import PenaltyOption

OPTION = PenaltyOption(key="ridge", label="Ridge", order=20, public="Ridge")
