"""``Debounce``: actions that are done together once no more of them are asked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from afif_explorer.app.updates.loop import Action, Loop


class Debounce:
    """Gives its actions to ``run`` once none was added for ``wait`` seconds, at the latest ``max_wait``
    seconds after the first; not before :meth:`start`, and not while ``busy()``.

    An action that waits and is added again is done once.
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
        self._cancel: Action | None = None  # of the timer that is set

    def start(self) -> None:
        """From now on do what is due, counted from now."""
        self._started = True
        self._first = self._loop.time()
        self._put_off()

    def add(self, action: Action) -> None:
        """Do ``action`` too, and put all that waits off."""
        if not self._actions:
            self._first = self._loop.time()
        self._actions[action] = None
        self._put_off()

    def discard(self, action: Action) -> None:
        """Don't do ``action``, if it waits."""
        self._actions.pop(action, None)

    def close(self) -> None:
        """Do nothing more."""
        self._started = False
        self._actions.clear()
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    def _put_off(self) -> None:
        self._due = min(self._loop.time() + self._wait, self._first + self._max_wait)
        self._set_timer()

    def _set_timer(self) -> None:
        # A timer that is set stays as it is when its actions are put off: it looks again when it ends.
        if self._started and self._actions and self._cancel is None:
            left = max(0.0, self._due - self._loop.time())
            self._cancel = self._loop.call_later(left, self._look)

    def _look(self) -> None:
        self._cancel = None
        if self._loop.time() < self._due:
            self._set_timer()
        elif self._actions and self._busy():
            self._first = self._loop.time()
            self._put_off()
        else:
            actions, self._actions = self._actions, {}
            self._run(actions)
