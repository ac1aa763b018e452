"""Dates and time zones as people write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from afif_explorer.datasets.reading.forms import names
from afif_explorer.datasets.reading.forms.clocks import seconds_of
from afif_explorer.datasets.reading.forms.date_patterns import (
    COMPACT,
    ZONES,
    is_period,
    match,
)
from afif_explorer.datasets.reading.forms.parts import Parts
from afif_explorer.datasets.reading.forms.shapes import Texts

_MICROSECONDS = 1_000_000
_CENTURY = 69  # two-digit years from here on are of the 20th century, as in POSIX
_MONTH_IN_FIGURES = re.compile(r"[0-9]{4}-[0-9]{2}")
_MONTH_AND_NUMBER = re.compile(r"[^\W0-9_]+\W+[0-9]{2}")
_MANY_DAYS = 15  # more different numbers behind a month's name than there usually are years
_PERIODS = {
    "quarter": "quarters as their first day",
    "half_year": "half-years as their first day",
    "week": "weeks as their Monday (ISO 8601)",
}


@dataclass(frozen=True)
class Dates:
    """A way of writing dates. ``day_first``: 03/04/2020 is in April; ``compact``: 20200403 is a date."""

    day_first: bool = True
    compact: bool = False

    def read(self, texts: Iterable[str]) -> np.ndarray:
        """``datetime64[us]`` ``[n]``, in UTC where a zone is given; NaT for other texts."""
        texts = Texts.of(texts)
        found = np.full(len(texts), "NaT", dtype="datetime64[us]")
        for parts, group in texts.groups(self._match):
            found[group.places] = _moments(Parts(parts, group), self.day_first)
        return found

    def _match(self, text: str) -> re.Match[str] | None:
        return match(text) or (COMPACT.fullmatch(text) if self.compact else None)

    def changes(self, texts: Iterable[str]) -> list[str]:
        """What is assumed in reading these texts, as words."""
        parts = [found.groupdict() for text in Texts.of(texts).examples if (found := match(text))]
        told = [said for what, said in _PERIODS.items() if any(part.get(what) for part in parts)]
        if any(_is_month(part) for part in parts):
            told.append("months as their first day")
        if any(part.get("short") for part in parts):
            told.append("two-digit years as 1969 to 2068")
        if any(part.get("zone") for part in parts):
            told.append("times converted to UTC")
        return told


def are_dates(texts: Iterable[str]) -> np.ndarray:
    """Whether each text is written like a date."""
    return Texts.of(texts).each(lambda text: match(text) is not None)


def have_periods(texts: Iterable[str]) -> bool:
    """Whether quarters, half-years or weeks are among the texts."""
    found = map(match, Texts.of(texts).examples)
    return any(one is not None and is_period(one) for one in found)


def orders(texts: Iterable[str]) -> tuple[bool, bool]:
    """Whether all dates can be read with the day first, and with the month first."""
    texts = Texts.of(texts)
    if any(parts["sep"] == "." for parts in map(_in_doubt, texts.examples) if parts is not None):
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


def may_be_others(texts: Iterable[str]) -> bool:
    """Whether texts are rather no dates: seasons such as 2010-11, or days without a year such as Mar-25."""
    texts = Texts.of(texts)
    seasons = [
        (parts.number("year") + 1) % 100 == parts.number("month")
        for parts in _parts(texts, _MONTH_IN_FIGURES)
    ]
    if seasons and all(each.all() for each in seasons) and sum(map(len, seasons)) > 1:
        return True
    numbers = [parts.number("short") for parts in _parts(texts, _MONTH_AND_NUMBER)]
    found = np.unique(np.concatenate([*numbers, np.zeros(0, np.int64)]))
    return len(found) > _MANY_DAYS and found[0] >= 1 and found[-1] <= 31


def _parts(texts: Texts, form: re.Pattern[str]) -> Iterator[Parts]:
    """The parts of those dates that have a form."""
    for found, group in texts.groups(lambda text: match(text) if form.fullmatch(text) else None):
        yield Parts(found, group)


def _pairs(texts: Texts) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The first and the second number of the dates that have two before the year."""
    for found, group in texts.groups(_in_doubt):
        parts = Parts(found, group)
        yield parts.number("first"), parts.number("second_")


