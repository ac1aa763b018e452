"""Process shutdown within two seconds of a signal, whatever its threads are computing."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

GRACE_PERIOD = 0.8  # s after the signal; then the process exits without waiting
JOINING = 0.3  # s for cancelled threads to reach their next step
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def on_signal(act: Callable[[int], None], status: int | None = None) -> None:
    """Call ``act(signum)`` in the main thread at the first Ctrl-C or SIGTERM. Call this in the main thread.

    If the process is still running after :data:`GRACE_PERIOD`, it exits with ``status`` (None: 128 plus the
    signal number); a second signal ends it at once.
    """

    def told(signum: int, _frame: FrameType | None) -> None:
        for each in SIGNALS:
            signal.signal(each, signal.SIG_DFL)
        code = 128 + signum if status is None else status
        last = threading.Timer(GRACE_PERIOD, os._exit, (code,))
        last.daemon = True
        last.start()
        act(signum)

    for signum in SIGNALS:
        signal.signal(signum, told)


def give_up(signum: int) -> NoReturn:
    """Exit from the main thread, with an exit status that encodes the signal."""
    raise SystemExit(128 + signum)


def leave(status: int) -> NoReturn:
    """Exit with ``status`` without waiting for threads that are still computing.

    The interpreter would wait for them, and unloading libraries while they run can crash.
    """
    end = time.monotonic() + JOINING
    for thread in _others():
        thread.join(max(0.0, end - time.monotonic()))
    if _others():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)


def _others() -> list[threading.Thread]:
    """Threads that the interpreter would wait for on exit."""
    main = threading.main_thread()
    return [one for one in threading.enumerate() if one is not main and not one.daemon]
