"""Garbage collection in a server: not of what lasts, and not too often."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG = 20_000  # objects between two collections; a page consists of several thousand


@contextmanager
def lasting() -> Iterator[None]:
    """Exclude the objects created in this block from garbage collection; they live as long as the process.

    This is meant for imports: the collector would traverse modules repeatedly while they are being
    imported, and again at every full collection.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()


def serving() -> None:
    """Exclude everything that exists now, and collect less often: a page of the dashboard is thousands of
    objects, and traversing those of all visitors took a third of the server's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