def _in_doubt(text: str) -> re.Match[str] | None:
    found = match(text)
    return found if found is not None and found.groupdict().get("first") else None


def _is_month(words: dict[str, str | None]) -> bool:
    """Whether a date is a whole month."""
    named = words.get("name") or words.get("month")
    return bool(named) and not words.get("day") and not words.get("compact")


def _moments(parts: Parts, day_first: bool) -> np.ndarray:
    """``datetime64[us]`` ``[m]``; NaT where there is no such day or time."""
    year = _years(parts)
    if parts.has("week"):
        return _weeks(year, parts.number("week"), parts.number("day_of_week", 1))
    month, day = _months_and_days(parts, day_first)
    usable = (year >= 1) & (year <= 9999) & (month >= 1) & (month <= 12)
    months = np.where(usable, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    first, after = (each.astype("datetime64[D]").astype(np.int64) for each in (months, months + 1))
    usable &= (day >= 1) & (day <= after - first)
    seconds = seconds_of(parts) if parts.has("hour") else np.zeros(len(year))
    usable &= ~np.isnan(seconds)
    exact = ((first + day - 1) * 86_400 + seconds - _offset(parts)) * _MICROSECONDS
    moments = np.rint(np.where(usable, exact, 0)).astype(np.int64).astype("datetime64[us]")
    moments[~usable] = np.datetime64("NaT")
    return moments


def _years(parts: Parts) -> np.ndarray:
    if parts.has("short"):
        short = parts.number("short")
        return short + np.where(short >= _CENTURY, 1900, 2000)
    if parts.has("compact"):
        year = parts.number("compact")
        year[(year < 1900) | (year > 2099)] = 0  # digits, but no date
        return year
    return parts.number("year")


def _months_and_days(parts: Parts, day_first: bool) -> tuple[np.ndarray, np.ndarray]:
    """The month and the day; 0 where there is no such quarter or half-year."""
    for what, most in (("quarter", 4), ("half_year", 2)):
        if parts.has(what):
            number = parts.number(what)
            month = (number - 1) * (12 // most) + 1
            return np.where((number >= 1) & (number <= most), month, 0), np.ones_like(month)
    if parts.has("first"):
        day, month = parts.number("first"), parts.number("second_")
        exchanged = not day_first and parts.words["sep"] != "."
        return (day, month) if exchanged else (month, day)
    name = parts.words.get("name")
    month = np.full(len(parts), names.month(name)) if name else parts.number("month")
    return month, parts.number("day", 1)


def _weeks(year: np.ndarray, week: np.ndarray, day: np.ndarray) -> np.ndarray:
    """A day of an ISO week, ``datetime64[us]`` ``[m]``; NaT where the year has no such week."""
    usable = (year >= 1) & (week >= 1) & (week <= 53) & (day >= 1) & (day <= 7)
    january = np.where(usable, year - 1970, 0).astype("datetime64[Y]").astype("datetime64[D]")
    fourth = january + 3  # of January, which is always in the first week
    monday = fourth - (fourth.astype(np.int64) + 3) % 7
    thursday = monday + 7 * (week - 1) + 3
    usable &= thursday.astype("datetime64[Y]").astype(np.int64) + 1970 == year
    moments = (thursday + (day - 4)).astype("datetime64[us]")
    moments[~usable] = np.datetime64("NaT")
    return moments


def _offset(parts: Parts) -> np.ndarray:
    """Seconds ``[m]`` by which a time is ahead of UTC."""
    zone, digits = (parts.words.get("zone") or "").lower(), parts.digits("zone")
    if not digits.shape[1]:
        return np.full(len(digits), 3_600 * ZONES.get(zone, 0))
    places = {1: [3_600], 3: [3_600, 600, 60]}.get(digits.shape[1], [36_000, 3_600, 600, 60])
    seconds = digits @ np.array(places)[: digits.shape[1]]
    return -seconds if "-" in zone else seconds
