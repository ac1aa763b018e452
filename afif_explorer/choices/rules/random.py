"""Random rows."""

from __future__ import annotations

from afif_explorer.choices.rules.kinds import RandomRows

OPTION = RandomRows(key="random", label="Random rows", order=50, needs=("count",))
