"""The event loop of a page; tests use one with simulated time."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
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
    """The loop of one Bokeh document, made on the document's thread; actions on it may change the page."""

    def __init__(self, document: Any) -> None:
        self._document, self._thread = document, threading.get_ident()
        self._loop: asyncio.AbstractEventLoop | None = None
        with suppress(RuntimeError):  # no server runs
            self._loop = asyncio.get_running_loop()

    def time(self) -> float:
        return time.monotonic()

    def call_soon(self, action: Action) -> None:
        if self._loop is None or threading.get_ident() == self._thread:
            self._document.add_next_tick_callback(action)
            return
        # Not from this thread: Bokeh 3.9 loses a callback that is added while the page's thread ends a batch.
        with suppress(RuntimeError):  # the server has ended
            self._loop.call_soon_threadsafe(self._document.add_next_tick_callback, action)

    def call_later(self, seconds: float, action: Action) -> Action:
        callback = self._document.add_timeout_callback(action, math.ceil(1000 * seconds))
        return partial(self._document.remove_timeout_callback, callback)

    def batch(self) -> AbstractContextManager[Any]:
        return pn.io.hold(self._document)
