"""The event loop that a page's work runs on; tests give one whose time they move themselves."""

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
    """What a :class:`~afif_explorer.app.updates.scheduler.Scheduler` needs of an event loop."""

    def time(self) -> float:
        """Seconds of a clock that never goes back."""

    def call_soon(self, action: Action) -> None:
        """Run ``action`` on the loop's thread; may be called from any thread."""

    def call_later(self, seconds: float, action: Action) -> Action:
        """Run ``action`` after so many seconds; returns what cancels it."""

    def batch(self) -> AbstractContextManager[Any]:
        """A context whose changes of the page go to the browser as one message."""


class DocumentLoop:
    """The loop of one Bokeh document: what runs on it may change that page."""

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
