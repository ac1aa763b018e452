"""The upload dialog: choose a file, say what its columns are, load it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

import panel as pn

from afif_explorer import study
from afif_explorer.app.components import toolkit
from afif_explorer.app.components.elements import Text, banner, stack
from afif_explorer.app.components.fields import WIDE
from afif_explorer.app.page.help import Dialog
from afif_explorer.datasets import Table, read_table
from afif_explorer.datasets.reading.table import MOST_BYTES
from afif_explorer.errors import AfifError
from afif_explorer.figures.drawing.text import short
from afif_explorer.screens.markup import html
from afif_explorer.wording import count

log = logging.getLogger(__name__)

INFER = "infer"
TASKS = {
    "Infer from the target": INFER,
    "Regression: a number": "regression",
    "Classification: categorical": "classification",
    "Count: 0, 1, 2, ...": "count",
}
REFUSED = "The file could not be loaded"


class Upload:
    """Reads a file, asks what to predict, and passes the data set to ``explorer``.

    The work runs in threads, so that all pages stay responsive.
    """

    def __init__(self, explorer: Any) -> None:
        self._explorer = explorer
        self._name = ""
        self._table: Table | None = None
        self._latest: object = None  # the newest request; results of older ones are dropped
        self._file = toolkit.FileField(
            lambda name, content: pn.state.execute(partial(self._arrived, name, content)),
            self._not_sent,
            max_file_size=MOST_BYTES,
            label="Choose a CSV or Parquet file",
            variant="outlined",
            **WIDE,
        )
        self._says = Text(html(ASKS))
        self._target = toolkit.Select(label="What to predict", size="small", **WIDE)
        self._sensitive = toolkit.MultiChoice(
            label="Sensitive columns, whose groups are compared (optional)",
            **WIDE,
        )
        self._task = toolkit.Select(label="Task", options=TASKS, value=INFER, size="small", **WIDE)
        self._use = toolkit.Button(
            label="Use this table", variant="contained", on_click=self._accept, **WIDE
        )
        self._columns = stack(
            self._target, self._sensitive, self._task, self._use, gap=14, visible=False
        )
        self.dialog = Dialog(
            "Use my own file", lambda: stack(self._says, self._file, self._columns, gap=14)
        )

    def open(self) -> None:
        """Open the dialog."""
        self.dialog.open()

    def _not_sent(self, reason: str) -> None:
        """Show why the browser did not send a file."""
        self._put_away()
        if "maximum file size" in reason:
            reason = f"The file is larger than {MOST_BYTES / 1e6:,.0f} MB, which is the limit."
        self._say("error", REFUSED, reason)

    async def _arrived(self, name: str, content: bytes) -> None:
        self._put_away()
        self._say("info", "Reading the file …")
        table = await self._attempt(partial(read_table, content))
        if table is not None:
            self._name = name
            self._offer(table)

    def _put_away(self) -> None:
        """Discard the previous table and the work on it."""
        self._table = self._latest = None
        self._columns.visible = False
        self._use.disabled = False

    def _offer(self, table: Table) -> None:
        """Ask about the columns of a table."""
        self._table = table
        names = _labels(table)
        places = {name: place for place, name in enumerate(names)}
        self._target.param.update(options=places, value=len(names) - 1)
        self._sensitive.param.update(options=places, value=[])
        self._task.value = INFER
        self._columns.visible = True
        read = f"{count(len(table.frame))} rows and {count(len(names))} columns were read."
        self._says.put(banner("info", read, table.notes))

    async def _accept(self, _event: Any) -> None:
        if self._table is None:
            return
        columns = list(self._table.frame.columns)
        task = self._task.value
        add = partial(
            study.add_table,
            self._table,
            self._name or "your data",
            columns[self._target.value],
            [columns[place] for place in self._sensitive.value],
            None if task == INFER else task,
        )
        self._use.disabled = True
        name = await self._attempt(add)
        if name is not None:
            self.dialog.close()
            self._explorer.dataset = name

    async def _attempt(self, work: Callable[[], Any]) -> Any:
        """The result of ``work`` run in a thread; None if it failed, with the reason on screen.

        None too if it was superseded by another request.
        """
        self._latest = mine = object()
        result = reason = None
        try:
            result = await asyncio.to_thread(work)
        except AfifError as error:
            reason = str(error)
        except Exception:
            log.exception("A file could not be loaded.")
            reason = "The details are in the server's log."
        if self._latest is not mine:
            return None
        self._use.disabled = False
        if reason is not None:
            self._say("error", REFUSED, reason)
        return result

    def _say(self, kind: str, title: str, *lines: str) -> None:
        self._says.put(banner(kind, title, lines))


def _labels(table: Table) -> list[str]:
    """Column names to choose from, short and distinct."""
    names: list[str] = []
    for place, name in enumerate(table.frame.columns, start=1):
        label = short(name, 60) or f"column {place}"
        names.append(label if label not in names else f"{label} ({place})")
    return names


ASKS = (
    '<p class="hint">One row per example, one column per feature, column names in the first line. '
    "Up to 50 MB. The file is sent to this server only, kept in memory, and never executed.</p>"
)
