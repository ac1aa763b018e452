"""Texts that are not read as numbers, but can be: ranges, fractions, names of months, 007."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from afif_explorer.datasets.columns.recipe import NUMBER
from afif_explorer.datasets.reading import text
from afif_explorer.datasets.reading.forms import dates, labels, names, numerals, short_days
from afif_explorer.datasets.reading.forms.fractions import Fractions, fraction_of
from afif_explorer.datasets.reading.forms.hexadecimal import Hexadecimal
from afif_explorer.datasets.reading.forms.ranges import Range, range_of
from afif_explorer.datasets.reading.markers import says_nothing

_NEARLY_ALL = 0.95
_MOST_LEVELS, _TRIED = 20_000, 200
_LEAST_ORDERED = 3
_MOST_TIMES = 5.0  # the end of a range is rarely more than so many times its start
_DAY_AND_NAME = re.compile(
    r"(?:(?P<day>[0-9]{1,2})\.?[\s./-]*(?P<name>[^\W0-9_]{3,})|"
    r"(?P<first>[^\W0-9_]{3,})\.?[\s./-]*(?P<other>[0-9]{1,2}))\.?"
    r"(?:,?[\s./-]+(?P<year>(?:19|20)[0-9]{2}|'?[0-9]{2}))?"
)
_SIX_DIGITS = re.compile(r"[0-9]{6}")
_LETTER = re.compile(r"[0-9]{1,4}[a-zA-Z]")
_MOSTLY = 0.5
_MOST_STEPS = 11  # of a scale
_MOST_MONTHS = 24  # names, with their abbreviations


@dataclass(frozen=True)
class Proposal:
    """What a column of text may be, and what can be done about it.

    Attributes:
        code: "ranges", "fractions", "ordered", "hexadecimal", "short_dates", "zeros", "versions",
            "letters", "exponents", "mangled", "months" or "words".
        sentence, remedy: in words. kind: "" if nothing can be done here.
    """

    code: str
    sentence: str
    remedy: str = ""
    kind: str = ""


def proposal(series: pd.Series, name: str) -> Proposal | None:
    """What the texts of a column, as it was read, may be."""
    codes, levels = text.coded(series)
    counts = np.bincount(codes[codes >= 0], minlength=len(levels)).astype(np.float64)
    known = [place for place, level in enumerate(levels) if not says_nothing(level.strip())]
    if len(known) < 2 or len(levels) > _MOST_LEVELS:
        return None
    cells = Cells([levels[place].strip() for place in known], counts[known])
    some = Cells(
        cells.texts[:: 1 + len(known) // _TRIED], cells.counts[:: 1 + len(known) // _TRIED]
    )
    for find in _WAYS:
        if find(some, name) is not None and (found := find(cells, name)) is not None:
            return found
    return None


@dataclass(frozen=True, eq=False)
class Cells:
    """The distinct texts of a column, and how many cells have each."""

    texts: Sequence[str]
    counts: np.ndarray

    def are(self, hit: np.ndarray) -> bool:
        """Whether nearly all cells are hit."""
        return bool(self.counts[hit].sum() >= _NEARLY_ALL * self.counts.sum())

    def shown(self, hit: np.ndarray) -> str:
        """Some of the texts that are hit, for a sentence."""
        return text.listing(
            [text.clean(self.texts[at]) for at in np.flatnonzero(hit).tolist()], most=3
        )

    def first(self, hit: np.ndarray) -> str:
        """The first of them."""
        return self.texts[int(np.flatnonzero(hit)[0])]


def _exponents(cells: Cells, name: str) -> Proposal | None:
    codes = numerals.may_be_codes(cells.texts)
    numbers = ~np.isnan(numerals.Numbers().read(cells.texts))
    if not codes.any() or not cells.are(numbers):
        return None
    first = cells.first(codes)
    (value,) = numerals.Numbers().read([first])
    told = f"'{name}' was not read as numbers: it has what may be codes ({cells.shown(codes)})."
    return Proposal(
        "exponents", told, f"They are numbers ({text.clean(first)} is {value:g})", NUMBER
    )


def _short_days(cells: Cells, name: str) -> Proposal | None:
    numbers = [float(one) for one in cells.texts if _SIX_DIGITS.fullmatch(one)]
    sentence = short_days.told(name, np.array(numbers)) if len(numbers) == len(cells.texts) else ""
    return Proposal("short_dates", sentence) if sentence else None


def _zeros(cells: Cells, name: str) -> Proposal | None:
    padded = np.array([numerals.have_codes([one]) for one in cells.texts])
    if not padded.any() or not cells.are(
        ~np.isnan(numerals.Numbers(padded=True).read(cells.texts))
    ):
        return None
    told = f"'{name}' was not read as numbers: it has zeros in front, as codes have ({cells.shown(padded)})."
    return Proposal("zeros", told, "They are numbers", NUMBER)


def _versions(cells: Cells, name: str) -> Proposal | None:
    if not numerals.are_versions(cells.texts):
        return None
    pairs = [(one, one.rstrip("0")) for one in cells.texts if "." in one and one.endswith("0")]
    long, short = next((long, short) for long, short in pairs if short in cells.texts)
    told = (
        f"'{name}' was not read as numbers: it has both '{short}' and '{long}', which as numbers would be "
        "one, as versions and chapters have."
    )
    return Proposal("versions", told, f"They are numbers ({long} is {float(long):g})", NUMBER)


def _letters(cells: Cells, name: str) -> Proposal | None:
    """Whole numbers, some with a letter behind them."""
    hit = np.array([bool(_LETTER.fullmatch(one)) for one in cells.texts])
    plain = np.array([one.isdecimal() for one in cells.texts])
    letters = {cells.texts[place][-1].lower() for place in np.flatnonzero(hit).tolist()}
    if "a" not in letters or not cells.are(hit | plain):  # others may be units
        return None
    told = (
        f"'{name}' was not read as numbers: it has numbers with a letter behind them ({cells.shown(hit)}), "
        "as house numbers, seats and sizes have; if they are amounts with a unit, convert them in the file."
    )
    return Proposal("letters", told)


def _hexadecimal(cells: Cells, name: str) -> Proposal | None:
    hit = ~np.isnan(Hexadecimal().read(cells.texts))
    if not cells.are(hit):
        return None
    first = cells.first(hit)
    told = (
        f"'{name}' was not read as numbers: it has hexadecimal ones or codes ({cells.shown(hit)})."
    )
    return Proposal(
        "hexadecimal", told, f"They are numbers ({text.clean(first)} is {int(first, 16)})", NUMBER
    )


def _ranges(cells: Cells, name: str) -> Proposal | None:
    found = [range_of(one, ".") or range_of(one, ",") for one in cells.texts]
    plain = np.array([any(numerals.units([one], mark) for mark in ".,") for one in cells.texts])
    real = np.array([one is not None for one in found]) & ~plain
    read = real | plain
    mostly = real.sum() >= _LEAST_ORDERED and cells.counts @ read >= _MOSTLY * cells.counts.sum()
    if not real.any() or not (cells.are(read) or mostly):
        return None
    closed = sorted(
        {one for one in found if one is not None and -np.inf < one.low < one.high < np.inf}
    )
    if len(cells.texts) < _LEAST_ORDERED or (closed and not _are_ranges(closed, cells)):
        return None
    told = f"'{name}' was not read as numbers: it has ranges ({cells.shown(real)})."
    remedy = "Read a range as its middle, an open one as its end"
    if not cells.are(read):
        told = f"{told[:-2]}) and other texts ({cells.shown(~read)})."
        remedy += ", and make the other texts missing"
    return Proposal("ranges", told, remedy, NUMBER)


def _are_ranges(closed: Sequence[Range], cells: Cells) -> bool:
    """Whether pairs of numbers are ranges: side by side, or always the smaller number first."""
    if all(b.low >= a.high for a, b in pairwise(closed)):
        return True
    padded = any(re.match(r"0\d", one) for one in cells.texts)
    near = np.median([(1 + one.high) / (1 + one.low) for one in closed]) <= _MOST_TIMES
    return bool(len(closed) > _LEAST_ORDERED and not padded and near)


def _fractions(cells: Cells, name: str) -> Proposal | None:
    values = np.array([fraction_of(one, ".") for one in cells.texts])
    plain = ~np.isnan(numerals.Numbers().read(cells.texts))
    real = ~np.isnan(values) & ~plain
    if not real.any() or not cells.are(~np.isnan(values)):
        return None
    first = cells.first(real)
    (value,) = Fractions().read([first])
    told = (
        f"'{name}' was not read as numbers: it has fractions, scores or pairs ({cells.shown(real)}); make "
        "two columns of pairs, such as a blood pressure or a day and a month, in the file."
    )
    return Proposal(
        "fractions", told, f"They are fractions ({text.clean(first)} is {value:.4g})", NUMBER
    )


def _ordered(cells: Cells, name: str) -> Proposal | None:
    for form in (*labels.NAMED, labels.with_word(cells.texts)):
        values = form.read(cells.texts)
        hit = ~np.isnan(values)
        if not cells.are(hit) or len(np.unique(values[hit])) < _LEAST_ORDERED:
            continue
        what = "labels with an order" if form.what == labels.COUNTED else f"names of {form.what}"
        told = (
            f"'{name}' was not read as numbers: it has {what} ({cells.shown(hit)}), whose order a category "
            "does not have."
        )
        return Proposal("ordered", told, f"Read {form.changes(())[0]}", NUMBER)
    return None


def _numbered(cells: Cells, name: str) -> Proposal | None:
    """The steps of a scale of which some have words behind them: 1 - never, 2, 3, 4 - always."""
    values = labels.WITH_NUMBERS.read(cells.texts)
    plain = np.array([one.isdecimal() for one in cells.texts])
    words = ~np.isnan(values) & ~plain
    numbers = values[~np.isnan(values)]
    few = plain.any() and words.any() and len(numbers) <= _MOST_STEPS
    if not few or len(np.unique(numbers)) < len(numbers) or not cells.are(~np.isnan(values)):
        return None
    told = (
        f"'{name}' was not read as numbers: some of its numbers have words ({cells.shown(words)})."
    )
    return Proposal("ordered", told, f"Read {labels.WITH_NUMBERS.changes(())[0]}", NUMBER)


def _months(cells: Cells, name: str) -> Proposal | None:
    """Dates without a year, or with names of months that are not known."""
    mostly = dates.are_dates(cells.texts) @ cells.counts >= _MOSTLY * cells.counts.sum()
    if mostly and not dates.may_be_others(cells.texts):
        return None  # it is told which cells are none
    found = [_DAY_AND_NAME.fullmatch(one) for one in cells.texts]
    hit = np.array([one is not None and 0 < int(one["day"] or one["other"]) < 32 for one in found])
    if not cells.are(hit) or hit.sum() <= _LEAST_ORDERED:
        return None
    words = {(one["name"] or one["first"]).casefold() for one in found if one is not None}
    years = any(one is not None and one["year"] for one in found)
    if all(names.month(word) is not None for word in words) and not years:
        told = (
            f"'{name}' has days without a year ({cells.shown(hit)}), which were not read as dates; write "
            "them with a year in the file."
        )
        return Proposal("months", told)
    if not years or len(words) > _MOST_MONTHS:
        return None
    told = (
        f"'{name}' looks like dates ({cells.shown(hit)}), but the names of the months are not known, or "
        "stand for two of them; write the months as numbers in the file."
    )
    return Proposal("months", told)


def _other_words(cells: Cells, name: str) -> Proposal | None:
    """Dates behind a word that is no day of the week."""
    rests = [one.split(maxsplit=1)[-1] for one in cells.texts]
    hit = np.array([rest != one for rest, one in zip(rests, cells.texts, strict=True)])
    hit &= dates.are_dates(rests) & ~dates.are_dates(cells.texts)
    if not cells.are(hit) or len(set(rests)) <= _LEAST_ORDERED:
        return None
    told = (
        f"'{name}' has dates behind other words ({cells.shown(hit)}), which were not read; write the dates "
        "alone in the file."
    )
    return Proposal("words", told)


def _mangled(cells: Cells, name: str) -> Proposal | None:
    """Ranges of which a spreadsheet has turned some into days: 10-Dec for 10-12."""
    ranged = np.array([range_of(one, ".") is not None for one in cells.texts])
    days = np.array(
        [
            one is not None
            and names.month(one["name"] or one["first"]) is not None
            and not one["year"]
            for one in map(_DAY_AND_NAME.fullmatch, cells.texts)
        ]
    )
    if not days.any() or not (ranged & ~days).any() or not cells.are(ranged | days):
        return None
    told = (
        f"'{name}' has ranges, of which a spreadsheet may have made days ({cells.shown(days)}); write them "
        "as they were in the file."
    )
    return Proposal("mangled", told)


_WAYS: tuple[Callable[[Cells, str], Proposal | None], ...] = (
    _exponents,
    _short_days,
    _zeros,
    _versions,
    _hexadecimal,
    _ordered,
    _mangled,
    _ranges,
    _fractions,
    _letters,
    _numbered,
    _months,
    _other_words,
)
