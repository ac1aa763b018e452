"""From an ``Explorer``, and from its worker threads, to the parts of a page."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import panel as pn

log = logging.getLogger(__name__)

Callback = Callable[[set[str]], None]


class Gate:
    """Runs actions on the thread of a page, in order, but none before the page is there.

    Panel drops what changes between the browser's fetching a document and its having drawn it.
    """

    def __init__(self, document: Any) -> None:
        self._document = document
        self._lock = threading.Condition()
        self._waiting: list[Callable[[], None]] | None = []

    def __call__(self, action: Callable[[], None]) -> None:
        """Run ``action`` soon; may be called from any thread."""
        with self._lock:
            if self._waiting is not None:
                self._waiting.append(action)
                self._lock.notify()
                return
        self._document.add_next_tick_callback(action)

    def settle(self, done: Callable[[], bool], seconds: float) -> None:
        """Run at once what comes until ``done()``, for at most ``seconds``: before there is a page."""
        end = time.monotonic() + seconds
        while not done() and (left := end - time.monotonic()) > 0:
            with self._lock:
                self._lock.wait_for(lambda: bool(self._waiting), left)
                waiting, self._waiting = self._waiting or [], []
            for action in waiting:
                action()

    @property
    def closed(self) -> bool:
        """Whether the page is not there yet."""
        return self._waiting is not None

    def open(self) -> None:
        """Run what waits, and from now on everything as it comes. Call it on the page's thread."""
        with self._lock:
            waiting, self._waiting = self._waiting or [], None
        for action in waiting:
            action()


class Timer:
    """Does an action after a while, on the page's thread; without a document (no server) at once."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._waiting: Any = None

    @property
    def waiting(self) -> bool:
        """Whether an action is still to be done."""
        return self._waiting is not None

    def start(self, action: Callable[[], None], milliseconds: int) -> None:
        """Do ``action`` so much later, in place of one that still waits."""
        self.stop()
        if self._document is None:
            action()
            return

        def act() -> None:
            self._waiting = None
            action()

        self._waiting = self._document.add_timeout_callback(act, milliseconds)

    def stop(self) -> None:
        """Forget the action that waits, if one does."""
        if self._waiting is not None:
            self._document.remove_timeout_callback(self._waiting)
            self._waiting = None


class Debounce:
    """Does an action when there is nothing more urgent: ``busy()`` is asked every now and then."""

    def __init__(
        self,
        timer: Timer,
        gate: Callable[[Callable[[], None]], None],
        busy: Callable[[], bool],
    ) -> None:
        self._timer = timer
        self._gate = gate
        self._busy = busy

    def start(self, action: Callable[[], None], milliseconds: int) -> None:
        """Do ``action`` after so long without another call, in place of one that still waits."""

        def act() -> None:
            if self._busy():
                self._timer.start(act, milliseconds)
            else:
                action()

        self._gate(lambda: self._timer.start(act, milliseconds))

    def stop(self) -> None:
        """Forget the action that waits, if one does."""
        self._timer.stop()


class _Heard(NamedTuple):
    names: frozenset[str]
    callback: Callback


class Follower:
    """Tells callbacks which fields of ``source`` changed.

    ``source`` must change on the page's own thread (an ``Explorer`` does, given the page's
    ``schedule``). All that one change does to the page goes to the browser as one message, and none
    before ``gate`` is open: figures can be clicked before the page has come as a whole.

    Work that is soon over is not worth a word: that something is being worked on is told only once
    it has lasted ``PATIENCE`` milliseconds. What may come late is told ``BREATH`` milliseconds after
    the rest, when a browser has drawn that.
    """

    PATIENCE = 300
    BREATH = 60
    WORK = frozenset({"status", "stale"})  # what changes when work begins

    def __init__(self, source: Any, document: Any = None, gate: Gate | None = None) -> None:
        self._source = source
        self._document = document
        self._gate = gate
        self._prompt: list[_Heard] = []
        self._late: list[_Heard] = []
        self._held: set[str] = set()  # changed, but not told yet
        self._early: set[str] = set()  # the same, because there is no page yet
        self._told = False  # that something is being worked on
        self._patience = Timer(document)
        self._behind: set[str] = set()  # not told yet to those who hear it late
        self._breath = Timer(document)
        self._latest = 0.0  # by when those have been told, whatever else happens
        names = [name for name in source.param if name != "name"]
        self._watcher = source.param.watch(self._deliver, names)

    def on(self, names: Iterable[str], callback: Callback, *, late: bool = False) -> None:
        """Call ``callback(changed)`` whenever one of ``names`` has changed; ``late``: a moment after."""
        (self._late if late else self._prompt).append(_Heard(frozenset(names), callback))

    def close(self) -> None:
        """Hear nothing more."""
        self._source.param.unwatch(self._watcher)
        self._patience.stop()
        self._breath.stop()
        self._prompt.clear()
        self._late.clear()

    def _deliver(self, *events: Any) -> None:
        changed = {event.name for event in events}
        if self._source.status.kind != "running":
            self._told = False
            self._tell_all(self._release() | changed)
        elif self._told:
            self._tell_all(changed)
        else:
            self._hold(changed & self.WORK)
            self._tell_all(changed - self.WORK)

    def _hold(self, changed: set[str]) -> None:
        def told() -> None:
            self._told = True
            self._tell_all(self._release())

        self._held |= changed
        if changed and not self._patience.waiting:
            self._patience.start(told, self.PATIENCE)

    def _release(self) -> set[str]:
        self._patience.stop()
        held, self._held = self._held, set()
        return held

    def _tell_all(self, changed: set[str]) -> None:
        if self._gate is not None and self._gate.closed:
            self._keep(self._gate, changed)
        elif changed:
            self._tell_now(changed)

    def _keep(self, gate: Gate, changed: set[str]) -> None:
        def told() -> None:
            early, self._early = self._early, set()
            self._tell_now(early)

        if changed and not self._early:
            gate(told)
        self._early |= changed

    def _tell_now(self, changed: set[str]) -> None:
        self._tell(self._prompt, changed)
        if not self._behind:
            self._latest = time.monotonic() + self.PATIENCE / 1000
        self._behind |= changed
        if not self._breath.waiting or time.monotonic() < self._latest:
            self._breath.start(self._tell_late, self.BREATH)

    def _tell_late(self) -> None:
        behind, self._behind = self._behind, set()
        self._tell(self._late, behind)

    def _tell(self, those: list[_Heard], changed: set[str]) -> None:
        with pn.io.hold(self._document):
            for names, callback in list(those):
                if hit := names & changed:
                    self._call(callback, set(hit))

    def _call(self, callback: Callback, changed: set[str]) -> None:
        try:
            callback(changed)
        except Exception:
            # One part that cannot be drawn must not keep the others from being drawn.
            log.exception("A part of the page could not follow a change of %s.", sorted(changed))
