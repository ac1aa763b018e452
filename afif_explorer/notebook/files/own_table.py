"""Somebody's own table in a notebook: the path of a file, and what its columns are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ipywidgets

from afif_explorer.datasets.reading.table import MOST_BYTES
from afif_explorer.errors import DataError
from afif_explorer.notebook.files.opener import Opener
from afif_explorer.screens.content import Line, Strong, hint, line
from afif_explorer.screens.files import own_table
from afif_explorer.screens.files.own_table import OwnTable
from afif_explorer.screens.markup import markup
from afif_explorer.state import Explorer

KINDS = (".csv", ".parquet")
MOST_LISTED = 200
KEPT = "It is read by this notebook's kernel and never executed."


class OwnTableForm:
    """Reads a file and passes its data set to ``explorer``: ``button`` opens ``widget``."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer
        self._own: OwnTable | None = None
        self.path = ipywidgets.Combobox(
            placeholder="name or path of a file", **_looks("CSV or Parquet file")
        )
        self.read = _button("Read the file", "folder-open", self._read)
        self.message = ipywidgets.HTML()
        self.target = ipywidgets.Dropdown(**_looks(own_table.TARGET))
        self.sensitive = ipywidgets.SelectMultiple(rows=4, **_looks(own_table.SENSITIVE))
        self.task = ipywidgets.Dropdown(options=own_table.TASKS, **_looks(own_table.TASK))
        self.use = _button(own_table.USE, "check", self._accept)
        self.use.button_style = "primary"
        self.columns = ipywidgets.VBox([self.target, self.sensitive, self.task, self.use])
        self.widget = ipywidgets.VBox([self.path, self.read, self.message, self.columns])
        for box in (self.widget, self.columns, self.path, self.target, self.sensitive, self.task):
            box.add_class("afif-asked")
        self._opener = Opener(own_table.OPEN, "upload", self.widget, self._turned)
        self.button = self._opener.button
        self._put_away()

    def _turned(self, is_open: bool) -> None:
        """Begin anew with the files that are in the working folder now."""
        self._put_away()
        self.path.options = _files() if is_open else ()

    def _put_away(self) -> None:
        """Discard the table that was read."""
        self._own = None
        self.columns.layout.display = "none"
        self._say(hint(f"{own_table.ASKS} {KEPT}"))

    def _read(self) -> None:
        self._put_away()
        self._say(hint(own_table.READING))
        try:
            own = _table(self.path.value.strip())
        except Exception as error:
            self._refuse(error)
        else:
            self._offer(own)

    def _offer(self, own: OwnTable) -> None:
        """Ask about the columns of a table."""
        self._own = own
        self.target.options = self.sensitive.options = own.places
        self.target.value = len(own.places) - 1
        self.sensitive.value = ()
        self.task.value = own_table.INFER
        self.columns.layout.display = None
        self._say(line(own.summary), *map(hint, own.table.notes))

    def _accept(self) -> None:
        if self._own is None:
            return
        try:
            name = self._own.add(self.target.value, self.sensitive.value, self.task.value)
        except Exception as error:
            self._refuse(error)
        else:
            self._opener.close()
            self._explorer.dataset = name

    def _refuse(self, error: Exception) -> None:
        why = own_table.reason(error)
        self._say(line(Strong(f"{own_table.REFUSED}."), f" {why}", tone="poor"))

    def _say(self, *lines: Line) -> None:
        self.message.value = str(markup(lines))


def _table(path: str) -> OwnTable:
    """The table in a file. Raises :class:`DataError` for anything else."""
    place = Path(path).expanduser()
    if not path or not place.is_file():
        raise DataError(f"There is no file '{path}' in {Path.cwd()}." if path else "Name a file.")
    try:
        if place.stat().st_size > MOST_BYTES:
            raise DataError(own_table.TOO_LARGE)
        content = place.read_bytes()
    except OSError as error:
        raise DataError(f"'{path}' cannot be read: {error.strerror}.") from error
    return OwnTable.read(place.name, content, str(place))


def _files() -> tuple[str, ...]:
    """The tables in the working folder."""
    names = (path.name for path in Path.cwd().iterdir() if path.suffix.lower() in KINDS)
    return tuple(sorted(names)[:MOST_LISTED])


def _looks(label: str) -> dict[str, Any]:
    """Label and size: the label stands above."""
    return {
        "description": label,
        "style": {"description_width": "auto"},
        "layout": ipywidgets.Layout(width="auto"),
    }


def _button(label: str, icon: str, act: Any) -> ipywidgets.Button:
    button = ipywidgets.Button(description=label, icon=icon, layout=ipywidgets.Layout(width="auto"))
    button.on_click(lambda _: act())
    return button
