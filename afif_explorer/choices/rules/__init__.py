"""The rules that choose rows for removal, one file each."""

from afif_explorer.choices.option import declared
from afif_explorer.choices.rules.kinds import RuleOption

RULES: dict[str, RuleOption] = declared(__name__, __path__)
