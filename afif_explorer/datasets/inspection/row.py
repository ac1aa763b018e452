"""``ColumnRow``: what was understood of one column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from afif_explorer import wording
from afif_explorer.datasets.columns import recipe as recipes
from afif_explorer.datasets.inspection.kinds import ReadColumn
from afif_explorer.datasets.inspection.problem import Problem
from afif_explorer.datasets.reading import text

_EXAMPLES = 3
_TOP_LEVELS = 3


@dataclass(frozen=True)
class ColumnRow:
    """A row of the column table.

    Attributes:
        name: the column's name.
        kind: "number", "category", "date", "yes/no", "text" or "constant".
        role: "input", "target", "sensitive", "weight", "split", "id" or "ignore".
        missing, distinct: the number of missing cells, and of distinct values.
        values: the range of numbers and dates, or the most common levels with their counts.
        examples: three cells, as a person writes them.
        problems: what was noticed, each with a remedy.
    """

    name: str
    kind: str
    role: str
    missing: int
    distinct: int
    values: str
    examples: tuple[str, ...]
    problems: tuple[Problem, ...]


def row_of(
    raw: pd.Series,
    column: ReadColumn,
    name: str,
    kind: str,
) -> ColumnRow:
    """The row of a column, without role and problems: ``raw`` as it came, ``column`` read as chosen."""
    known, found = column.known, column.kind
    return ColumnRow(
        name=name,
        kind=kind
        if kind in (recipes.CATEGORY, recipes.TEXT) and found != recipes.CONSTANT
        else found,
        role="",
        missing=column.missing,
        distinct=column.distinct,
        values=_values(known, found),
        examples=tuple(
            text.clean(text.written(cell), 40) for cell in raw.dropna().iloc[:_EXAMPLES]
        ),
        problems=(),
    )


def _values(known: pd.Series, kind: str) -> str:
    if not len(known):
        return ""
    if known.dtype.kind == "m":
        return f"{known.min()} to {known.max()}"
    if kind == recipes.DATE:
        return f"{known.min():%Y-%m-%d} to {known.max():%Y-%m-%d}"
    if kind == recipes.NUMBER:
        numbers = known.to_numpy(dtype=np.float64)
        return f"{numbers.min():.6g} to {numbers.max():.6g}"
    texts = known.astype(str) if known.dtype == object else known
    counts = texts.value_counts()
    shown = [
        f"{text.clean(recipes.plain_text(level), 30)} {wording.count(rows)}"
        for level, rows in counts.iloc[:_TOP_LEVELS].items()
    ]
    return ", ".join(shown) + (", ..." if len(counts) > _TOP_LEVELS else "")
