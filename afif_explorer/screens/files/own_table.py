"""Somebody's own table: what is asked about its columns, and what is said of a file that cannot be used."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from afif_explorer import study
from afif_explorer.datasets import Table, read_table
from afif_explorer.datasets.reading.table import MOST_BYTES
from afif_explorer.errors import AfifError
from afif_explorer.figures.drawing.text import short
from afif_explorer.jobs import SURPRISE
from afif_explorer.wording import count

log = logging.getLogger(__name__)

OPEN = "Use my own file"
LIMIT = f"{MOST_BYTES / 1e6:,.0f} MB"
ASKS = (
    "One row per example, one column per feature, column names in the first line. "
    f"CSV or Parquet, up to {LIMIT}."
)
TARGET = "What to predict"
SENSITIVE = "Sensitive columns, whose groups are compared (optional)"
TASK = "Task"
USE = "Use this table"
INFER = "infer"
TASKS = {
    "Infer from the target": INFER,
    "Regression: a number": "regression",
    "Classification: categorical": "classification",
    "Count: 0, 1, 2, ...": "count",
}
READING = "Reading the file …"
REFUSED = "The file could not be loaded"
TOO_LARGE = f"The file is larger than {LIMIT}, which is the limit."


@dataclass(frozen=True, eq=False)
class OwnTable:
    """A file that was read, before it is known what to predict.

    ``path``: where code finds it, if not under its ``name`` in the working folder.
    """

    name: str
    table: Table
    path: str = ""

    @classmethod
    def read(cls, name: str, content: bytes, path: str = "") -> OwnTable:
        """Read the content of a CSV or Parquet file. Raises :class:`DataError` if that is not possible."""
        return cls(name, read_table(content), path)

    @cached_property
    def places(self) -> dict[str, int]:
        """Columns to choose from: a short, distinct name each, and its position."""
        names: list[str] = []
        for place, name in enumerate(self.table.frame.columns, start=1):
            label = short(name, 60) or f"column {place}"
            names.append(label if label not in names else f"{label} ({place})")
        return {name: place for place, name in enumerate(names)}

    @property
    def summary(self) -> str:
        """How much was read; ``table.notes`` say how."""
        rows, columns = self.table.frame.shape
        return f"{count(rows)} rows and {count(columns)} columns were read."

    def add(self, target: int, sensitive: Iterable[int], task: str) -> str:
        """Make it a data set, columns by position; the name that an explorer takes as ``dataset``.

        Raises :class:`DataError` for a table or a target that cannot be used.
        """
        names = list(self.table.frame.columns)
        return study.add_table(
            self.table,
            self.name or "your data",
            names[target],
            [names[place] for place in sensitive],
            None if task == INFER else task,
            self.path,
        )


def reason(error: Exception) -> str:
    """Why a file could not be loaded, for the person who brought it."""
    if isinstance(error, AfifError):
        return str(error)
    log.error("A file could not be loaded.", exc_info=error)
    return SURPRISE
