"""Notifies the parts of a page about changed fields of an ``Explorer``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple

from afif_explorer.app.updates.scheduler import Scheduler

Callback = Callable[[set[str]], None]
PROGRESS_DELAY = 0.3  # s; shorter jobs show no progress


class _Listener(NamedTuple):
    names: frozenset[str]
    callback: Callback


class Follower:
    """Notifies callbacks about changed fields of ``source``.

    ``source`` must change on the page's own thread (an ``Explorer`` does, given the scheduler's
    ``now``). All updates caused by one change are sent to the browser as one message, and none before the
    page is open, since figures can be clicked before it has loaded completely.

    A running job is reported only after ``PROGRESS_DELAY``.
    """

    WORK = frozenset({"status", "stale"})  # fields that change when a job starts

    def __init__(self, source: Any, scheduler: Scheduler) -> None:
        self._source = source
        self._scheduler = scheduler
        self._listeners: list[_Listener] = []
        self._changed: set[str] = set()  # not reported yet
        self._held: set[str] = set()  # the same, delayed because a job has just started
        self._shows_progress = False
        names = [name for name in source.param if name != "name"]
        self._watcher = source.param.watch(self._on_change, names)

    def on(self, names: Iterable[str], callback: Callback) -> None:
        """Call ``callback(changed)`` whenever one of ``names`` has changed."""
        self._listeners.append(_Listener(frozenset(names), callback))

    def close(self) -> None:
        """Stop notifying."""
        self._source.param.unwatch(self._watcher)
        self._scheduler.cancel(self._show_progress)

    def _on_change(self, *events: Any) -> None:
        changed = {event.name for event in events}
        if self._source.status.kind != "running":
            self._shows_progress = False
            self._scheduler.cancel(self._show_progress)
            self._notify(changed | self._release())
        elif self._shows_progress:
            self._notify(changed)
        else:
            self._hold(changed & self.WORK)
            self._notify(changed - self.WORK)

    def _hold(self, changed: set[str]) -> None:
        self._held |= changed
        if changed:
            self._scheduler.after_paint(self._show_progress, PROGRESS_DELAY)

    def _release(self) -> set[str]:
        held, self._held = self._held, set()
        return held

    def _show_progress(self) -> None:
        self._shows_progress = True
        self._notify(self._release())

    def _notify(self, changed: set[str]) -> None:
        self._changed |= changed
        if self._scheduler.is_open:
            self._notify_now()
        else:
            self._scheduler.now(self._notify_now)

    def _notify_now(self) -> None:
        changed, self._changed = self._changed, set()
        self._scheduler.run(
            partial(callback, changed & names)
            for names, callback in tuple(self._listeners)
            if changed & names
        )
