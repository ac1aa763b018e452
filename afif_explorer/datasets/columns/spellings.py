"""Levels of a column that are spellings of one label."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping

import numpy as np
import pandas as pd

from afif_explorer.datasets.reading import text
from afif_explorer.datasets.reading.text import words

_INVISIBLE = {"Cf", "Cc"}
_SAME = (
    ("f", "female", "woman"), ("m", "male", "man"), ("y", "yes"), ("n", "no"), ("t", "true"),
    ("usa", "us", "united states"), ("uk", "united kingdom"),
)  # fmt: skip
_YES, _NO = words("yes y true t 1 on ja"), words("no n false f 0 off nein")
_LOOK_ALIKES = (
    str.maketrans(  # quotation marks; Cyrillic and Greek letters that look like Latin ones
        "’‘ʼ`´“”„«»АВЕКМНОРСТУХІаеорсухіΑΒΕΖΗΙΚΜΝΟΡΤΥΧο",
        "'" * 5 + '"' * 5 + "ABEKMHOPCTYXIaeopcyxiABEZHIKMNOPTYXo",
    )
)
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_WORD = {word: words[0] for words in _SAME for word in words}
_PLAIN = re.compile("[!-~]+(?: [!-~]+)*")
_RARE = 0.03
_LEAST_LETTERS = 5
_MOST_LEVELS = 200  # misspellings are looked for among these


def invisible(series: pd.Series) -> dict[str, str]:
    """The levels that look like another (white space, invisible marks, Unicode forms), and that level."""
    levels = text.coded(series)[1]
    if all(level == plain(level) for level in levels):
        return {}  # of two that look the same, one at least has something invisible
    return _merged(series, plain, plain_first=True)


def visible(series: pd.Series) -> dict[str, str]:
    """The levels that are likely another in other letters: case, a trailing dot, an abbreviation, a slip."""
    counts = _counts(series)
    known = {folded(level): truth(level) for level in counts}
    if len(known) > 2 and all(known.values()):
        return _merged(series, truth)
    found = _merged(series, lambda level: _transcribed(level, known))
    if len(counts) > _MOST_LEVELS:
        return found
    total = sum(counts.values())
    for rare, times in counts.items():
        if times > max(1, _RARE * total) or rare in found or len(plain(rare)) < _LEAST_LETTERS:
            continue
        for usual, often in counts.items():
            if often >= 10 * times and usual not in found and _one_slip(plain(rare), plain(usual)):
                found[rare] = usual
                break
    return found


def plain(level: str) -> str:
    """A level without what cannot be seen."""
    if _PLAIN.fullmatch(level):
        return level
    level = unicodedata.normalize("NFC", level)
    if not level.isprintable():
        level = "".join(
            " " if char.isspace() else char
            for char in level
            if char.isspace() or unicodedata.category(char) not in _INVISIBLE
        )
    return " ".join(level.split())


def folded(level: str) -> str:
    """A level without case, accents, compatibility forms, trailing dots, and the form of hyphens and quotes.

    Letters of another alphabet count as the Latin ones that look the same.
    """
    level = unicodedata.normalize("NFKC", plain(level)).translate(_LOOK_ALIKES)
    level = unicodedata.normalize("NFKD", level.casefold().rstrip(" ."))
    level = "".join(char for char in level if not unicodedata.combining(char))
    level = " ".join(re.sub(r"[\s_\-‐-―]+", " ", level).split())
    return _WORD.get(level, level)


def truth(level: str) -> str:
    """What a level says if it is a word for yes or no; else empty."""
    word = plain(level).casefold()
    return "yes" if word in _YES else "no" if word in _NO else ""


def _transcribed(level: str, known: Collection[str]) -> str:
    """A folded level; with two letters for an umlaut if another level is written so."""
    written = folded(plain(level).casefold().translate(_UMLAUTS))
    return written if written in known else folded(level)


def _merged(
    series: pd.Series, key: Callable[[str], str], plain_first: bool = False
) -> dict[str, str]:
    """For each level that is not the most common (or, before that, a plain) one of its key: that one."""
    groups: Mapping[str, dict[str, int]] = defaultdict(dict)
    for level, times in _counts(series).items():
        groups[key(level) or level][level] = times
    found: dict[str, str] = {}
    for spelled in groups.values():
        if len(spelled) > 1:
            kept = max(
                spelled,
                key=lambda level: (
                    plain_first and level == plain(level),
                    spelled[level],
                    level == plain(level),
                    not level.islower(),
                    level,
                ),
            )
            found |= {level: kept for level in spelled if level != kept}
    return found


def _counts(series: pd.Series) -> dict[str, int]:
    codes, levels = text.coded(series)
    counts = np.bincount(codes[codes >= 0], minlength=len(levels))
    return {level: int(times) for level, times in zip(levels, counts, strict=True)}


def _one_slip(a: str, b: str) -> bool:
    """Whether one letter is wrong, missing, added, or exchanged with the next; digits are never slips."""
    if a == b or abs(len(a) - len(b)) > 1 or re.sub(r"\D", "", a) != re.sub(r"\D", "", b):
        return False
    start = next(
        (i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b))
    )
    ours, theirs = a[start:], b[start:]
    if len(ours) == len(theirs):
        swapped = ours[:2] == theirs[:2][::-1] and ours[2:] == theirs[2:]
        return ours[1:] == theirs[1:] or swapped
    longer, shorter = (ours, theirs) if len(ours) > len(theirs) else (theirs, ours)
    return longer[1:] == shorter
