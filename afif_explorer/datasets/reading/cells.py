"""A column of text as numbers, dates or times of day, where (nearly) all of its cells are such."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np

from afif_explorer.datasets.reading import dates, numerals
from afif_explorer.datasets.reading.dates import Clock, Dates
from afif_explorer.datasets.reading.markers import says_nothing
from afif_explorer.datasets.reading.numerals import Numbers
from afif_explorer.datasets.reading.shapes import Texts

Form: TypeAlias = Numbers | Dates | Clock
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
    cells = _Cells([texts[place] for place in known], counts[known].astype(np.float64), least)
    if not known:
        return None
    if cells.are(lambda some: numerals.are_numbers(some, decimal)):
        form: Form = numerals.best(cells.words, cells.weights, decimal)
        if cells.are(lambda some: ~np.isnan(form.read(some))):
            return form
    if cells.are(dates.are_dates):
        day_first, month_first = dates.orders(cells.words)
        form = Dates(day_first=day_first)
        sure = (day_first or month_first) and not (least >= 1 and dates.in_doubt(cells.words))
        if sure and cells.are(lambda some: ~np.isnat(form.read(some))):
            return form
    form = Clock()
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
