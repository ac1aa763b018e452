"""Resident memory according to the operating system; needs only the standard library."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def now() -> int:
    """Current resident bytes; the peak so far on systems other than Linux."""
    return _line("VmRSS") if STATUS.exists() else peak()


def peak() -> int:
    """Peak resident bytes since :func:`forget_peak`; since the start on systems other than Linux."""
    if STATUS.exists():
        return _line("VmHWM")
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest if sys.platform == "darwin" else largest * 1024


def forget_peak() -> None:
    """Reset the peak, if the system supports it."""
    if CLEAR.exists():
        CLEAR.write_text("5")


def _line(name: str) -> int:
    line = next(x for x in STATUS.read_text().splitlines() if x.startswith(name))
    return int(line.split()[1]) * 1024
