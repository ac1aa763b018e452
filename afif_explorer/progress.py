"""Progress reports from loops to a listener, which can also stop them.

Loops of the engine and the downloads call :func:`report` at every step. Without a listener that
costs almost nothing. The code that runs the work (``jobs``, a progress bar in a notebook) listens:

>>> seen = []
>>> with listening(lambda step: seen.append(step.done)):
...     for done in range(3):
...         report("counting", done, 3)
>>> seen
[0, 1, 2]

A listener stops the loop by raising (usually :class:`afif_explorer.errors.Cancelled`). Loops of refits turn
Ctrl-C into :class:`~afif_explorer.errors.Interrupted`, which carries what is finished.
Listeners belong to the context that set them, so threads do not receive each other's reports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from afif_explorer.errors import Interrupted


class Step(NamedTuple):
    """One report: what is being done, how many steps are done, and of how many (None: unknown)."""

    what: str
    done: int
    total: int | None


Listener = Callable[[Step], None]

_listener: ContextVar[Listener | None] = ContextVar("afif_explorer_progress", default=None)


def report(what: str, done: int, total: int | None = None) -> None:
    """Report to the listener, if any, that ``done`` of ``total`` steps of ``what`` are done."""
    listener = _listener.get()
    if listener is not None:
        listener(Step(what, done, total))


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Send every report made inside the ``with`` block (in this context) to ``listener``."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


@contextmanager
def partial_result(convert: Callable[[Any], Any]) -> Iterator[None]:
    """Raise an :class:`Interrupted` of the block again with ``convert(result)`` as its result."""
    try:
        yield
    except Interrupted as stop:
        raise Interrupted(str(stop), convert(stop.result)) from stop.__cause__
