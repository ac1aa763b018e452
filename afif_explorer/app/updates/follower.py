"""From an ``Explorer`` to the parts of a page: which of its fields changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple

from afif_explorer.app.updates.scheduler import Scheduler

Callback = Callable[[set[str]], None]
PROGRESS_DELAY = 0.3  # s; work that is over by then shows no progress


class _Listener(NamedTuple):
    names: frozenset[str]
    callback: Callback


class Follower:
    """Tells callbacks which fields of ``source`` changed.

    ``source`` must change on the page's own thread (an ``Explorer`` does, given the scheduler's
    ``now``). All that one change does to the page goes to the browser as one message, and none before
    the page is there: figures can be clicked before it has come as a whole.

    That something is being worked on is told only once it has lasted ``PROGRESS_DELAY``.
    """

    WORK = frozenset({"status", "stale"})  # what changes when work begins

    def __init__(self, source: Any, scheduler: Scheduler) -> None:
        self._source = source
        self._scheduler = scheduler
        self._listeners: list[_Listener] = []
        self._changed: set[str] = set()  # not told yet
        self._held: set[str] = set()  # the same, since work began a moment ago
        self._shows_work = False
        names = [name for name in source.param if name != "name"]
        self._watcher = source.param.watch(self._hear, names)

    def on(self, names: Iterable[str], callback: Callback) -> None:
        """Call ``callback(changed)`` whenever one of ``names`` has changed."""
        self._listeners.append(_Listener(frozenset(names), callback))

    def close(self) -> None:
        """Tell nothing more."""
        self._source.param.unwatch(self._watcher)
        self._scheduler.cancel(self._show_work)

    def _hear(self, *events: Any) -> None:
        changed = {event.name for event in events}
        if self._source.status.kind != "running":
            self._shows_work = False
            self._scheduler.cancel(self._show_work)
            self._tell(changed | self._release())
        elif self._shows_work:
            self._tell(changed)
        else:
            self._hold(changed & self.WORK)
            self._tell(changed - self.WORK)

    def _hold(self, changed: set[str]) -> None:
        self._held |= changed
        if changed:
            self._scheduler.after_paint(self._show_work, PROGRESS_DELAY)

    def _release(self) -> set[str]:
        held, self._held = self._held, set()
        return held

    def _show_work(self) -> None:
        self._shows_work = True
        self._tell(self._release())

    def _tell(self, changed: set[str]) -> None:
        self._changed |= changed
        if self._scheduler.is_open:
            self._tell_now()
        else:
            self._scheduler.now(self._tell_now)

    def _tell_now(self) -> None:
        changed, self._changed = self._changed, set()
        self._scheduler.run(
            partial(callback, changed & names)
            for names, callback in tuple(self._listeners)
            if changed & names
        )
