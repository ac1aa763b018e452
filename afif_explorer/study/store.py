"""The cache of stages, and the uploaded tables."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import torch

from afif_explorer.cache import Cache, digest
from afif_explorer.datasets import Dataset
from afif_explorer.datasets.inspection import ColumnTable
from afif_explorer.engine.runtime.device import setting
from afif_explorer.errors import DataError, OutOfMemory
from afif_explorer.sizes import leaves
from afif_explorer.spec import Spec
from afif_explorer.study.keys import key

T = TypeVar("T")

CACHE = Cache(1 << 30)  # a fit of Adult with its results takes about 100 MB
MOST_UPLOADED = 512 << 20  # bytes of all sessions together; the oldest table is evicted first

TOO_LARGE = (
    "Out of memory: choose a smaller model or a smaller data set. If the GPU is out of memory, you can also "
    "set the environment variable AFIF_DEVICE=cpu and restart."
)

Make = Callable[[int], Dataset]  # a data set, split by a seed


def stage(name: str, spec: Spec, compute: Callable[[], T], *more: object) -> T:
    """The stage ``name`` for ``spec``, computed on a cache miss.

    ``more`` are plain values that the stage depends on in addition to its part of the spec. Stages are
    separate for each device, since tensors stay on their device. Raises :class:`OutOfMemory` if it does
    not fit.
    """

    def fitting() -> T:
        try:
            return compute()
        except (torch.OutOfMemoryError, MemoryError) as error:
            raise OutOfMemory(TOO_LARGE) from error

    return CACHE.get(_place(name, spec, *more), fitting)


def has_grown(name: str, spec: Spec) -> None:
    """Update the recorded size of a stage, which has cached further results."""
    CACHE.measure(_place(name, spec))


def _place(name: str, spec: Spec, *more: object) -> tuple[str, str]:
    return (name, digest(setting(), *key(name, spec), *more))


@dataclass(frozen=True, eq=False)
class Upload:
    """A user's table: ``make`` builds its data set from ``source``, whose size is counted."""

    make: Make
    source: object
    title: str
    file: str = ""  # the name of its file
    how: Mapping[str, Any] = field(default_factory=dict)  # the options of ``inspect`` that read it
    table: ColumnTable | None = None  # its columns, with what was chosen for them
    task: str | None = None  # as chosen; None: inferred

    @cached_property
    def bytes(self) -> int:
        """Its memory in bytes."""
        return sum(size for _, size in leaves(self.source))


class Uploads:
    """Users' tables by name; a name contains an unguessable digest."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Upload] = OrderedDict()

    def add(self, name: str, upload: Upload) -> None:
        """Store a table under a name of :func:`~afif_explorer.study.keys.upload_name`."""
        with self._lock:
            self._kept[name] = upload
            self._kept.move_to_end(name)
            while sum(kept.bytes for kept in self._kept.values()) > self.max_bytes:
                self._kept.popitem(last=False)

    def get(self, name: str) -> Upload | None:
        """The table of that name, if still available."""
        with self._lock:
            return self._kept.get(name)

    def make(self, name: str, seed: int) -> Dataset:
        """The data set of that name. Raises :class:`DataError` if it is not available (any more)."""
        found = self.get(name)
        if found is None:
            raise DataError(
                "The uploaded table is no longer available (it is kept in memory only); upload it again."
            )
        return found.make(seed)


UPLOADS = Uploads(MOST_UPLOADED)
