"""Levels of a column that are spellings of one label."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from html import unescape
from urllib.parse import unquote

import numpy as np
import pandas as pd

from afif_explorer import wording
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
_DECORATION = re.compile(
    "[\u0640\ufe00-\ufe0f]"
)  # of Arabic letters (kashida), and variants of a sign
_TAG = re.compile(r"</?[a-z]+>", re.IGNORECASE)
_INITIALS = re.compile(r"\b(?:[^\W\d_]\.){2,}")
_QUOTED = re.compile(r"""(["'])(?P<inside>.*\w.*)\1|(?P<before>.*\w)[,;:]""")
_NUMBERED = re.compile(r"\d{1,2}[.)]\s*(?P<words>[^\W\d_].*)|(?P<number>\d+)\.0+")
_AND = re.compile(r"\s*&\s*")
_BETWEEN = re.compile(r"\s+|(?<=\w)[\s_\-‐-―]+(?=\w)")


def invisible(series: pd.Series) -> dict[str, str]:
    """The levels that look like another (white space, invisible marks, Unicode forms), and that level."""
    levels = text.coded(series)[1]
    if all(level == plain(level) for level in levels):
        return {}  # of two that look the same, one at least has something invisible
    return _merged(series, plain, plain_first=True)


def visible(series: pd.Series) -> dict[str, str]:
    """The levels that are likely another in other letters: case, a trailing dot, an abbreviation."""
    counts = counts_of(series)
    known = {folded(level): truth(level) for level in counts}
    if len(known) > 2 and all(known.values()):
        return _merged(series, truth)
    return _merged(series, lambda level: _transcribed(level, known))


def counted(same: Mapping[str, str], series: pd.Series, most: int = 3) -> str:
    """``'f' (20 rows) and 'F' (40 rows)``: the levels that may be the same, with how many rows have each."""
    counts = counts_of(series)
    shown = [
        " and ".join(f"'{text.clean(level)}' ({_rows(counts[level])})" for level in pair)
        for pair in list(same.items())[:most]
    ]
    more = f" and {len(same) - most} more pairs" if len(same) > most else ""
    return ", ".join(shown) + more


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{wording.count(count)} rows"


def plain(level: str) -> str:
    """A level without what cannot be seen."""
    if _PLAIN.fullmatch(level):
        return level
    level = _DECORATION.sub("", unicodedata.normalize("NFC", level))
    if not level.isprintable():
        level = "".join(
            " " if char.isspace() else char
            for char in level
            if char.isspace() or unicodedata.category(char) not in _INVISIBLE
        )
    return " ".join(level.split())


def folded(level: str) -> str:
    """The :func:`letters` of a level, or of the usual word for an abbreviation."""
    level = letters(level)
    return _WORD.get(level, level)


def letters(level: str) -> str:
    """A level without case, accents, compatibility forms, trailing dots, and the form of hyphens and quotes.

    Letters of another alphabet count as the Latin ones that look the same. What was escaped for a web page,
    quoted, or numbered ("1. White") counts as it was before; "&" is "and".
    """
    level = _TAG.sub("", unescape(unquote(level))) if not level.isalnum() else level
    level = unicodedata.normalize("NFKC", plain(level)).translate(_LOOK_ALIKES)
    level = unicodedata.normalize("NFKD", level.casefold().rstrip(" ."))
    level = "".join(char for char in level if not unicodedata.combining(char))
    if level.isalnum():
        return level
    if quoted := _QUOTED.fullmatch(level):
        level = quoted["inside"] or quoted["before"]
    if numbered := _NUMBERED.fullmatch(level):
        level = numbered["words"] or numbered["number"]
    level = _INITIALS.sub(lambda found: found[0].replace(".", ""), f"{level}.").removesuffix(".")
    return " ".join(_BETWEEN.sub(" ", _AND.sub(" and ", level)).split())


def joined(*merges: Mapping[str, str]) -> dict[str, str]:
    """All of some replacements of levels at once: what replaces a level is not replaced itself."""
    found = {old: new for merge in merges for old, new in merge.items()}
    for old in found:
        seen = {old}
        while (new := found[old]) in found and new not in seen:
            seen.add(new)
            found[old] = found[new]
    return {old: new for old, new in found.items() if old != new}


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
    for level, times in counts_of(series).items():
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


def counts_of(series: pd.Series) -> dict[str, int]:
    """How many cells have each level."""
    codes, levels = text.coded(series)
    counts = np.bincount(codes[codes >= 0], minlength=len(levels))
    return {level: int(times) for level, times in zip(levels, counts, strict=True)}
