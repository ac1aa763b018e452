"""A file of the corpus, and what is right about it."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ROWS = 40


@dataclass(frozen=True)
class Case:
    """The content of a file, and what is right about it."""

    content: bytes
    right: dict[str, Any]


def numbers(seed: int = 0, low: float = -50, high: float = 5000, places: int = 2) -> list[float]:
    """Numbers that are no whole numbers and have no order."""
    rng = random.Random(seed)
    return [round(rng.uniform(low, high), places) or 0.5 for _ in range(ROWS)]


def noise(seed: int, levels: Sequence[Any]) -> list[Any]:
    """A column that says nothing about another."""
    rng = random.Random(seed)
    return [rng.choice(levels) for _ in range(ROWS)]


def text(table: Mapping[str, Sequence[Any]], separator: str = ",", header: bool = True) -> str:
    """A table as CSV; None is an empty cell."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    if header:
        writer.writerow(table)
    writer.writerows(zip(*table.values(), strict=True))
    return out.getvalue()


def case(table: Mapping[str, Sequence[Any]], separator: str = ",", **right: Any) -> Case:
    """A CSV file in UTF-8; what is not said about a column is that it is read as it is."""
    said = {name for key in ("read", "asked", "mended") for name in right.get(key, {})}
    others = {
        name or f"column {place}": [str(cell) if isinstance(cell, bool) else cell for cell in cells]
        for place, (name, cells) in enumerate(table.items(), start=1)
        if name not in said
    }
    right["read"] = {**others, **right.get("read", {})}
    return Case(text(table, separator).encode(), right)


def with_outcome(table: Mapping[str, Sequence[Any]], seed: int = 99) -> dict[str, Sequence[Any]]:
    """The table with an outcome that none of its columns tells."""
    return {**table, "outcome": noise(seed, ["no", "yes"])}
