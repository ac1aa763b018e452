"""One mark for each training row, with rings around the selected ones; too many rows are sampled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from afif_explorer.figures.drawing.figure_spec import FigureSpec
from afif_explorer.figures.drawing.head import Key
from afif_explorer.figures.drawing.sampling import (
    chosen,
    drawn_rows,
    dropped_note,
    marks,
    sample_note,
)
from afif_explorer.figures.drawing.scatter import ring, ring_key, scatter
from afif_explorer.figures.drawing.text import number
from afif_explorer.figures.drawing.theme import Theme


@dataclass(frozen=True, eq=False)
class Cloud:
    """Rows at ``x`` and ``y`` ``[n]``, called ``names`` in their hover texts.

    ``accent`` ``[n]`` bool: rows in the second colour; ``words``: what the two colours mean.
    """

    ids: np.ndarray
    x: np.ndarray
    y: np.ndarray
    names: tuple[str, str]
    selected: Sequence[int]
    limit: int
    accent: np.ndarray | None = None
    words: tuple[str, str] = ("", "")

    @property
    def known(self) -> np.ndarray:
        """Positions of the rows with finite coordinates."""
        return np.flatnonzero(np.isfinite(self.x) & np.isfinite(self.y))

    @property
    def drawn(self) -> np.ndarray:
        """Positions of the rows that get a mark: extremes, selected rows, and a sample of the others."""
        known = self.known
        corners = (self.x[known], self.y[known])
        sizes = tuple(values - np.median(values) for values in corners)
        picked = chosen(self.ids[known], self.selected)
        return known[drawn_rows(sizes, corners, marks(picked), max(self.limit, 1))]

    @property
    def notes(self) -> tuple[str, str]:
        """What is not drawn."""
        known = self.known
        return sample_note(self.drawn.size, known.size), dropped_note(self.ids.size - known.size)

    def key(self, colours: Theme) -> tuple[Key, ...]:
        """The entries of the key."""
        known = self.known
        picked = known[chosen(self.ids[known], self.selected)]
        marked = np.intersect1d(picked, self.drawn)
        entries = ring_key(picked.size, colours, marked=marked.size)
        if self.accent is None:
            return entries
        two = zip("●▲", (colours.series[0], colours.series[1]), self.words, strict=True)
        return (*(Key(*entry) for entry in two), *entries)

    def draw(self, result: FigureSpec, colours: Theme) -> None:
        """Add the marks and rings."""
        rows, accent = self.drawn, self.accent
        inside = np.zeros(rows.size, dtype=bool) if accent is None else accent[rows]
        looks = (("circle", colours.series[0], ~inside), ("triangle-up", colours.series[1], inside))
        for symbol, colour, part in looks:
            if part.any():
                marker = {"size": 6, "opacity": 0.65, "symbol": symbol, "color": colour}
                result.add(self._marks(rows[part], marker))
        known = self.known
        marked = np.intersect1d(known[chosen(self.ids[known], self.selected)], rows)
        if marked.size:
            x, y, ids = self.x[marked], self.y[marked], self.ids[marked]
            result.add(ring(x, y, ids=ids, text=self._hover(marked), colours=colours))

    def _marks(self, rows: np.ndarray, marker: dict[str, object]) -> dict[str, object]:
        x, y, ids = self.x[rows], self.y[rows], self.ids[rows]
        return scatter(x, y, ids=ids, text=self._hover(rows), marker=marker)

    def _hover(self, rows: np.ndarray) -> list[str]:
        first, second = self.names
        pairs = zip(self.x[rows].tolist(), self.y[rows].tolist(), strict=True)
        return [f"{first} {number(x)}<br>{second} {number(y)}" for x, y in pairs]
