"""What the map of the rows can show along its axes and by its colour: results and columns."""

from __future__ import annotations

from collections.abc import Iterable

AUTOMATIC = 0
COMPONENTS = 2
COMPUTED = (
    "first component",
    "second component",
    "effect",
    "prediction",
    "loss",
    "self-influence",
    "leverage",
)  # places 1, 2, ...; the columns come after them
FIRST_COLUMN = 1 + len(COMPUTED)


def map_values(columns: Iterable[object], automatic: str) -> dict[str, int]:
    """All values by the names that people choose from; ``automatic``: what place 0 is called."""
    computed = {name.capitalize(): 1 + place for place, name in enumerate(COMPUTED)}
    own = {f"Column: {column}": FIRST_COLUMN + place for place, column in enumerate(columns)}
    return {automatic: AUTOMATIC} | {**computed, automatic: AUTOMATIC} | own
