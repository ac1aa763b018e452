"""Dates, times and time zones as people write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from afif_explorer.datasets.reading.shapes import Group, Texts

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_GERMAN = {"mär": "mar", "mrz": "mar", "mai": "may", "okt": "oct", "dez": "dec"}
_MONTH = (
    r"(?P<name>jan(?:uary?)?|feb(?:ruary?)?|mar(?:ch)?|märz?|mrz|apr(?:il)?|may|mai|jun[ei]?|jul[yi]?|"
    r"aug(?:ust)?|sept?(?:ember)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?)\.?"
)
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?"
_TIME = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"\s*(?P<half>[ap]\.?m\.?)?"
)
_ZONE = r"\s*(?P<zone>z|utc|gmt|[+-]\d\d(?::?\d\d)?)?"
_DAYS = (
    r"(?P<year>\d{4})(?P<sep>[-/.])(?P<month>\d{1,2})(?P=sep)(?P<day>\d{1,2})",
    r"(?P<first>\d{1,2})(?P<sep>[-/.])(?P<second_>\d{1,2})(?P=sep)(?P<year>\d{4})",
    r"(?P<first>\d{1,2})(?P<sep>[/.])(?P<second_>\d{1,2})(?P=sep)(?P<short>\d\d)",
    _WEEKDAY
    + rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?[\s-]*{_MONTH}[\s,-]+(?:(?P<year>\d{{4}})|(?P<short>\d\d))",
    _WEEKDAY + rf"{_MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})",
    r"(?P<year>\d{4})-(?P<month>\d\d)",
    r"(?P<month>\d{1,2})/(?P<year>\d{4})",
    rf"{_MONTH}[\s-]+(?P<year>\d{{4}})",
)
_FORMS = tuple(
    re.compile(rf"{day}(?:(?:[T,]|\s+|,\s+){_TIME}{_ZONE})?", re.ASCII | re.IGNORECASE)
    for day in _DAYS
)
_COMPACT = re.compile(r"(?P<compact>\d{4})(?P<month>\d\d)(?P<day>\d\d)", re.ASCII)
_CLOCK = re.compile(_TIME, re.ASCII | re.IGNORECASE)
_MICROSECONDS = 1_000_000
_CENTURY = 69  # two-digit years from here on are of the 20th century, as in POSIX


@dataclass(frozen=True)
class Dates:
    """A way of writing dates. ``day_first``: 03/04/2020 is in April; ``compact``: 20200403 is a date."""

    day_first: bool = True
    compact: bool = False

    def read(self, texts: Iterable[str]) -> np.ndarray:
        """``datetime64[us]`` ``[n]``, in UTC where a zone is given; NaT for other texts."""
        texts = Texts.of(texts)
        found = np.full(len(texts), "NaT", dtype="datetime64[us]")
        for match, group in texts.groups(self._match):
            found[group.places] = _moments(Parts(match, group), self.day_first)
        return found

    def _match(self, text: str) -> re.Match[str] | None:
        return _match(text) or (_COMPACT.fullmatch(text) if self.compact else None)

    def changes(self, texts: Iterable[str]) -> list[str]:
        """What is assumed in reading these texts, as words."""
        parts = [match.groupdict() for text in Texts.of(texts).examples if (match := _match(text))]
        told = []
        if any(part.get("short") for part in parts):
            told.append("two-digit years as 1969 to 2068")
        if any(part.get("zone") for part in parts):
            told.append("times converted to UTC")
        return told


@dataclass(frozen=True)
class Clock:
    """Times of day, as hours since midnight."""

    def read(self, texts: Iterable[str]) -> np.ndarray:
        """Hours ``[n]``; NaN for other texts."""
        texts = Texts.of(texts)
        hours = np.full(len(texts), np.nan)
        for match, group in texts.groups(_CLOCK.fullmatch):
            hours[group.places] = _seconds(Parts(match, group)) / 3600
        return hours

    def changes(self, texts: Iterable[str]) -> list[str]:
        """What is done to these texts, as words."""
        return ["times of day as hours since midnight"]


def are_dates(texts: Iterable[str]) -> np.ndarray:
    """Whether each text is written like a date."""
    return Texts.of(texts).each(lambda text: _match(text) is not None)


def orders(texts: Iterable[str]) -> tuple[bool, bool]:
    """Whether all dates can be read with the day first, and with the month first."""
    texts = Texts.of(texts)
    if any(match["sep"] == "." for match in map(_in_doubt, texts.examples) if match is not None):
        return True, False
    pairs = list(_pairs(texts))
    return (
        all((second <= 12).all() for _, second in pairs),
        all((first <= 12).all() for first, _ in pairs),
    )


def in_doubt(texts: Iterable[str]) -> bool:
    """Whether day and month could be exchanged in all of these dates, with another result."""
    texts = Texts.of(texts)
    if orders(texts) != (True, True):
        return False
    return any((first != second).any() for first, second in _pairs(texts))


def _pairs(texts: Texts) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The first and the second number of the dates that have two before the year."""
    for match, group in texts.groups(_in_doubt):
        parts = Parts(match, group)
        yield parts.number("first"), parts.number("second_")


