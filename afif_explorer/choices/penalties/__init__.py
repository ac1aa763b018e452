"""The penalties on the parameters, one file each."""

from afif_explorer.choices.option import declared
from afif_explorer.choices.penalties.kinds import PenaltyOption

PENALTIES: dict[str, PenaltyOption] = declared(__name__, __path__)
