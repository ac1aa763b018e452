"""Who is logged in: a random key in a visitor's cookie, and its name here until logout."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

SECONDS = 12 * 3600  # a school day and more; each use counts anew
KEPT = 100_000


class Visitors:
    """The keys of visitors who are logged in. They are known to this process only."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: dict[str, tuple[str, float]] = {}  # name, last use; by key, oldest first

    def admit(self, name: str) -> str:
        """A new key for a visitor who has given the right password."""
        if len(self._known) >= KEPT:
            del self._known[next(iter(self._known))]
        key = secrets.token_urlsafe(32)
        self._known[key] = (name, self._clock())
        return key

    def name(self, key: str | None) -> str | None:
        """The name of the visitor with this key; None if the key is unknown, or was not used for long."""
        name, used = self._known.pop(key or "", ("", 0.0))
        if key is None or not name or self._clock() - used > SECONDS:
            return None
        self._known[key] = (name, self._clock())
        return name

    def dismiss(self, key: str | None) -> None:
        """Forget the key: whoever still has it must log in again."""
        self._known.pop(key or "", None)
