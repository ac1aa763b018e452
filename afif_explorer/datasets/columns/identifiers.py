"""Columns that name or number the rows, and codes that are no amounts."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from afif_explorer import wording
from afif_explorer.datasets.reading.text import words

FEW_ROWS = 10
_LARGEST_EXACT = 2**53
_WORDS = words(
    "id ids identifier uuid guid index idx row rowid rownum rownumber nr no number num key pk "
    "serial record ssn iban isbn phone email uid sku ean upc barcode passport licence license matriculation "
    "matrikel matrikelnummer"
)
_NAMES_ONE = words("id ids identifier uuid guid")
_COUNTED = frozenset(("no", "number", "num", "nr", "index", "key", "row", "record", "serial"))
_CODES = words("code cod codes zip zipcode postcode postal plz fips")
_PLACES = words(
    "state county community city town municipality tract district region precinct country store "
    "branch"
)
_FOLDS = words("fold folds cvfold")
_TIME = words("year years month day week date time hour minute quarter t age jahr monat tag period")
_UNNAMED = re.compile(
    r"|unnamed: \d+|__index_level_\d+__|level_\d+|index|column \d+", re.IGNORECASE
)
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_GLUED = re.compile(
    r"(?:customer|user|patient|student|employee|passenger|order|product|person|member|client|account|applicant|"
    r"case|subject|record|row|respondent|participant|transaction|loan)(?:id|no|nr|num|number|key)"
)
_UUID = re.compile(r"[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}|[0-9a-f]{16,64}", re.IGNORECASE)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.\w+")


@dataclass(frozen=True)
class Identifier:
    """Why a column is (``sure``) or may be no input: the end of a sentence."""

    why: str
    sure: bool


def words_of(name: str) -> list[str]:
    """The words of a name, in lower case: ``PassengerId`` has "passenger" and "id"."""
    return [part.lower() for part in _PARTS.findall(name)]


def identifier(series: pd.Series, name: str) -> Identifier | None:
    """Whether a column identifies the rows, by its name and content."""
    known = series.dropna()
    if not len(known):
        return None
    if pd.api.types.is_bool_dtype(known) or pd.api.types.is_complex_dtype(known):
        return None
    if pd.api.types.is_numeric_dtype(known):
        numbers = known.to_numpy(dtype=np.float64)
        whole = bool(np.isfinite(numbers).all() and (numbers == np.round(numbers)).all())
        return _of_numbers(known, numbers, len(series), name) if whole else None
    if isinstance(known.dtype, pd.StringDtype) or known.dtype == object:
        return _of_texts(known, name)
    return None


def is_time(name: str) -> bool:
    """Whether a name speaks of time, so that each value may well be there once."""
    return not _TIME.isdisjoint(words_of(name))


def is_named_so(name: str) -> bool:
    """Whether a name is that of an identifier."""
    words = words_of(name)
    glued = _GLUED.fullmatch("".join(words))
    return bool(words and (words[-1] in _WORDS or words[0] in ("id", "uuid") or glued))


def _of_numbers(known: pd.Series, numbers: np.ndarray, rows: int, name: str) -> Identifier | None:
    distinct = known.nunique()
    words = words_of(name)
    steps = np.diff(numbers)
    counts = (
        len(numbers) == rows > FEW_ROWS and distinct == rows and bool((np.abs(steps) == 1).all())
    )
    if counts and (_UNNAMED.fullmatch(name) or is_named_so(name)):
        return Identifier("numbers the rows", True)
    if is_named_so(name) and rows > FEW_ROWS:
        needed = 1.0 if words[-1] in _COUNTED else 0.5
        if distinct >= needed * len(known) and distinct > FEW_ROWS:
            return Identifier(_many(distinct, len(known)), True)
    if words and words[-1] in _NAMES_ONE and distinct > FEW_ROWS:
        return Identifier(
            "is named like an identifier; its numbers tell groups of rows apart", False
        )
    if is_time(name):
        return None
    if not _FOLDS.isdisjoint(words) and distinct <= 50:
        return Identifier("numbers the folds of a cross-validation", True)
    if not _CODES.isdisjoint(words) and distinct > FEW_ROWS:
        return Identifier("has codes, not amounts", True)
    if words and words[-1] in _PLACES and distinct > FEW_ROWS:
        return Identifier("has numbers that stand for places", True)
    if np.abs(numbers).max() > _LARGEST_EXACT and distinct >= 0.9 * len(known):
        return Identifier("has numbers too long to be amounts", True)
    if counts:
        return Identifier("numbers the rows", False)
    if distinct == rows > 2 * FEW_ROWS and numbers.max() - numbers.min() == rows - 1:
        return Identifier(
            "has each whole number of a range once, like a row number or a rank", False
        )
    return None


def _of_texts(known: pd.Series, name: str) -> Identifier | None:
    distinct = known.nunique()
    if distinct <= FEW_ROWS:
        return None
    sample = [str(value).strip() for value in known.iloc[:100]]
    for form, what in ((_UUID, "identifiers"), (_EMAIL, "e-mail addresses")):
        if all(form.fullmatch(value) for value in sample):
            return Identifier(f"has {what}", True)
    if is_named_so(name) and distinct >= 0.5 * len(known):
        return Identifier(_many(distinct, len(known)), True)
    if distinct == len(known) > 2 * FEW_ROWS:
        return Identifier("has another text in every row", True)
    return None


def _many(distinct: int, rows: int) -> str:
    if distinct == rows:
        return "has another value in every row"
    return f"is named like an identifier and has {wording.count(distinct)} distinct values"
