"""``Pattern`` and ``Patterns``: groups of rows in words, and what their removal does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from afif_explorer.engine.targets.base import Target
from afif_explorer.html_tables import html_table


@dataclass(frozen=True, eq=False, repr=False)
class Pattern:
    """A group of training rows, described by predicates that all of its rows satisfy.

    Attributes:
        words: of all predicates, joined by "and". predicates: one by one.
        rows: their ids. share: of all training rows.
        score: the sum of their effects on the target that patterns are ranked by, in standard deviations of
            the sums of random sets of as many rows. p_value: the probability that the best pattern of effects
            without any relation to the columns scores as much.
        chosen: that sum. summed: the sum of their effects on the target as it is told.
        newton: its change by a Newton step without the rows; NaN where the Hessian without them
            has negative curvature. retrained: its change in a refit; NaN if it was
            not asked for. All four in the target's units, positive if it rises without the rows.
        another_basin: whether that refit, of a network, ended in another minimum than the one next to the
            fit.
    """

    words: str
    predicates: tuple[str, ...]
    rows: np.ndarray
    share: float
    score: float
    p_value: float
    chosen: float
    summed: float
    newton: float
    retrained: float
    another_basin: bool = False

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        last = f"retrained {self.retrained:+.3g}, " if np.isfinite(self.retrained) else ""
        return (
            f"<Pattern {self.words}: {100 * self.share:.2g} % of rows, summed {self.summed:+.3g}, "
            f"Newton {self.newton:+.3g}, {last}p = {self.p_value:.2g}>"
        )


@dataclass(frozen=True, eq=False, repr=False)
class Patterns:
    """Patterns in the order of their score: the result of :func:`patterns`. Iterates over them.

    Attributes:
        found: the patterns. target: as it is reported. chosen_by: the target that ranks them.
        searched: the number of conjunctions that were scored. by_chance: the best score in each permutation.
        notes: what limits the comparison, in sentences. seconds: of the search, and of verification.
    """

    found: tuple[Pattern, ...]
    target: Target
    chosen_by: Target
    searched: int
    by_chance: np.ndarray
    notes: tuple[str, ...]
    seconds: tuple[float, float]

    def __len__(self) -> int:
        return len(self.found)

    def __iter__(self) -> Iterator[Pattern]:
        return iter(self.found)

    def __getitem__(self, place: int) -> Pattern:
        return self.found[place]

    def __repr__(self) -> str:
        first = (
            f"; first {self.found[0].words!r}, p = {self.found[0].p_value:.2g}"
            if self.found
            else ""
        )
        return f"<{len(self)} Patterns of {self.searched} conjunctions{first}>"

    def _repr_html_(self) -> str:
        """The table, and the notes."""
        table = self.to_frame()
        rows = table.itertuples(name=None, index=False)
        return html_table(repr(self).strip("<>"), table.columns, rows, self.notes)

    def to_frame(self) -> pd.DataFrame:
        """A row per pattern, in order: words, number and share of rows, and its effects."""
        names = ("words", "share", "score", "p_value", "chosen", "summed", "newton", "retrained")
        table = pd.DataFrame(
            [[getattr(one, name) for name in names] for one in self.found], columns=list(names)
        )
        table.insert(1, "rows", [len(one) for one in self.found])
        return table
