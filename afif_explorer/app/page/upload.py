"""The upload dialog: choose a file, check what was understood of its columns, load it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import panel as pn

from afif_explorer.app.components import toolkit
from afif_explorer.app.components.columns import Columns
from afif_explorer.app.components.elements import (
    NO_MARGIN,
    Text,
    banner,
    button,
    flow,
    share,
    stack,
)
from afif_explorer.app.components.fields import WIDE
from afif_explorer.app.components.file_field import FileField
from afif_explorer.app.page.help import Dialog
from afif_explorer.datasets.reading.table import MOST_BYTES
from afif_explorer.errors import Cancelled
from afif_explorer.progress import Step, listening
from afif_explorer.screens.files import columns as shown
from afif_explorer.screens.files import own_table
from afif_explorer.screens.files.own_table import OwnTable
from afif_explorer.screens.markup import html, markup
from afif_explorer.study import held


class Upload:
    """Reads a file, shows its columns, and passes the data set to ``explorer``.

    The work runs in threads, so that all pages stay responsive. ``local``: the page is served to this machine
    only, so files of it may be named by their paths.
    """

    def __init__(self, explorer: Any, local: bool = False) -> None:
        self._explorer = explorer
        self._own: OwnTable | None = None
        self._used: tuple[str, OwnTable] | None = None  # the latest one, by its name as a data set
        self._latest: object = None  # the newest request; results of older ones are dropped
        self._early = b""  # how a file begins whose first rows are shown while it is on its way
        self._changes = asyncio.Lock()  # one at a time: each builds on those before it
        self._file = FileField(
            lambda name, content: self._begin(partial(OwnTable.read, name, content), content),
            self._not_sent,
            most=MOST_BYTES,
            too_large=own_table.TOO_LARGE,
            began=self._arriving,
            beginning=own_table.HEAD,
            label="Choose a CSV or Parquet file",
        )
        self._test = FileField(
            lambda name, content: self._change(lambda own: own.with_test(name, content)),
            self._not_sent,
            most=MOST_BYTES,
            too_large=own_table.TOO_LARGE,
            label=own_table.TEST_FILE,
            plain=True,
        )
        self._path = toolkit.TextInput(label=PATH, size="small", **WIDE)
        self._path.param.watch(lambda event: self._named(event.new), "value")
        self._says = Text(html('<p class="hint">{asks} {kept}</p>', asks=own_table.ASKS, kept=KEPT))
        self._table = Columns(lambda choice: self._change(lambda own: own.choose(choice)))
        self._preview = Text()
        self._task = toolkit.Select(
            label=own_table.TASK,
            options=own_table.TASKS,
            value=own_table.INFER,
            size="small",
            **WIDE,
        )
        self._how = {name: self._reading(name) for name in own_table.READING_CHOICES}
        self._working = Working(self._stop)
        self._use = toolkit.Button(
            label=own_table.USE, variant="contained", on_click=self._accept, **WIDE
        )
        self._columns = stack(
            self._table,
            flow(self._task, *self._how.values()),
            self._test,
            self._use,
            gap=14,
            visible=False,
        )
        paths = [self._path] if local else []
        self.dialog = Dialog(
            own_table.OPEN,
            lambda: stack(
                self._file,
                *paths,
                self._says,
                self._working.panel,
                self._columns,
                self._preview,
                gap=14,
            ),
            width="xl",
        )

    def open(self) -> None:
        """Open the dialog."""
        self.dialog.open()

    def columns(self, dataset: str) -> Sequence[str]:
        """The columns of the table that a data set was made of, if they can still be changed here."""
        name, own = self._used or ("", None)
        if own is not None and name == dataset:
            return own.table.columns.names
        found = held(dataset)
        return found.table.columns.names if found is not None and found.table is not None else ()

    def change(self, choice: str) -> None:
        """Open the dialog on the column that a note is about: what ``notes.js`` sent, as JSON.

        A table that came with a link is copied first.
        """
        dataset, focus = self._explorer.dataset, own_table.chosen_column(choice)
        self._put_away()
        self.open()
        if self._used is not None and self._used[0] == dataset:
            self._show_again(self._used[1], focus)
            return

        async def work() -> None:
            own = await self._attempt(lambda: OwnTable.copy_of(dataset), own_table.REFUSED)
            if own is not None:
                self._show_again(own, focus)

        pn.state.execute(work)

    def _show_again(self, own: OwnTable, focus: str) -> None:
        """Show a table that was used before, with the task that was chosen for it."""
        self._task.value = own.task
        self._show(own, focus=focus)

    def _reading(self, name: str) -> Any:
        """The field for one option of how the file is read."""
        label, options = own_table.READING_CHOICES[name]
        field = toolkit.Select(
            label=label, options=options, value=own_table.DETECT, size="small", **WIDE
        )
        field.param.watch(lambda _event: self._change(self._read_again), "value")
        return field

    def _read_again(self, own: OwnTable) -> OwnTable:
        return own.read_again({name: field.value for name, field in self._how.items()})

    def _not_sent(self, reason: str) -> None:
        """Show why the browser did not send a file."""
        self._put_away()
        self._say("error", own_table.REFUSED, reason)

    def _named(self, path: str) -> None:
        if path.strip():
            self._begin(partial(OwnTable.open, path.strip()))

    def _arriving(self, part: bytes) -> None:
        """Show the first rows of a file of which the rest is on its way."""

        async def work() -> None:
            self._put_away()
            self._say("info", own_table.READING)
            self._early = part[:_BEGINNING] if await self._show_head(part) else b""

        pn.state.execute(work)

    async def _show_head(self, content: bytes) -> bool:
        """Show the first rows of a large file; whether there are any."""
        head = await self._attempt(lambda: OwnTable.head(content), own_table.REFUSED)
        if head is not None:
            self._preview.put(markup((shown.first_rows(head, own_table.FIRST_ROWS),)))
        return head is not None

    def _begin(self, read: Callable[[], OwnTable], content: bytes = b"") -> None:
        """Read another file, whose first rows are shown at once."""

        async def work() -> None:
            if not (self._early and content.startswith(self._early)):
                self._put_away()
                self._say("info", own_table.READING)
                await self._show_head(content)
            own = await self._attempt(read, own_table.REFUSED)
            if own is not None:
                self._show(own)

        pn.state.execute(work)

    def _change(self, change: Callable[[OwnTable], OwnTable]) -> None:
        """Show the table with one change, after those that are under way."""

        async def work() -> None:
            async with self._changes:
                if (own := self._own) is None:
                    return
                changed = await self._attempt(lambda: change(own), own_table.NOT_CHANGED)
                if self._own is own:
                    self._show(changed or own, told=changed is not None)

        pn.state.execute(work)

    def _put_away(self) -> None:
        """Discard the previous table and the work on it."""
        self._table.content = ""
        self._own = self._latest = None
        self._early = b""
        self._working.hide()
        self._columns.visible = False
        self._preview.put("")
        self._use.disabled = False
        self._task.value = own_table.INFER
        for field in self._how.values():
            field.value = own_table.DETECT

    def _show(self, own: OwnTable, told: bool = True, focus: str = "") -> None:
        """Show a table; ``told``: also what was read, in place of an error; ``focus``: the column to show."""
        self._own = own
        for name, field in self._how.items():  # back to what it was, if another way was refused
            field.value = own.how.get(name, own_table.DETECT)
        self._table.content = shown.as_json(own.table, self._table.content, focus)
        self._preview.put(markup((shown.first_rows(own.table),)))
        self._columns.visible = True
        for field in (*self._how.values(), self._test):
            field.visible = own.has_file
        if told:
            about = own.notes if own.has_file else (own_table.COPIED, *own.notes)
            self._says.put(banner("info", own.summary, about))

    async def _accept(self, _event: Any) -> None:
        self._use.disabled = True
        async with self._changes:
            if self._own is None:
                return
            own, task = self._own, self._task.value
            name = await self._attempt(lambda: own.add(task), own_table.REFUSED)
        if name is not None:
            self._used = name, replace(own, task=task)
            self.dialog.close()
            self._put_away()
            self._explorer.dataset = name

    def _stop(self) -> None:
        """End what is under way; a table that was read stays."""
        self._latest = None
        self._working.hide()
        self._use.disabled = False
        if self._own is None:
            self._put_away()
            self._say("info", own_table.STOPPED)

    async def _attempt(self, work: Callable[[], Any], problem: str) -> Any:
        """The result of ``work`` run in a thread; None if it failed, with the reason on screen.

        None too if it was stopped or superseded by another request, which ends it at its next step.
        """
        self._latest = mine = object()
        steps: list[Step] = []

        def heard(step: Step) -> None:
            steps[:] = [step]
            if self._latest is not mine:
                raise Cancelled("Another request came, or the person stopped it.")

        def run() -> Any:
            with listening(heard):
                return work()

        result = reason = None
        running = asyncio.ensure_future(asyncio.to_thread(run))
        try:
            while not (await asyncio.wait({running}, timeout=_LOOK))[0]:
                if self._latest is mine:
                    self._working.show(steps)
            result = running.result()
        except Cancelled:
            return None
        except Exception as error:
            reason = own_table.reason(error)
        if self._latest is not mine:
            return None
        self._working.hide()
        self._use.disabled = False
        if reason is not None:
            self._say("error", problem, reason)
        return result

    def _say(self, kind: str, title: str, *lines: str) -> None:
        self._says.put(banner(kind, title, lines))


class Working:
    """What is being done with a table, how much of it is done, and a button that ends it."""

    def __init__(self, stop: Callable[[], None]) -> None:
        self._what = Text(sizing_mode=None)
        self._bar = toolkit.LinearProgress(
            sizing_mode="stretch_width", width=None, margin=NO_MARGIN, stylesheets=share(160)
        )
        cancel = button("Cancel", "close", stop)
        self.panel = flow(self._what, self._bar, cancel, gap=12, align="center", visible=False)

    def show(self, steps: Sequence[Step]) -> None:
        """Show the latest of the steps that were reported."""
        self.panel.visible = True
        for what, done, total in steps[-1:]:
            self._what.put(what)
            self._bar.param.update(
                variant="determinate" if total else "indeterminate",
                value=round(100 * done / total) if total else -1,
            )

    def hide(self) -> None:
        """Show nothing."""
        self.panel.visible = False


_BEGINNING = 1000  # bytes
_LOOK = 0.3  # seconds between looks at the progress
KEPT = "The file is sent to this server only, kept in memory, and never executed."
PATH = "Or the path of a file on this machine"
