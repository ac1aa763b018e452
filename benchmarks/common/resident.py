"""Resident memory as the operating system counts it. The standard library only: any environment can."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def now() -> int:
    """Bytes that are resident now; the peak so far without Linux."""
    return _line("VmRSS") if STATUS.exists() else peak()


def peak() -> int:
    """The most bytes that were resident since :func:`forget_peak`, or since the start without Linux."""
    if STATUS.exists():
        return _line("VmHWM")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def forget_peak() -> None:
    """Start a new peak, where the system can."""
    if CLEAR.exists():
        CLEAR.write_text("5")


def _line(name: str) -> int:
    line = next(x for x in STATUS.read_text().splitlines() if x.startswith(name))
    return int(line.split()[1]) * 1024
