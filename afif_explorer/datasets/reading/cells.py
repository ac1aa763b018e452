"""A column of text as numbers, dates, times or durations, where (nearly) all of its cells are such."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np

from afif_explorer.datasets.reading.forms import dates, durations, labels, numerals
from afif_explorer.datasets.reading.forms.clocks import Clock
from afif_explorer.datasets.reading.forms.dates import Dates
from afif_explorer.datasets.reading.forms.durations import Durations
from afif_explorer.datasets.reading.forms.fractions import Fractions
from afif_explorer.datasets.reading.forms.hexadecimal import Hexadecimal
from afif_explorer.datasets.reading.forms.labels import Labels
from afif_explorer.datasets.reading.forms.numerals import Numbers
from afif_explorer.datasets.reading.forms.ranges import Ranges
from afif_explorer.datasets.reading.forms.shapes import Texts
from afif_explorer.datasets.reading.markers import says_nothing

Form: TypeAlias = Numbers | Dates | Clock | Durations | Ranges | Fractions | Labels | Hexadecimal
"""How the cells of a column are written: ``read(texts)`` gives values, ``changes(texts)`` what that did."""

NEARLY_ALL = 0.95
_FIRST = 64  # texts that are tried first, at least


def form_of(
    texts: Sequence[str], counts: np.ndarray, decimal: str, *, least: float = 1.0
) -> Form | None:
    """The form in which at least the share ``least`` of all cells with a value can be read.

    Args:
        texts: the distinct texts of a column, stripped. counts: how many cells have each.
        decimal: the decimal mark of the table.
        least: with 1, every cell must be readable, and nothing may be in doubt.
    """
    known = [place for place, text in enumerate(texts) if not says_nothing(text)]
    if not known:
        return None
    cells = _Cells([texts[place] for place in known], counts[known].astype(np.float64), least)
    sure = least >= 1
    nearly: Form | None = None
    for way in (_as_numbers, _as_dates, _as_times, *(() if sure else (_as_durations,))):
        form = way(cells, decimal, sure)
        if form is not None and (sure or cells.read_all(form)):
            return form
        nearly = nearly or form
    return nearly


def number_form(texts: Sequence[str], counts: np.ndarray, decimal: str) -> Form:
    """The form in which the most cells are numbers, if somebody says that they are."""
    other = "." if decimal == "," else ","  # of ranges, nothing else shows the mark
    forms: tuple[Form, ...] = (
        numerals.best(texts, counts, decimal, padded=True),
        Hexadecimal(),
        Clock(),
        durations.best(texts),
        *(form(mark) for form in (Ranges, Fractions) for mark in (decimal, other)),
        *labels.NAMED,
        labels.with_word(texts),
        labels.WITH_NUMBERS,
    )
    return max(forms, key=lambda form: float(counts @ ~np.isnan(form.read(texts))))


def _as_numbers(cells: _Cells, decimal: str, sure: bool) -> Form | None:
    if not cells.are(lambda some: numerals.are_numbers(some, decimal)):
        return None
    form = numerals.best(cells.words, cells.weights, decimal)
    if not cells.are(lambda some: ~np.isnan(form.read(some))):
        return None
    codes = numerals.may_be_codes(cells.words)
    if sure and codes.any():
        return None
    many = cells.weights[codes].sum() > (1 - cells.least) * cells.weights.sum()
    if codes.any():
        values = form.read([cells.texts[place] for place in np.flatnonzero(codes).tolist()])
        many = many or bool(np.isinf(values).any())
    codes_ = numerals.have_codes(cells.words) or numerals.are_versions(cells.texts)
    return None if many or codes_ else form


def _as_dates(cells: _Cells, _decimal: str, sure: bool) -> Form | None:
    if not cells.are(dates.are_dates):
        return None
    day_first, month_first = dates.orders(cells.words)
    form = Dates(day_first=day_first)
    if not (day_first or month_first) or dates.may_be_others(cells.words):
        return None
    if sure and (dates.in_doubt(cells.words) or dates.have_periods(cells.words)):
        return None
    return form if cells.are(lambda some: ~np.isnat(form.read(some))) else None


def _as_times(cells: _Cells, _decimal: str, sure: bool) -> Form | None:
    form = Clock()
    if not cells.are(lambda some: ~np.isnan(form.read(some))):
        return None
    return None if sure and durations.may_be_minutes(cells.words) else form


def _as_durations(cells: _Cells, _decimal: str, _sure: bool) -> Form | None:
    if not cells.are(durations.are_durations):
        return None
    form = durations.best(cells.words)
    return form if cells.are(lambda some: ~np.isnan(form.read(some))) else None


@dataclass(frozen=True, eq=False)
class _Cells:
    """The distinct texts of a column, how many cells have each, and the share of cells that must pass."""

    texts: Sequence[str]
    weights: np.ndarray
    least: float

    @cached_property
    def words(self) -> Texts:
        """The texts with their shapes."""
        return Texts.of(self.texts)

    @cached_property
    def _first(self) -> np.ndarray:
        """The places of the most common texts, which are enough to fail a test."""
        order = np.argsort(-self.weights, kind="stable")
        enough = np.cumsum(self.weights[order]) > 2 * (1 - self.least) * self.weights.sum()
        return order[: max(_FIRST, int(enough.argmax()) + 1)]

    @cached_property
    def _sample(self) -> Texts:
        """Those, with their shapes."""
        return Texts.of([self.texts[place] for place in self._first])

    def are(self, test: Callable[[Texts], np.ndarray]) -> bool:
        """Whether enough cells pass a test of texts; the most common ones are tried first."""
        total = self.weights.sum()

        def holds(words: Texts, weights: np.ndarray) -> bool:
            passed = np.asarray(test(words), dtype=bool)
            return bool(total - weights[~passed].sum() >= self.least * total)

        if len(self._first) < len(self.texts) and not holds(
            self._sample, self.weights[self._first]
        ):
            return False
        return holds(self.words, self.weights)

    def read_all(self, form: Form) -> bool:
        """Whether a form reads every cell."""
        values = form.read(self.words)
        return not (np.isnat(values) if values.dtype.kind == "M" else np.isnan(values)).any()


def decimal_mark(columns: Sequence[Sequence[str]]) -> tuple[str, bool]:
    """The decimal mark of a table, and whether columns disagree; "" if no cell decides.

    Each column has one vote, if most of its distinct texts are numbers with either mark.
    """
    votes = [_vote(column) for column in columns]
    points, commas = votes.count("."), votes.count(",")
    if not points and not commas:
        return "", False
    return ("." if points >= commas else ","), bool(points and commas)


def _vote(texts: Sequence[str]) -> str:
    known = Texts.of([text for text in texts if not says_nothing(text)])
    points, commas = numerals.marks(known)
    if points == commas:
        return ""
    mark = "." if points > commas else ","
    readable = ~np.isnan(numerals.best(known, np.ones(len(known)), mark).read(known))
    return mark if readable.mean() >= 0.5 else ""
