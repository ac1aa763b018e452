"""The classical influence function."""

from __future__ import annotations

from afif_explorer.choices.methods.kind import MethodOption

OPTION = MethodOption(
    key="infinitesimal_jackknife",
    label="Infinitesimal jackknife (Hessian)",
    order=20,
    public="InfinitesimalJackknife",
)
