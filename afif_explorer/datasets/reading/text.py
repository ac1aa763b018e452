"""Sanitises text from data: column names, category levels, cells.

Text is cleaned here once, when the data are read. The result is *plain* text: one line, at most
:data:`LIMIT` characters, no control or formatting characters, in NFC. It is not escaped: code that
generates HTML (or Markdown, or a spreadsheet) escapes it there, once. So a name such as ``<b>`` is
still ``<b>`` here and must be displayed as text.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Hashable, Iterable, Sequence
from datetime import datetime, time

import numpy as np
import pandas as pd

LIMIT = 80
MISSING = "missing"
_EXACT = 2.0**53  # below it every whole number is a float of its own

_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def clean(value: object, limit: int = LIMIT) -> str:
    """``value`` as one line of plain text, truncated to ``limit`` characters (then it ends in "…")."""
    text = str(value)[: 20 * limit]
    if not (text.isascii() and text.isprintable()):
        text = _visible(text)
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def written(cell: object) -> str:
    """A cell as a person writes it: a date without its midnight, a whole number without a decimal point.

    >>> written(49.0), written(0.5), written(datetime(2020, 1, 11))
    ('49', '0.5', '2020-01-11')
    """
    if isinstance(cell, datetime) and cell.time() == time.min:
        return cell.strftime("%Y-%m-%d")
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _EXACT:
        return str(int(cell))
    return str(cell)


def _visible(text: str) -> str:
    """A text with spaces in place of control and formatting characters, in NFC."""
    if not text.isprintable():
        text = "".join(" " if unicodedata.category(char) in _INVISIBLE else char for char in text)
    return unicodedata.normalize("NFC", text)


def distinct(texts: Iterable[str], *, empty: str = "column") -> list[str]:
    """The texts, made distinct: an empty one becomes "column 3", a repeated one "name (2)"."""
    texts = list(texts)
    taken: set[str] = set(texts)
    if len(taken) == len(texts) and "" not in taken:
        return texts
    taken, result = set(), []
    for place, text in enumerate(texts, start=1):
        text = text or f"{empty} {place}"
        candidate, copy = text, 1
        while candidate in taken:
            copy += 1
            ending = f" ({copy})"
            candidate = text[: LIMIT - len(ending)] + ending
        taken.add(candidate)
        result.append(candidate)
    return result


def column_names(names: Iterable[Hashable]) -> tuple[list[str], tuple[str, ...]]:
    """Display names for the columns of a table, and notes about those that had to be renamed."""
    raw = list(map(_joined, names))
    cleaned = plain_names(raw)
    shown = distinct(cleaned)
    renamed = [
        name
        for name, plain, old in zip(shown, cleaned, raw, strict=True)
        if name != plain or plain != str(old)
    ]
    if not renamed:
        return shown, ()
    what = "an empty, repeated, long or unprintable name"
    return shown, (f"Columns with {what} were renamed: {listing(renamed)}.",)


def plain_names(names: Iterable[Hashable]) -> list[str]:
    """The cleaned names of columns, neither completed nor made distinct."""
    return ["" if _is_missing(name) else clean(_joined(name)) for name in names]


def levels(values: pd.Series) -> pd.Series:
    """Any column as cleaned text; missing values stay missing, distinct values stay distinct."""
    return levels_of(values)[0]


def levels_of(values: pd.Series) -> tuple[pd.Series, dict[str, str]]:
    """:func:`levels`, and the level of every original text."""
    codes, found = coded(values)
    names = distinct(map(clean, found), empty="level")
    shown = pd.array(names, dtype="str").take(codes, allow_fill=True)
    return pd.Series(shown, index=values.index), dict(zip(found, names, strict=True))


def coded(values: pd.Series) -> tuple[np.ndarray, list[str]]:
    """The index of each value's text (-1: missing), and the distinct texts in order of appearance."""
    if isinstance(values.dtype, pd.StringDtype):
        codes, found = pd.factorize(values)
        return codes, found.to_numpy(dtype=object).tolist()
    missing = values.isna().to_numpy()
    # Values that are equal but displayed differently (1 and True) are distinguished by their texts.
    codes, found = pd.factorize(values[~missing].astype(object).map(str).to_numpy(dtype=object))
    every = np.full(len(values), -1)
    every[~missing] = codes
    return every, list(found)


def listing(names: Sequence[str], most: int = 6) -> str:
    """Names for a sentence: ``'a', 'b' and 3 more``."""
    shown = ", ".join(f"'{name}'" for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def near(name: object, known: Iterable[str]) -> str:
    """A hint with the known names closest to ``name``, or all of them: the end of a sentence."""
    known = list(known)
    lowered = {text.lower(): text for text in known}
    close = difflib.get_close_matches(clean(name).lower(), list(lowered), n=3, cutoff=0.5)
    if close:
        return f"did you mean {listing([lowered[text] for text in close])}?"
    return f"there are {listing(known, most=10)}." if known else "there are none."


def _joined(name: Hashable) -> Hashable:
    return " / ".join(map(str, name)) if isinstance(name, tuple) else name


def _is_missing(name: object) -> bool:
    return name is None or (isinstance(name, float) and name != name)


def words(text: str) -> frozenset[str]:
    """The words of a text, which are separated by white space.

    >>> sorted(words("sex gender"))
    ['gender', 'sex']
    """
    return frozenset(text.split())
