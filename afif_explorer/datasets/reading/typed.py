"""Columns of text cells as numbers, dates or text: whatever can be read without doubt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from afif_explorer import progress, wording
from afif_explorer.datasets.reading import text
from afif_explorer.datasets.reading.cells import Form, decimal_mark, form_of
from afif_explorer.datasets.reading.forms import numerals
from afif_explorer.datasets.reading.markers import is_missing, missing_levels, says_nothing
from afif_explorer.errors import InvalidChoice

_PLAIN_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_CODE = r"^[+-]?0\d+$|^\d+[eE]\d+$|^\+\d{7,15}$"  # 007, 12E3, +4930123456 may be codes
_DAY = r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?)?$"
_BLANK = {"", "?", "NA", "N/A", "nan", "NaN", "null", "NULL"}
_MOST_VOTING = 1000  # distinct texts of a column that show the decimal mark ...
_MOST_SOUGHT = 100_000  # ... among its first cells
_FIRST = 256  # cells that are tried first
_MOST_NOTES = 12
UNDERSTANDING = "Understanding the columns"


def typed(
    columns: Sequence[Any], names: Sequence[str], decimal: str | None
) -> tuple[pd.DataFrame, str, list[str]]:
    """The columns (pyarrow, text) as a data frame, the decimal mark ("": nothing shows it), and notes."""
    if decimal not in (None, ".", ","):
        raise InvalidChoice(f"The decimal mark is '.' or ',', not {text.clean(decimal)!r}.")
    notes: list[str] = []
    samples = [_sample(column) for column in columns]
    mark = decimal
    if mark is None:
        mark, disagree = decimal_mark(samples)
        if disagree:
            notes.append(
                "Some columns have decimal commas and others decimal points; each was read by its own."
            )
    else:
        disagree = False
    frame = {}
    told: list[str] = []
    for place, column in enumerate(columns):
        progress.report(UNDERSTANDING, place, len(columns))
        own = (decimal_mark([samples[place]])[0] or mark) if disagree else mark
        plain = not numerals.are_versions(
            [cell for cell in samples[place] if not says_nothing(cell)]
        )
        frame[place], changes = _typed(column, own, names[place], plain)
        told += changes
    notes += told[:_MOST_NOTES]
    if len(told) > _MOST_NOTES:
        notes.append(f"{len(told) - _MOST_NOTES} more columns were read in such ways.")
    found = pd.DataFrame(frame, copy=False)
    found.columns = pd.Index(names)
    return found, mark, notes


def _sample(column: Any) -> list[str]:
    found: list[str] = column.slice(0, _MOST_SOUGHT).unique().slice(0, _MOST_VOTING).to_pylist()
    return found


def _typed(column: Any, decimal: str, name: str, plain: bool = True) -> tuple[pd.Series, list[str]]:
    """A column, and what was changed in reading it; ``plain``: its numbers need no interpretation."""
    if plain and (values := _plain(column, decimal)) is not None:
        return values, []
    codes, levels = _coded(column)
    counts = np.bincount(codes, minlength=len(levels))
    in_doubt = decimal == "" and numerals.doubtful(levels)
    form = None if in_doubt else form_of(levels, counts, decimal or ".")
    if form is not None:
        return pd.Series(form.read(levels)[codes]), _changes(form, levels, codes, name)
    gaps = set(missing_levels(levels))
    shown = [None if level in gaps else level for level in levels]
    return pd.Series(pd.array(shown, dtype="str").take(codes)), []


def _coded(column: Any) -> tuple[np.ndarray, list[str]]:
    """The code of each cell, and the distinct texts in order of appearance."""
    coded = column.combine_chunks().dictionary_encode()
    return coded.indices.to_numpy().astype(np.intp), coded.dictionary.to_pylist()


def _plain(column: Any, decimal: str) -> pd.Series | None:
    """Numbers and ISO dates that need no interpretation, quickly; pyarrow works beside other threads."""
    import pyarrow as pa
    import pyarrow.compute as pc

    blank = pc.is_in(column, pa.array(sorted(_BLANK)))
    known = pc.if_else(blank, pa.scalar(None, pa.string()), column)
    if known.null_count == len(known):
        return None

    def every(pattern: str) -> bool:
        return all(  # the first cells are enough to fail
            bool(pc.all(pc.match_substring_regex(cells, pattern)).as_py())
            for cells in (known.slice(0, _FIRST), known)
        )

    try:
        if every(_DAY):
            return pd.Series(known.cast(pa.timestamp("us")).to_numpy())
        if not every(_PLAIN_NUMBER) or pc.any(pc.match_substring_regex(known, _CODE)).as_py():
            return None
        if decimal == "," and pc.any(pc.match_substring(known, ".")).as_py():
            return None
        whole = every(r"^-?\d+$")
        return pd.Series(known.cast(pa.int64() if whole else pa.float64()).to_numpy())
    except pa.ArrowInvalid:  # a sign of plus, a very long number, no such day
        if every(_DAY):
            return None
        cells = pd.Series(known.to_pylist(), dtype=object)
        numbers = pd.to_numeric(cells, errors="coerce")
        return None if (numbers.isna() & ~cells.isna()).any() else numbers


def _changes(form: Form, levels: list[str], codes: np.ndarray, name: str) -> list[str]:
    """Sentences about cells that were changed or that became missing."""
    told = []
    counts = np.bincount(codes, minlength=len(levels))
    what = form.changes([level for level in levels if not says_nothing(level)])
    if what:
        cells_ = int(
            sum(n for level, n in zip(levels, counts, strict=True) if not says_nothing(level))
        )
        told.append(f"'{name}': {wording.count(cells_)} cells read with {', '.join(what)}.")
    words = [
        place for place, level in enumerate(levels) if says_nothing(level) and not is_missing(level)
    ]
    if words:
        told.append(
            f"'{name}': {cells_that(codes, words)} that {_are(codes, words)} no number or date "
            f"({text.listing([text.clean(levels[place]) for place in words])}) became missing."
        )
    return told


def cells_that(codes: np.ndarray, places: Sequence[int], most: int = 3) -> str:
    """``3 cells (rows 4, 17, 20)``: the cells with these codes, by the ids of their rows."""
    rows = np.flatnonzero(np.isin(codes, places))
    shown = ", ".join(map(str, rows[:most])) + (", ..." if len(rows) > most else "")
    if len(rows) == 1:
        return f"1 cell (row {shown})"
    return f"{wording.count(len(rows))} cells (rows {shown})"


def _are(codes: np.ndarray, places: Sequence[int]) -> str:
    return "is" if np.isin(codes, places).sum() == 1 else "are"
