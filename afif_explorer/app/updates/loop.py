"""The event loop of a page; tests use one with simulated time."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, Protocol

import panel as pn

Action = Callable[[], None]


class Loop(Protocol):
    """The interface of an event loop for :class:`~afif_explorer.app.updates.scheduler.Scheduler`."""

    def time(self) -> float:
        """Seconds of a monotonic clock."""

    def call_soon(self, action: Action) -> None:
        """Run ``action`` on the loop's thread; may be called from any thread."""

    def call_later(self, seconds: float, action: Action) -> Action:
        """Run ``action`` after ``seconds``; returns a function that cancels it."""

    def batch(self) -> AbstractContextManager[Any]:
        """A context whose changes to the page are sent as one message."""


class DocumentLoop:
    """The loop of one Bokeh document; actions on it may change the page."""

    def __init__(self, document: Any) -> None:
        self._document = document

    def time(self) -> float:
        return time.monotonic()

    def call_soon(self, action: Action) -> None:
        self._document.add_next_tick_callback(action)

    def call_later(self, seconds: float, action: Action) -> Action:
        callback = self._document.add_timeout_callback(action, math.ceil(1000 * seconds))
        return partial(self._document.remove_timeout_callback, callback)

    def batch(self) -> AbstractContextManager[Any]:
        return pn.io.hold(self._document)
