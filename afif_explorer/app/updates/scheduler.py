"""``Scheduler``: runs a page's actions now, after the paint, or when idle."""

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
PAINT = 0.06  # the browser has then drawn what was sent
MAX_PAINT = 0.3  # maximum delay of actions that wait for the paint
IDLE = 0.4  # time without changes after which a page is idle


class Scheduler:
    """Runs the actions of one page on the page's thread, and none before the page is open.

    - :meth:`now`: immediately, in order; from any thread.
    - :meth:`after_paint`: when the browser has drawn the current changes.
    - :meth:`when_idle`: when nothing has changed for a while, and the page isn't ``busy()``.

    Panel loses changes made after the browser has requested a page and before it has drawn it, so all actions
    wait until :meth:`open`, except those run by :meth:`flush`.
    """

    def __init__(self, loop: Loop) -> None:
        self.busy: Callable[[], bool] = lambda: False
        self._loop = loop
        self._lock = threading.Condition()
        self._unopened: list[Action] | None = []  # None once the page is open
        self._closed = False
        self._waiting: dict[tuple[float, float], Debounce] = {}

    @property
    def is_open(self) -> bool:
        """Whether the page is open."""
        return self._unopened is None

    def now(self, action: Action) -> None:
        """Run ``action`` as soon as the page's thread is free; may be called from any thread."""
        with self._lock:
            if self._closed:
                return
            if self._unopened is not None:
                self._unopened.append(action)
                self._lock.notify()
                return
        self._loop.call_soon(action)

    def after_paint(self, action: Action, wait: float = PAINT) -> None:
        """Run ``action`` after ``wait`` seconds without another, or ``MAX_PAINT`` after the first."""
        self._add(action, wait, MAX_PAINT, lambda: False)

    def when_idle(self, action: Action, wait: float = IDLE) -> None:
        """Run ``action`` after ``wait`` seconds without another, once the page is not busy."""
        self._add(action, wait, math.inf, lambda: self.busy())

    def cancel(self, action: Action) -> None:
        """Cancel ``action`` if it is pending."""
        for waiting in self._waiting.values():
            waiting.discard(action)

    def run(self, actions: Iterable[Action]) -> None:
        """Run all ``actions`` immediately and send their changes as one message.

        An exception in one action is logged and does not affect the others.
        """
        with self._loop.batch():
            for action in actions:
                try:
                    action()
                except Exception:
                    log.exception("A part of the page could not be updated.")

    def flush(self, done: Callable[[], bool], seconds: float) -> None:
        """Before the page is open: run new actions until ``done()``, for at most ``seconds``."""
        end = time.monotonic() + seconds
        while not done() and (left := end - time.monotonic()) > 0:
            with self._lock:
                self._lock.wait_for(lambda: bool(self._unopened), left)
                actions, self._unopened = self._unopened or [], []
            for action in actions:
                action()

    def open(self) -> None:
        """The page is open: run the pending actions. Call it on the page's thread."""
        with self._lock:
            actions, self._unopened = self._unopened or [], None
        if self._closed:
            return
        self.run(actions)
        for waiting in self._waiting.values():
            waiting.start()

    def close(self) -> None:
        """The session has ended: drop the pending actions."""
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
