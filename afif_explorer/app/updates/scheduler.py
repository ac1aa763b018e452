"""``Scheduler``: when the work of one page is done: now, after the paint, or when idle."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Iterable

from afif_explorer.app.updates.debounce import Debounce
from afif_explorer.app.updates.loop import Action, Loop

log = logging.getLogger(__name__)

# Seconds.
PAINT = 0.06  # a browser has drawn by then what it was sent
MAX_PAINT = 0.3  # what waits for the paint waits no longer than this, however often it is put off
IDLE = 0.4  # a page that nothing has changed on for so long is idle


class Scheduler:
    """Does the work of one page on the page's thread, and none before the page is there.

    - :meth:`now`: at once, in order; from any thread.
    - :meth:`after_paint`: when the browser has drawn what was done now.
    - :meth:`when_idle`: when nothing has changed for a while, and the page isn't ``busy()``.

    Panel drops what changes between the browser's fetching a page and its having drawn it: until
    :meth:`open` everything waits, but for what :meth:`flush` does.
    """

    def __init__(self, loop: Loop) -> None:
        self.busy: Callable[[], bool] = lambda: False
        self._loop = loop
        self._lock = threading.Condition()
        self._unopened: list[Action] | None = []  # None once the page is there
        self._closed = False
        self._waiting: dict[tuple[float, float], Debounce] = {}

    @property
    def is_open(self) -> bool:
        """Whether the page is there."""
        return self._unopened is None

    def now(self, action: Action) -> None:
        """Do ``action`` as soon as the page's thread is free; may be called from any thread."""
        with self._lock:
            if self._closed:
                return
            if self._unopened is not None:
                self._unopened.append(action)
                self._lock.notify()
                return
        self._loop.call_soon(action)

    def after_paint(self, action: Action, wait: float = PAINT) -> None:
        """Do ``action`` after ``wait`` seconds without another, or ``MAX_PAINT`` after the first."""
        self._add(action, wait, MAX_PAINT, lambda: False)

    def when_idle(self, action: Action, wait: float = IDLE) -> None:
        """Do ``action`` after ``wait`` seconds without another, if the page is not busy then."""
        self._add(action, wait, math.inf, lambda: self.busy())

    def cancel(self, action: Action) -> None:
        """Don't do ``action`` if it waits for the paint or for the page to be idle."""
        for waiting in self._waiting.values():
            waiting.discard(action)

    def run(self, actions: Iterable[Action]) -> None:
        """Do all ``actions`` here and now; what they change goes to the browser as one message.

        One part of the page that cannot be updated doesn't keep the others from it.
        """
        with self._loop.batch():
            for action in actions:
                try:
                    action()
                except Exception:
                    log.exception("A part of the page could not be updated.")

    def flush(self, done: Callable[[], bool], seconds: float) -> None:
        """Before the page is there: do at once what comes until ``done()``, for at most ``seconds``."""
        end = time.monotonic() + seconds
        while not done() and (left := end - time.monotonic()) > 0:
            with self._lock:
                self._lock.wait_for(lambda: bool(self._unopened), left)
                actions, self._unopened = self._unopened or [], []
            for action in actions:
                action()

    def open(self) -> None:
        """The page is there: do what waits for it. Call it on the page's thread."""
        with self._lock:
            actions, self._unopened = self._unopened or [], None
        if self._closed:
            return
        self.run(actions)
        for waiting in self._waiting.values():
            waiting.start()

    def close(self) -> None:
        """The session has ended: forget what waits, and do nothing more."""
        with self._lock:
            self._closed = True
            self._unopened = None
        for waiting in self._waiting.values():
            waiting.close()

    def _add(self, action: Action, wait: float, max_wait: float, busy: Callable[[], bool]) -> None:
        if self._closed:
            return
        if (wait, max_wait) not in self._waiting:
            made = Debounce(self._loop, self.run, wait, max_wait=max_wait, busy=busy)
            self._waiting[wait, max_wait] = made
            if self.is_open:
                made.start()
        chosen = self._waiting[wait, max_wait]
        for other in self._waiting.values():
            if other is not chosen:
                other.discard(action)
        chosen.add(action)
