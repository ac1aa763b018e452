"""How counts and phrases are written wherever people read them."""

from __future__ import annotations

SPACE = "\u00a0"  # keeps a number, and a number and its unit, on one line


def count(value: float) -> str:
    """A count with its thousands apart: ``30 162``."""
    return f"{int(value):,}".replace(",", SPACE)


def within(phrase: str) -> str:
    """A phrase that stands for itself elsewhere, within a sentence: ``the 100 rows``."""
    return phrase[:1].lower() + phrase[1:].rstrip(".")
