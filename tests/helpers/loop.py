"""An event loop without a server, with simulated time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from afif_explorer.app.updates.scheduler import Scheduler

Action = Callable[[], None]


class ManualLoop:
    """Keeps what is to be done until :meth:`pass_time`. ``messages`` counts what would go to a browser."""

    def __init__(self) -> None:
        self._now = 0.0
        self._timers: dict[object, tuple[float, Action]] = {}
        self.messages = 0

    @property
    def waits(self) -> bool:
        """Whether anything is still to be done."""
        return bool(self._timers)

    def time(self) -> float:
        return self._now

    def call_soon(self, action: Action) -> None:
        self.call_later(0.0, action)

    def call_later(self, seconds: float, action: Action) -> Action:
        timer = object()
        self._timers[timer] = (self._now + seconds, action)
        return partial(self._timers.pop, timer)

    @contextmanager
    def batch(self) -> Iterator[None]:
        yield
        self.messages += 1

    def pass_time(self, seconds: float = 0.0) -> None:
        """Do all that is due within so many seconds, each at its time."""
        end = self._now + seconds
        while due := [
            (at, timer) for timer, (at, _) in [*self._timers.items()] if at <= end + 1e-9
        ]:
            at, timer = min(due, key=lambda one: one[0])
            self._now = max(self._now, at)
            self._timers.pop(timer)[1]()
        self._now = end


def open_scheduler() -> tuple[Scheduler, ManualLoop]:
    """The scheduler of a page that is there, and its loop."""
    loop = ManualLoop()
    scheduler = Scheduler(loop)
    scheduler.open()
    return scheduler, loop
