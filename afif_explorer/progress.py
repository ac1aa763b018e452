"""How long loops tell a listener how far they are, and how a listener stops them.

Loops of the engine and the downloads call :func:`report` at every step. With no listener that costs
next to nothing. Whoever runs the work (``jobs``, a progress bar in a notebook) listens:

>>> seen = []
>>> with listening(lambda step: seen.append(step.done)):
...     for done in range(3):
...         report("counting", done, 3)
>>> seen
[0, 1, 2]

A listener that raises (:class:`afif_explorer.errors.Cancelled`, usually) stops the loop there.
Listeners belong to the context that set them, so two threads never hear each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple


class Step(NamedTuple):
    """One report: what is being done, how many steps are done, and of how many (None: unknown)."""

    what: str
    done: int
    total: int | None


Listener = Callable[[Step], None]

_listener: ContextVar[Listener | None] = ContextVar("afif_explorer_progress", default=None)


def report(what: str, done: int, total: int | None = None) -> None:
    """Tell the listener, if there is one, that ``done`` of ``total`` steps of ``what`` are done."""
    listener = _listener.get()
    if listener is not None:
        listener(Step(what, done, total))


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Send every report made inside the ``with`` block (and this context) to ``listener``."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
