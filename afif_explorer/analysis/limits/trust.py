"""``Trust``: how far results can be trusted, in one word, with the reasons."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from afif_explorer.html_tables import html_table

LEVELS = ("good", "fair", "poor")
NONE = np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class Reason:
    """Something that limits a result.

    Attributes:
        level: "good" (for information), "fair" (some values, or their size) or "poor" (all values).
        text: a sentence. category: of the warning that tells it; None: no warning.
    """

    level: str
    text: str
    category: type[Warning] | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Trust:
    """How far results can be trusted.

    Attributes:
        reasons: what limits them, worst first. unknown: what was too expensive to look at.
        marked: ids of the rows for which one step is not enough. refined: ids of the rows that took further
            steps.
    """

    reasons: tuple[Reason, ...]
    unknown: tuple[str, ...]
    marked: np.ndarray
    refined: np.ndarray

    @classmethod
    def of(
        cls,
        reasons: Iterable[Reason],
        unknown: Iterable[str] = (),
        marked: np.ndarray = NONE,
        refined: np.ndarray = NONE,
    ) -> Trust:
        """With the reasons in order."""
        ordered = sorted(reasons, key=lambda one: -LEVELS.index(one.level))
        return cls(tuple(ordered), tuple(unknown), marked, refined)

    @property
    def level(self) -> str:
        """ "good", "fair" or "poor": that of the worst reason."""
        return self.reasons[0].level if self.reasons else "good"

    @property
    def text(self) -> str:
        """The reasons in sentences."""
        told = " ".join(one.text for one in self.reasons)
        told = (
            told or "The fit is at a minimum, and nothing else was found that limits the results."
        )
        return f"{told} {self._unknown}" if self.unknown else told

    @property
    def _unknown(self) -> str:
        return f"Not looked at: {', '.join(self.unknown)}." if self.unknown else ""

    def __repr__(self) -> str:
        rows = "".join(
            f", {len(ids)} rows {what}"
            for ids, what in ((self.marked, "marked"), (self.refined, "refined"))
            if len(ids)
        )
        return f"<Trust: {self.level}, {len(self.reasons)} reasons{rows}>"

    def _repr_html_(self) -> str:
        """A row per reason."""
        rows = [(one.level, one.text) for one in self.reasons]
        return html_table(f"Trust: {self.level}", ("level", "reason"), rows, (self._unknown,))

    def __str__(self) -> str:
        return f"{self.level}: {self.text}"


def warn_of(reasons: Iterable[Reason], *, stacklevel: int) -> None:
    """Warn of each reason that has a category."""
    for one in reasons:
        if one.category is not None:
            warnings.warn(one.text, one.category, stacklevel=stacklevel)
