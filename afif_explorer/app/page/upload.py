"""The upload dialog: choose a file, say what its columns are, load it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import panel as pn

from afif_explorer.app.components import toolkit
from afif_explorer.app.components.elements import Text, banner, stack
from afif_explorer.app.components.fields import WIDE
from afif_explorer.app.page.help import Dialog
from afif_explorer.datasets.reading.table import MOST_BYTES
from afif_explorer.screens.files import own_table
from afif_explorer.screens.files.own_table import OwnTable
from afif_explorer.screens.markup import html


class Upload:
    """Reads a file, asks what to predict, and passes the data set to ``explorer``.

    The work runs in threads, so that all pages stay responsive.
    """

    def __init__(self, explorer: Any) -> None:
        self._explorer = explorer
        self._table: OwnTable | None = None
        self._latest: object = None  # the newest request; results of older ones are dropped
        self._file = toolkit.FileField(
            lambda name, content: pn.state.execute(partial(self._arrived, name, content)),
            self._not_sent,
            max_file_size=MOST_BYTES,
            label="Choose a CSV or Parquet file",
            variant="outlined",
            **WIDE,
        )
        self._says = Text(html('<p class="hint">{asks} {kept}</p>', asks=own_table.ASKS, kept=KEPT))
        self._target = toolkit.Select(label=own_table.TARGET, size="small", **WIDE)
        self._sensitive = toolkit.MultiChoice(label=own_table.SENSITIVE, **WIDE)
        self._task = toolkit.Select(
            label=own_table.TASK,
            options=own_table.TASKS,
            value=own_table.INFER,
            size="small",
            **WIDE,
        )
        self._use = toolkit.Button(
            label=own_table.USE, variant="contained", on_click=self._accept, **WIDE
        )
        self._columns = stack(
            self._target, self._sensitive, self._task, self._use, gap=14, visible=False
        )
        self.dialog = Dialog(
            own_table.OPEN, lambda: stack(self._says, self._file, self._columns, gap=14)
        )

    def open(self) -> None:
        """Open the dialog."""
        self.dialog.open()

    def _not_sent(self, reason: str) -> None:
        """Show why the browser did not send a file."""
        self._put_away()
        if "maximum file size" in reason:
            reason = own_table.TOO_LARGE
        self._say("error", own_table.REFUSED, reason)

    async def _arrived(self, name: str, content: bytes) -> None:
        self._put_away()
        self._say("info", own_table.READING)
        table = await self._attempt(partial(OwnTable.read, name, content))
        if table is not None:
            self._offer(table)

    def _put_away(self) -> None:
        """Discard the previous table and the work on it."""
        self._table = self._latest = None
        self._columns.visible = False
        self._use.disabled = False

    def _offer(self, own: OwnTable) -> None:
        """Ask about the columns of a table."""
        self._table = own
        self._target.param.update(options=own.places, value=len(own.places) - 1)
        self._sensitive.param.update(options=own.places, value=[])
        self._task.value = own_table.INFER
        self._columns.visible = True
        self._says.put(banner("info", own.summary, own.table.notes))

    async def _accept(self, _event: Any) -> None:
        if self._table is None:
            return
        add = partial(self._table.add, self._target.value, self._sensitive.value, self._task.value)
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
        except Exception as error:
            reason = own_table.reason(error)
        if self._latest is not mine:
            return None
        self._use.disabled = False
        if reason is not None:
            self._say("error", own_table.REFUSED, reason)
        return result

    def _say(self, kind: str, title: str, *lines: str) -> None:
        self._says.put(banner(kind, title, lines))


KEPT = "The file is sent to this server only, kept in memory, and never executed."
