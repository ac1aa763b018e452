"""Changes in words: which way, by how much, and which share of the quantity that is."""

from __future__ import annotations

from afif_explorer.figures.drawing.text import number, percent
from afif_explorer.wording import measured

MOST_SHARE = 10.0  # of the quantity; larger changes are told without it


def sentence(whose: str, label: str, change: float, value: float, unit: str) -> str:
    """``Removing them lowers the gap by 0.021 (12 % of it)``; ``value``: of the quantity now."""
    if change == 0:
        return f"Removing {whose} does not change the {label}"
    verb = "raises" if change > 0 else "lowers"
    return f"Removing {whose} {verb} the {label} by {amount(abs(change), value, unit)}"


def amount(size: float, value: float, unit: str) -> str:
    """A size in its unit, and as a share of the quantity: ``0.021 (12 % of it)``."""
    share = size / abs(value) if value else float("inf")
    told = f" ({percent(share)} of it)" if share <= MOST_SHARE else ""
    return measured(number(size), unit) + told


def signed(change: float, value: float, unit: str) -> str:
    """A change with its sign and unit, and relative to the quantity: ``−0.021 nats (−12 %)``.

    A probability has no unit here: what it is of is said before it.
    """
    sign = "+" if change > 0 else ""
    share = change / abs(value) if value else float("inf")
    told = f" ({sign}{percent(share)})" if abs(share) <= MOST_SHARE else ""
    size = f"{number(change)} {'' if unit == 'probability' else unit}".strip()
    return f"{sign}{size}{told}"
