"""A cache of results shared by all sessions: bounded in bytes, computing each value only once.

Keys are explicit: the name of a stage and a digest of everything that its value depends on. Keys are
never derived from values, so two large arrays cannot be confused.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, TypeVar

from afif_explorer.progress import report
from afif_explorer.sizes import leaves

log = logging.getLogger(__name__)

T = TypeVar("T")
Key = tuple[str, str]  # stage, digest

_LOOK_UP = 0.05  # seconds between two checks of a waiting thread's own stop flag


def digest(*parts: Any) -> str:
    """A hexadecimal digest of plain values (numbers, text, bytes, None and tuples of them).

    Values of different types give different digests (1, 1.0, "1" and True). Raises TypeError for
    anything else, in particular arrays and frames.
    """
    return blake2b(_plain(parts), digest_size=16).hexdigest()


def _plain(value: Any) -> bytes:
    if isinstance(value, tuple):
        text = b"".join(_plain(part) for part in value)
    elif isinstance(value, bytes):
        text = value
    elif value is None or isinstance(value, bool | int | float | str):
        text = repr(value).encode()
    else:
        raise TypeError(f"{type(value).__name__} cannot be part of a key; use its own digest")
    return f"{type(value).__name__}:{len(text)}:".encode() + text


class Cache:
    """An LRU cache: the least recently used values are evicted when ``max_bytes`` is exceeded.

    ``computed`` counts, per stage, how many values were computed.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.computed: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._entries: OrderedDict[Key, _Entry] = OrderedDict()
        self._pending: dict[Key, _Pending] = {}
        self._ledger = _Ledger()

    @property
    def bytes(self) -> int:
        """Bytes currently held; memory shared by several values is counted once."""
        return self._ledger.total

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: Key) -> bool:
        return key in self._entries

    def get(self, key: Key, compute: Callable[[], T]) -> T:
        """The value of ``key``, computed by ``compute()`` on a cache miss.

        If another thread is computing it, this one waits (until its own work is cancelled). If the
        other thread fails or is cancelled, this one computes the value itself. Exceptions of
        ``compute`` are raised to its own caller and not cached.
        """
        while True:
            with self._lock:
                if entry := self._entries.get(key):
                    self._entries.move_to_end(key)
                    return entry.value
                if pending := self._pending.get(key):
                    mine = False
                else:
                    mine, pending = True, _Pending()
                    self._pending[key] = pending
            if mine:
                return self._work(key, pending, compute)
            while not pending.finished.wait(_LOOK_UP):
                report("Waiting for another session that computes the same result", 0)
            if pending.succeeded:
                return pending.value

    def _work(self, key: Key, pending: _Pending, compute: Callable[[], T]) -> T:
        try:
            pending.value = compute()
            pending.succeeded = True
            self._keep(key, pending.value)
            return pending.value
        finally:
            with self._lock:
                del self._pending[key]
            pending.finished.set()

    def _keep(self, key: Key, value: Any) -> None:
        entry = _Entry(value, tuple(leaves(value)))
        with self._lock:
            self.computed[key[0]] += 1
            self._place(key, entry)

    def measure(self, key: Key) -> None:
        """Look again at how much memory a value holds, since it has grown."""
        with self._lock:
            entry = self._entries.get(key)
        if entry is None:
            return
        grown = _Entry(entry.value, tuple(leaves(entry.value)))
        with self._lock:
            if self._entries.get(key) is entry:
                self._ledger.remove(entry)
                self._place(key, grown)

    def _place(self, key: Key, entry: _Entry) -> None:
        self._entries[key] = entry
        self._ledger.add(entry)
        while self._ledger.total > self.max_bytes:
            (stage, name), oldest = self._entries.popitem(last=False)
            self._ledger.remove(oldest)
            log.info("Cache: dropped %s %s to stay within %d bytes.", stage, name, self.max_bytes)

    def clear(self) -> None:
        """Remove all values (running computations continue, and their results are cached)."""
        with self._lock:
            self._entries.clear()
            self._ledger = _Ledger()


@dataclass
class _Pending:
    finished: threading.Event = field(default_factory=threading.Event)
    succeeded: bool = False
    value: Any = None


@dataclass(frozen=True)
class _Entry:
    value: Any
    leaves: tuple[tuple[Any, int], ...]  # the objects that hold memory, with their bytes


class _Ledger:
    """Bytes by object, so that an array shared by several values is counted once."""

    def __init__(self) -> None:
        self.total = 0
        self._holders: Counter[int] = Counter()

    def add(self, entry: _Entry) -> None:
        for leaf, size in entry.leaves:
            self.total += 0 if self._holders[id(leaf)] else size
            self._holders[id(leaf)] += 1

    def remove(self, entry: _Entry) -> None:
        for leaf, size in entry.leaves:
            self._holders[id(leaf)] -= 1
            if not self._holders[id(leaf)]:
                del self._holders[id(leaf)]
                self.total -= size
