"""Ranges of numbers as people write them: 20-29, [20, 30), <5, 65+, from 10 to 20."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from afif_explorer.datasets.reading.forms import numerals

_NUMBER = r"[+-]?\s*(?:[$€£¥]\s*)?\d(?:[\d.,'’ ]*\d)?\s*(?:[%kKmM](?![^\W\d_])|[$€£])?"
_UNIT = r"(?:\s*[^\W\d_]{1,12}(?:[ -](?:old|olds))?\.?)?"
_UNDER = (
    r"<=?|≤|=<|under|below|less than|fewer than|younger than|up to|at most|max\.?|unter|weniger als|bis zu|"
    r"bis|höchstens|moins de|jusqu'à|menos de|hasta|meno di|fino a|minder dan|tot"
)
_OVER = (
    r">=?|≥|=>|over|above|more than|greater than|older than|at least|from|min\.?|über|mehr als|ab|mindestens|"
    r"plus de|más de|mas de|mais de|più di|meer dan|vanaf"
)
_AND_LESS = (
    r"(?:or|and|&) (?:less|fewer|under|below|younger)|(?:und|oder) (?:weniger|jünger|darunter)|et moins|"
    r"(?:y|o) menos"
)
_AND_MORE = (
    r"\+|plus|(?:or|and|&) (?:more|over|above|older|up|higher)|(?:und|oder) (?:mehr|älter|darüber)|et plus|"
    r"(?:y|o) (?:más|mas)|e (?:più|mais)|en ouder|>"
)
_CLOSED = re.compile(
    rf"(?P<low>{_NUMBER}){_UNIT}\s*(?:-|–|—|−|~|\.\.+|to|till|until|bis|à|al?|até|tot)\s*"
    rf"(?P<high>{_NUMBER}){_UNIT}",
    re.IGNORECASE,
)
_BRACKETED = re.compile(
    rf"[\[(]\s*(?P<low>{_NUMBER}|-?inf)\s*[,;]\s*(?P<high>{_NUMBER}|\+?inf)\s*[\])]", re.IGNORECASE
)
_BETWEEN = re.compile(
    rf"(?:between|from|von|zwischen|entre|de|tra|da)\s+(?P<low>{_NUMBER}){_UNIT}\s+"
    rf"(?:and|to|bis|und|et|à|y|a|e)\s+(?P<high>{_NUMBER}){_UNIT}",
    re.IGNORECASE,
)
_OPEN = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"(?:{_UNDER})\s*(?P<high>{_NUMBER}){_UNIT}",
        rf"(?:{_OVER})\s*(?P<low>{_NUMBER}){_UNIT}",
        rf"(?P<low>{_NUMBER}){_UNIT}\s*(?:{_AND_MORE}){_UNIT}",
        rf"(?P<high>{_NUMBER}){_UNIT}\s*(?:{_AND_LESS}){_UNIT}",
        rf"(?P<high>{_NUMBER})-",
    )
)
_FORMS = (_CLOSED, _BRACKETED, _BETWEEN, *_OPEN)
_SEASON = re.compile(r"(?P<low>(?:19|20)\d\d)\s*[/–-]\s*(?P<high>(?:19|20)?\d\d)", re.ASCII)
_ABOUT = re.compile(
    rf"(?:~|≈|ca\.?|circa|about|approx\.?|around|etwa)\s*(?P<low>{_NUMBER}){_UNIT}", re.IGNORECASE
)
_MULTIPLES = {"k": 1e3, "m": 1e6}
_LONGEST = 60


class Range(NamedTuple):
    """The ends of a range; infinite where it is open, and equal for a single number."""

    low: float
    high: float

    @property
    def value(self) -> float:
        """The middle of a closed range, the end of an open one."""
        if np.isinf(self.low):
            return self.high
        return self.low if np.isinf(self.high) else (self.low + self.high) / 2


@dataclass(frozen=True)
class Ranges:
    """Ranges as the number in their middle; open ones as their end."""

    decimal: str = "."

    def read(self, texts: Iterable[str]) -> np.ndarray:
        """Numbers ``[n]``; NaN for texts that are neither ranges nor numbers."""
        found = [range_of(text, self.decimal) for text in texts]
        return np.array([np.nan if one is None else one.value for one in found], dtype=np.float64)

    def changes(self, texts: Iterable[str]) -> list[str]:
        """What reading these texts does, as words."""
        return ["ranges as their middle, open ones as their end"]


def range_of(text: str, decimal: str) -> Range | None:
    """The range or the number that a text says."""
    text = text.strip()
    if len(text) > _LONGEST:
        return None
    if not text.endswith("-") and (plain := numerals.parse(text, decimal)) is not None:
        return Range(plain[0], plain[0])
    if (season := _SEASON.fullmatch(text)) and _follow(int(season["low"]), season["high"]):
        return Range(float(season["low"]), float(season["low"]) + 1)
    if about := _ABOUT.fullmatch(text):
        value = _number(about["low"], decimal)
        return None if np.isnan(value) else Range(value, value)
    for form in _FORMS:
        if found := form.fullmatch(text):
            parts = found.groupdict()
            low, high = _number(parts.get("low"), decimal), _number(parts.get("high"), decimal)
            low = -np.inf if parts.get("low") is None else low
            high = np.inf if parts.get("high") is None else high
            if np.isnan(low) or np.isnan(high) or low > high or low == -high == -np.inf:
                return None
            return Range(low, high)
    return None


def _follow(year: int, written: str) -> bool:
    """Whether a year, written with two or four digits, is the next one."""
    return (year + 1) % 10 ** len(written) == int(written)


def _number(text: str | None, decimal: str) -> float:
    if text is None:
        return np.nan
    text = re.sub(r"[\s$€£¥%]", "", text)
    if text.lower().lstrip("+-") == "inf":
        return np.inf if text[0] != "-" else -np.inf
    multiple = _MULTIPLES.get(text[-1:].lower(), 1.0)
    found = numerals.parse(text.rstrip("kKmM"), decimal, padded=True)
    return np.nan if found is None else found[0] * multiple