def _in_doubt(text: str) -> re.Match[str] | None:
    match = _match(text)
    return match if match is not None and match.groupdict().get("first") else None


def _match(text: str) -> re.Match[str] | None:
    if len(text) > 50 or not any(char.isdigit() for char in text):
        return None
    text = text.strip()
    return next((match for form in _FORMS if (match := form.fullmatch(text))), None)


class Parts:
    """The named parts of texts of one shape, found by one match."""

    def __init__(self, match: re.Match[str], group: Group) -> None:
        self.words = match.groupdict()
        self._spans = {name: match.span(name) for name in self.words}
        self._start = group.example.find(match.string)
        self._characters = group.characters

    def number(self, name: str, otherwise: int = 0) -> np.ndarray:
        """A part of digits as whole numbers ``[m]``."""
        digits = self.digits(name)
        if not digits.shape[1]:
            return np.full(len(digits), otherwise)
        return digits @ 10 ** np.arange(digits.shape[1])[::-1]

    def digits(self, name: str) -> np.ndarray:
        """The digits ``[m, k]`` of a part; none if the texts do not have it."""
        start, end = self._spans.get(name, (-1, -1))
        places = [place for place in range(start, end) if self._is_digit(name, place - start)]
        return self._characters[:, [self._start + p for p in places]].astype(np.int64) - ord("0")

    def _is_digit(self, name: str, place: int) -> bool:
        return (self.words[name] or "")[place].isdigit()


def _moments(parts: Parts, day_first: bool) -> np.ndarray:
    """``datetime64[us]`` ``[m]``; NaT where there is no such day or time."""
    words = parts.words
    if words.get("short"):
        short = parts.number("short")
        year = short + np.where(short >= _CENTURY, 1900, 2000)
    elif words.get("compact"):
        year = parts.number("compact")
        year[(year < 1900) | (year > 2099)] = 0  # digits, but no date
    else:
        year = parts.number("year")
    if words.get("first"):
        day, month = parts.number("first"), parts.number("second_")
        if not day_first and words["sep"] != ".":
            day, month = month, day
    else:
        name = words.get("name")
        month = np.full(len(year), _month(name)) if name else parts.number("month")
        day = parts.number("day", 1)
    usable = (year >= 1) & (year <= 9999) & (month >= 1) & (month <= 12)
    months = np.where(usable, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    first, after = (each.astype("datetime64[D]").astype(np.int64) for each in (months, months + 1))
    usable &= (day >= 1) & (day <= after - first)
    seconds = _seconds(parts) if words.get("hour") else np.zeros(len(year))
    usable &= ~np.isnan(seconds)
    exact = ((first + day - 1) * 86_400 + seconds - _offset(parts)) * _MICROSECONDS
    moments = np.rint(np.where(usable, exact, 0)).astype(np.int64).astype("datetime64[us]")
    moments[~usable] = np.datetime64("NaT")
    return moments


def _month(name: str) -> int:
    """The number of a month by its English or German name."""
    short = name[:3].lower()
    return _MONTHS.index(_GERMAN.get(short, short)) + 1


def _seconds(parts: Parts) -> np.ndarray:
    """Seconds ``[m]`` since midnight; NaN where there is no such time."""
    hour, minute, second = (parts.number(name) for name in ("hour", "minute", "second"))
    usable = (minute <= 59) & (second <= 60)
    if half := parts.words.get("half"):
        usable &= (hour >= 1) & (hour <= 12)
        hour = hour % 12 + (12 if half[0] in "pP" else 0)
    usable &= hour <= 23
    fraction = parts.number("fraction") / 10.0 ** len(parts.words.get("fraction") or "")
    return np.where(usable, hour * 3600 + minute * 60 + second + fraction, np.nan)


def _offset(parts: Parts) -> np.ndarray:
    """Seconds ``[m]`` by which a time is ahead of UTC."""
    zone, digits = parts.words.get("zone"), parts.digits("zone")
    if not zone or zone[0] not in "+-":
        return np.zeros(len(digits), np.int64)
    seconds = digits @ np.array([36_000, 3_600, 600, 60])[: digits.shape[1]]
    return seconds if zone[0] == "+" else -seconds
