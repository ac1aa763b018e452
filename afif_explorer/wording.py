"""Formatting of counts and phrases for display."""

from __future__ import annotations

SPACE = "\u00a0"  # a no-break space, within numbers and between a number and its unit


def count(value: float) -> str:
    """A count with a thousands separator: ``30 162``."""
    return f"{int(value):,}".replace(",", SPACE)


def measured(value: str, unit: str) -> str:
    """A number with its unit, within a sentence: ``0.38 nats``, ``0.02 in probability``."""
    return f"{value} in probability" if unit == "probability" else f"{value} {unit}".strip()


def within(phrase: str) -> str:
    """A stand-alone phrase, adapted for use within a sentence: ``the 100 rows``."""
    return phrase[:1].lower() + phrase[1:].rstrip(".")
