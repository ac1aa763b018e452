"""``Debounce``: runs actions together once no more are requested."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from afif_explorer.app.updates.loop import Action, Loop


class Debounce:
    """Passes its actions to ``run`` once none was added for ``wait`` seconds, at the latest ``max_wait``
    seconds after the first; not before :meth:`start`, and not while ``busy()``.

    A pending action that is added again runs once.
    """

    def __init__(
        self,
        loop: Loop,
        run: Callable[[Iterable[Action]], None],
        wait: float,
        *,
        max_wait: float = math.inf,
        busy: Callable[[], bool] = lambda: False,
    ) -> None:
        self._loop, self._run, self._busy = loop, run, busy
        self._wait, self._max_wait = wait, max_wait
        self._actions: dict[Action, None] = {}
        self._first = self._due = 0.0
        self._started = False
        self._cancel: Action | None = None  # cancels the current timer

    def start(self) -> None:
        """Start running actions; delays count from now."""
        self._started = True
        self._first = self._loop.time()
        self._delay()

    def add(self, action: Action) -> None:
        """Add ``action``, and delay all pending actions."""
        if not self._actions:
            self._first = self._loop.time()
        self._actions[action] = None
        self._delay()

    def discard(self, action: Action) -> None:
        """Remove ``action`` if it is pending."""
        self._actions.pop(action, None)

    def close(self) -> None:
        """Drop all actions and stop."""
        self._started = False
        self._actions.clear()
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    def _delay(self) -> None:
        self._due = min(self._loop.time() + self._wait, self._first + self._max_wait)
        self._set_timer()

    def _set_timer(self) -> None:
        # A running timer is not changed when its actions are delayed: it checks again when it ends.
        if self._started and self._actions and self._cancel is None:
            left = max(0.0, self._due - self._loop.time())
            self._cancel = self._loop.call_later(left, self._check)

    def _check(self) -> None:
        self._cancel = None
        if self._loop.time() < self._due:
            self._set_timer()
        elif self._actions and self._busy():
            self._first = self._loop.time()
            self._delay()
        else:
            actions, self._actions = self._actions, {}
            self._run(actions)
