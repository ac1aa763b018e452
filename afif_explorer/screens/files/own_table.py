"""Somebody's own table: what was understood of its columns, and what is chosen for them."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from afif_explorer import study
from afif_explorer.datasets.inspection import ColumnTable, inspect
from afif_explorer.datasets.reading.table import MOST_BYTES
from afif_explorer.errors import AfifError, DataError
from afif_explorer.jobs import SURPRISE
from afif_explorer.wording import count

log = logging.getLogger(__name__)

OPEN = "Use my own file"
LIMIT = f"{MOST_BYTES / 1e6:,.0f} MB"
ASKS = (
    "One row per example, one column per feature, column names in the first line. "
    f"CSV or Parquet, up to {LIMIT}."
)
TASK = "Task"
TEST_FILE = "Test rows in a file of their own (optional)"
USE = "Use this table"
INFER = "infer"
TASKS = {
    "Infer from the target": INFER,
    "Regression: a number": "regression",
    "Classification: categorical": "classification",
    "Count: 0, 1, 2, ...": "count",
}
HOW_READ = "How the file is read"
DETECT = "detect"
READING_CHOICES = {  # options of `inspect`: label, and the values by their labels
    "separator": (
        "Separator",
        {"Detect": DETECT, "Comma": ",", "Semicolon": ";", "Tab": "\t", "Bar": "|"},
    ),
    "header": (
        "Column names",
        {"Detect": DETECT, "In the first line": True, "None: number the columns": False},
    ),
    "decimal": ("Decimal mark", {"Detect": DETECT, "Point": ".", "Comma": ","}),
    "keep_all_rows": (
        "Lines that look like units, totals or repeated names",
        {"Leave them out": DETECT, "Keep them": True},
    ),
}
READING = "Reading the file …"
STOPPED = "Reading was stopped."
GONE = "The table is no longer held on the server; choose its file again."
COPIED = (
    "This is your own copy of a table that came with a link: what you choose changes nothing for others. To "
    "read the file in another way, or with test rows of their own, choose the file itself."
)
FIRST_ROWS = "The first rows, while the rest is read"
HEAD = 200_000  # bytes whose rows are shown while the rest of a larger file is read
REFUSED = "The file could not be loaded"
NOT_CHANGED = "This cannot be chosen"
TOO_LARGE = f"The file is larger than {LIMIT}, which is the limit."


@dataclass(frozen=True, eq=False)
class OwnTable:
    """A file that was read, and what is chosen for its columns; a value that is changed by copying.

    ``path``: where code finds it, if not under its ``name`` in the working folder; ``how``: how it is read
    where that is not detected; ``test``: the name or path, and the content, of a file of test rows;
    ``task``: as it was chosen when it was made a data set, one of ``TASKS``.
    """

    name: str
    content: bytes = field(repr=False)
    table: ColumnTable = field(repr=False)
    path: str = ""
    how: Mapping[str, Any] = field(default_factory=dict)
    test: tuple[str, bytes] | None = field(default=None, repr=False)
    task: str = INFER

    def __post_init__(self) -> None:
        # Whoever made the table (a thread) also finds its problems, not whoever shows it (all pages' loop).
        _ = self.table.rows

    @classmethod
    def read(
        cls,
        name: str,
        content: bytes,
        path: str = "",
        how: Mapping[str, Any] | None = None,
        test: tuple[str, bytes] | None = None,
    ) -> OwnTable:
        """Read the content of a CSV or Parquet file. Raises :class:`DataError` if that is not possible."""
        chosen = {key: value for key, value in (how or {}).items() if value != DETECT}
        table = inspect(content, test=None if test is None else test[1], **chosen)
        return cls(name, content, table, path, chosen, test)

    def with_test(self, name: str, content: bytes) -> OwnTable:
        """With the test rows of a file of their own, used as given.

        Raises :class:`DataError` if they do not have the same columns.
        """
        both = OwnTable.read(self.name, self.content, self.path, self.how, (name, content))
        choices = self.table.choices
        return replace(both, table=replace(both.table, choices=choices.beside(both.table.choices)))

    @staticmethod
    def head(content: bytes) -> ColumnTable | None:
        """The first rows of a large CSV file; None if all of it is read as quickly, or it cannot be read."""
        if len(content) <= HEAD or content.startswith(b"PAR1"):
            return None
        try:
            return inspect(content[: content.rfind(b"\n", 0, HEAD) + 1])
        except AfifError:
            return None

    @classmethod
    def copy_of(cls, dataset: str) -> OwnTable:
        """A copy of the table that an uploaded data set was made of, for a session that only has its link.

        Its choices begin as those of the data set, and change nothing for anybody else. Raises
        :class:`DataError` if the table is no longer held.
        """
        found = study.held(dataset)
        if found is None or found.table is None:
            raise DataError(GONE)
        table = found.table
        own = replace(table, columns=replace(table.columns, memory={}))
        return cls(found.title, b"", own, found.file, found.how, task=found.task or INFER)

    @property
    def has_file(self) -> bool:
        """Whether its file is here, so that it can be read in another way."""
        return bool(self.content)

    @classmethod
    def open(cls, path: str, how: Mapping[str, Any] | None = None) -> OwnTable:
        """Read a file of this machine. Raises :class:`DataError` for anything else."""
        place = Path(path).expanduser()
        return cls.read(place.name, content_of(path), str(place), how)

    def read_again(self, how: Mapping[str, Any]) -> OwnTable:
        """The same file, if it is here, read in another way; choices stay if the columns are the same.

        Raises :class:`DataError` if it cannot be read so.
        """
        if not self.has_file:
            return self
        fresh = OwnTable.read(self.name, self.content, self.path, how, self.test)
        if fresh.how == self.how:
            return self
        if list(fresh.table.frame.columns) != list(self.table.frame.columns):
            return fresh
        return replace(fresh, table=replace(fresh.table, choices=self.table.choices))

    @property
    def summary(self) -> str:
        """How much was read, and what is open."""
        rows, columns = self.table.frame.shape
        waiting = len(self.table.open)
        questions = (
            "1 question about a column is open"
            if waiting == 1
            else f"{waiting} questions about columns are open"
        )
        return (
            f"{count(rows)} rows and {count(columns)} columns were read; "
            f"{questions if waiting else 'no question is open'}."
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """How the file was read, and what was noticed about the table as a whole."""
        return self.table.notes

    def choose(self, choice: str) -> OwnTable:
        """With one choice that ``column_table.js`` sent, as JSON.

        Raises :class:`AfifError` for one that is not possible.
        """
        try:
            asked = json.loads(choice)
            kind, value = str(asked["kind"]), str(asked["value"])
            name = self.table.rows[int(asked["column"])].name
            change = _CHANGES[kind]
        except (ValueError, TypeError, KeyError, IndexError):
            raise DataError("The choice was not understood; make it again.") from None
        return replace(self, table=change(self.table, name, value))

    def add(self, task: str) -> str:
        """Make it a data set; the name that an explorer takes as ``dataset``.

        Raises :class:`DataError` for a table or a target that cannot be used.
        """
        return study.add_table(
            self.table,
            self.name or "your data",
            task=None if task == INFER else task,
            path=self.path,
            how=self.how if self.test is None else {"test": self.test[0], **self.how},
        )


def content_of(path: str) -> bytes:
    """The content of a file of this machine. Raises :class:`DataError` if it cannot be read."""
    place = Path(path).expanduser()
    if not path or not place.is_file():
        raise DataError(f"There is no file '{path}' in {Path.cwd()}." if path else "Name a file.")
    try:
        if place.stat().st_size > MOST_BYTES:
            raise DataError(TOO_LARGE)
        return place.read_bytes()
    except OSError as error:
        raise DataError(f"'{path}' cannot be read: {error.strerror}.") from error


def chosen_column(choice: str) -> str:
    """The column that ``notes.js`` sent, as JSON; "" if that is not understood."""
    try:
        return str(json.loads(choice)["column"])
    except (ValueError, TypeError, KeyError):
        return ""


_CHANGES = {
    "role": ColumnTable.with_role,
    "column_kind": ColumnTable.with_kind,
    "apply": ColumnTable.apply,
    "decline": ColumnTable.decline,
}


def reason(error: Exception) -> str:
    """Why a file could not be loaded, for the person who brought it."""
    if isinstance(error, AfifError):
        return str(error)
    log.error("A file could not be loaded.", exc_info=error)
    return SURPRISE
