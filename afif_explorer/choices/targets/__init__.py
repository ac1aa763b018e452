"""The quantities whose change can be predicted, one file each."""

from afif_explorer.choices.option import declared
from afif_explorer.choices.targets.kinds import Gap, TargetOption

TARGETS: dict[str, TargetOption] = declared(__name__, __path__)
GAPS = {key: option for key, option in TARGETS.items() if isinstance(option, Gap)}
