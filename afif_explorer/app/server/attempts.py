"""A limit on wrong passwords: each address has some attempts, and gets one back every few seconds."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

BURST = 20  # a class behind one address makes some mistakes in the same minute
SECONDS_EACH = 3.0
KEPT = 10_000  # addresses


class Attempts:
    """Counts failed logins by address: a bucket of :data:`BURST`, one back every :data:`SECONDS_EACH`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._free_at: dict[str, float] = {}  # when the address has all its attempts again

    def wait(self, address: str) -> int:
        """Seconds until the next attempt from ``address`` is answered; 0: it is answered now."""
        debt = self._free_at.get(address, 0.0) - self._clock()
        return max(0, math.ceil(debt - (BURST - 1) * SECONDS_EACH))

    def failed(self, address: str) -> None:
        """Count one wrong password from ``address``."""
        now = self._clock()
        if len(self._free_at) >= KEPT:
            self._free_at = {key: until for key, until in self._free_at.items() if until > now}
        self._free_at[address] = max(now, self._free_at.get(address, now)) + SECONDS_EACH
