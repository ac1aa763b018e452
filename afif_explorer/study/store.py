"""The memory of the study: finished stages, and the tables that people brought."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import torch

from afif_explorer.cache import Cache, digest
from afif_explorer.datasets import Dataset
from afif_explorer.engine.runtime.device import setting
from afif_explorer.errors import DataError, OutOfMemory
from afif_explorer.sizes import leaves
from afif_explorer.spec import Spec
from afif_explorer.study.keys import key

T = TypeVar("T")

CACHE = Cache(1 << 30)  # a fit of Adult with all that hangs on it takes about 100 MB
MOST_UPLOADED = 512 << 20  # bytes of all sessions together; the oldest table goes first

TOO_LARGE = (
    "Out of memory: choose a smaller model or a smaller data set. If the GPU is out of memory, you can also "
    "set the environment variable AFIF_DEVICE=cpu and restart."
)

Make = Callable[[int], Dataset]  # a data set, split by a seed


def stage(name: str, spec: Spec, compute: Callable[[], T], *more: object) -> T:
    """The stage ``name`` for ``spec``, computed if it isn't there.

    ``more`` are plain values that the stage depends on beside its part of the spec. Stages of two devices
    are kept apart, since what is made of one has to stay there. Raises :class:`OutOfMemory` if it does
    not fit.
    """

    def fitting() -> T:
        try:
            return compute()
        except (torch.OutOfMemoryError, MemoryError) as error:
            raise OutOfMemory(TOO_LARGE) from error

    return CACHE.get(_place(name, spec, *more), fitting)


def has_grown(name: str, spec: Spec) -> None:
    """Measure the value of a stage again: it has kept what others made of it."""
    CACHE.measure(_place(name, spec))


def _place(name: str, spec: Spec, *more: object) -> tuple[str, str]:
    return (name, digest(setting(), *key(name, spec), *more))


@dataclass(frozen=True, eq=False)
class Upload:
    """A table of somebody's own: ``make`` builds its data set from ``source``, whose bytes count."""

    make: Make
    source: object
    title: str
    file: str = ""  # the name of the file that it was read from

    @cached_property
    def bytes(self) -> int:
        """Memory that it holds."""
        return sum(size for _, size in leaves(self.source))


class Uploads:
    """Tables that belong to no catalogue, by name; the name holds a digest nobody can guess."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Upload] = OrderedDict()

    def add(self, name: str, upload: Upload) -> None:
        """Keep a table under a name of :func:`~afif_explorer.study.keys.upload_name`."""
        with self._lock:
            self._kept[name] = upload
            self._kept.move_to_end(name)
            while sum(kept.bytes for kept in self._kept.values()) > self.max_bytes:
                self._kept.popitem(last=False)

    def get(self, name: str) -> Upload | None:
        """The table of that name, if it is (still) here."""
        with self._lock:
            return self._kept.get(name)

    def make(self, name: str, seed: int) -> Dataset:
        """The data set of that name. Raises :class:`DataError` if it is not here (any more)."""
        found = self.get(name)
        if found is None:
            raise DataError(
                "The uploaded table is no longer available (it is kept in memory only); upload it again."
            )
        return found.make(seed)


UPLOADS = Uploads(MOST_UPLOADED)
