"""Excluding long-lived objects from garbage collection."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


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
