"""The approximate Fisher influence function."""

from __future__ import annotations

from afif_explorer.choices.methods.kind import MethodOption

OPTION = MethodOption(key="afif", label="AFIF (Fisher)", order=10, public="AFIF")
