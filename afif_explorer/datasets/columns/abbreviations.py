"""Levels that are short forms of others: CA beside California, NY beside New York."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import pandas as pd

from afif_explorer.datasets.columns.spellings import counts_of, letters

_LONGEST_CODE = 3
_LEAST_WORD = 4  # letters of a whole word
_LEAST_PAIRS = 2  # a single pair may be two things
_MOST_LEVELS = 400


def abbreviated(series: pd.Series) -> dict[str, str]:
    """The levels that may be short forms of another, and that one.

    A short form is written in capitals, and its letters come in the same order in the long one, the first at
    its beginning, or they are its initials. Nothing is found unless at least two short forms have one long
    form each, and most of the short forms do.
    """
    levels = list(counts_of(series))
    if len(levels) > _MOST_LEVELS:
        return {}
    codes = [
        one for one in levels if one.isalpha() and one.isupper() and 2 <= len(one) <= _LONGEST_CODE
    ]
    words = {one: letters(one) for one in levels if len(one) >= _LEAST_WORD and not one.isupper()}
    found = _paired(codes, words)
    return found if len(found) >= max(_LEAST_PAIRS, len(codes) / 2) else {}


def _paired(codes: Iterable[str], words: dict[str, str]) -> dict[str, str]:
    """The long form of each code that has one only, which no other code has."""
    initials = defaultdict(list)
    for level, word in words.items():
        initials["".join(part[0] for part in word.split())].append(level)
    found: dict[str, str] = {}
    for code in codes:
        short = code.lower()
        able = initials.get(short) or [
            level for level, word in words.items() if _within(short, word)
        ]
        if len(able) == 1:
            found[code] = able[0]
    taken = list(found.values())
    return {code: level for code, level in found.items() if taken.count(level) == 1}


def _within(short: str, word: str) -> bool:
    """Whether the letters of ``short`` come in ``word`` in this order, the first one first."""
    if " " in word or not word.startswith(short[0]):
        return False
    rest = iter(word)
    return all(letter in rest for letter in short)
