"""Somebody's own table in a notebook: the path of a file, and what its columns are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import ipywidgets

from afif_explorer.jobs import Job, Outcome, shared_jobs
from afif_explorer.notebook.files.columns import Columns
from afif_explorer.notebook.files.opener import Opener
from afif_explorer.notebook.working import Working
from afif_explorer.progress import Step
from afif_explorer.screens.content import Line, Strong, hint, line
from afif_explorer.screens.files import columns as shown
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
        self._used: tuple[str, OwnTable] | None = None  # the latest one, by its name as a data set
        self.path = ipywidgets.Combobox(
            placeholder="name or path of a file", **_looks("CSV or Parquet file")
        )
        self.test = ipywidgets.Combobox(
            placeholder="name or path of a file", **_looks(own_table.TEST_FILE)
        )
        self.how = {name: _reading(name) for name in own_table.READING_CHOICES}
        self.read = _button("Read the file", "folder-open", self._read)
        self.working = Working(self._stop, "Stop reading the file.")
        self.job: Job | None = None  # the latest reading
        self.message = ipywidgets.HTML()
        self.table = Columns(self._choose)
        self.preview = ipywidgets.HTML()
        self.task = ipywidgets.Dropdown(options=own_table.TASKS, **_looks(own_table.TASK))
        self.use = _button(own_table.USE, "check", self._accept)
        self.use.button_style = "primary"
        self.columns = ipywidgets.VBox([self.table, self.preview, self.task, self.use])
        how = ipywidgets.Accordion(
            [ipywidgets.VBox([*self.how.values(), self.test])], titles=(own_table.HOW_READ,)
        )
        reading = ipywidgets.HBox([self.read, *self.working.parts])
        self.widget = ipywidgets.VBox([self.path, how, reading, self.message, self.columns])
        self.widget.add_class("afif-card")
        for box in (self.widget, self.columns, self.path, self.test, self.task, *self.how.values()):
            box.add_class("afif-asked")
        self._opener = Opener(own_table.OPEN, "upload", self.widget, self._turned)
        self.button = self._opener.button
        self._put_away()

    def columns_of(self, dataset: str) -> Sequence[str]:
        """The columns of the table that a data set was made of, if they can still be changed here."""
        name, own = self._used or ("", None)
        return own.table.columns.names if own is not None and name == dataset else ()

    def change(self, choice: str) -> None:
        """Show the table again, at the column that a note is about: what ``notes.js`` sent, as JSON."""
        if self._used is not None:
            self._opener.button.value = True
            self.task.value = self._used[1].task
            self._show(self._used[1], focus=own_table.chosen_column(choice))

    def _turned(self, is_open: bool) -> None:
        """Begin anew with the files that are in the working folder now."""
        self._stop()
        self._put_away()
        self.path.options = self.test.options = _files() if is_open else ()

    def _put_away(self) -> None:
        """Discard the table that was read."""
        self._own = None
        self.working.show(False)
        self.columns.layout.display = "none"
        self._say(hint(f"{own_table.ASKS} {KEPT}"))

    def _read(self) -> None:
        """Read the file in a thread, so that it can be stopped and the notebook goes on."""
        self._put_away()
        self._say(hint(own_table.READING))
        how = {name: field.value for name, field in self.how.items()}
        path, held_out = self.path.value.strip(), self.test.value.strip()

        def work() -> OwnTable:
            own = OwnTable.open(path, how)
            return own.with_test(held_out, own_table.content_of(held_out)) if held_out else own

        self.working.show(True)
        self.job = shared_jobs().submit(self, work, on_step=self._step, on_end=self._ended)

    def _step(self, step: Step) -> None:
        self.working.show(True, step.done, step.total)
        self._say(hint(f"{step.what} …"))

    def _ended(self, outcome: Outcome) -> None:
        self.working.show(False)
        if outcome.kind == "done":
            self.task.value = own_table.INFER
            self._show(outcome.value)
        elif outcome.kind == "failed":
            self._refuse(own_table.REFUSED, outcome.message)
        else:
            self._say(hint(own_table.STOPPED))

    def _stop(self) -> None:
        shared_jobs().cancel(self)

    def _choose(self, choice: str) -> None:
        """Show the table with one change; it stays as it is if that is not possible."""
        if self._own is None:
            return
        try:
            self._show(self._own.choose(choice))
        except Exception as error:
            self._show(self._own)
            self._refuse(own_table.NOT_CHANGED, own_table.reason(error))

    def _show(self, own: OwnTable, focus: str = "") -> None:
        self._own = own
        self.table.content = shown.as_json(own.table, self.table.content, focus)
        self.preview.value = str(markup((shown.first_rows(own.table),)))
        self.columns.layout.display = None
        self._say(line(own.summary), *map(hint, own.notes))

    def _accept(self) -> None:
        if self._own is None:
            return
        try:
            name = self._own.add(self.task.value)
        except Exception as error:
            self._refuse(own_table.REFUSED, own_table.reason(error))
        else:
            self._used = name, replace(self._own, task=self.task.value)
            self._opener.close()
            self._explorer.dataset = name

    def _refuse(self, problem: str, why: str) -> None:
        self._say(line(Strong(f"{problem}."), f" {why}", tone="poor"))

    def _say(self, *lines: Line) -> None:
        self.message.value = str(markup(lines))


def _reading(name: str) -> ipywidgets.Dropdown:
    """The field for one option of how the file is read."""
    label, options = own_table.READING_CHOICES[name]
    return ipywidgets.Dropdown(options=options, value=own_table.DETECT, **_looks(label))


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
