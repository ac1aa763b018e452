"""The package's scripts and styles, for widgets."""

from __future__ import annotations

from importlib.resources import files


def static(name: str) -> str:
    """The text of one of them."""
    return (files("afif_explorer") / "static" / name).read_text(encoding="utf-8")
