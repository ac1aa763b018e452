"""No penalty."""

from __future__ import annotations

from afif_explorer.choices.penalties.kinds import PenaltyOption

OPTION = PenaltyOption(key="none", label="No penalty", order=10, public="", needs=())
