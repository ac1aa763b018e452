"""Catalogue entries: what is known about a data set before it is loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from afif_explorer.datasets.catalogue.originals import Original
from afif_explorer.datasets.dataset import Dataset


@dataclass(frozen=True)
class Entry:
    """A catalogue entry. ``make(entry, seed, validation, test)`` builds the data set."""

    name: str
    title: str
    task: str
    rows: int
    source: str
    licence: str
    description: str
    make: Callable[[Entry, int, float | None, float | None], Dataset]
    files: tuple[Original, ...] = ()  # required original files
    picture: tuple[int, int] | None = (
        None  # height and width, if the first columns are pixels in 0 to 1
    )

    def about(self) -> dict[str, Any]:
        """The metadata of the data set."""
        return {
            "name": self.name,
            "title": self.title,
            "source": self.source,
            "licence": self.licence,
            "description": self.description,
        }


@dataclass(frozen=True)
class Description:
    """A summary of a data set for lists."""

    name: str
    title: str
    task: str  # "regression" | "classification" | "count"
    rows: int
    source: str
    licence: str
    description: str
    needs_network: bool  # loading it now requires a download
    picture: tuple[int, int] | None = (
        None  # height and width, if the first columns are pixels in 0 to 1
    )


def held_out(
    validation: float | None, test: float | None, default: float = 0.15
) -> tuple[float, float]:
    """The shares of both held-out splits: by default ``default`` each.

    If only ``validation`` is given, ``test`` is the rest of both, so that the training rows stay the
    same.
    """
    validation = default if validation is None else validation
    return validation, max(0.0, round(2 * default - validation, 9)) if test is None else test
