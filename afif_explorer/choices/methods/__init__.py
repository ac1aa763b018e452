"""The methods that estimate the effect of a removal, one file each."""

from afif_explorer.choices.methods.kind import MethodOption
from afif_explorer.choices.option import declared

METHODS: dict[str, MethodOption] = declared(__name__, __path__)
