"""How a process ends that has been told to: within two seconds, whatever its threads compute."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

PATIENCE = 1.5  # s from the signal; then the process ends without waiting for anything
JOINING = 0.5  # s for threads that were told to stop and reach their next step by then
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def on_signal(act: Callable[[int], None], status: int | None = None) -> None:
    """Call ``act(signum)`` in the main thread at the first Ctrl-C or SIGTERM. Call it in that thread.

    If the process is still there after :data:`PATIENCE`, it ends with ``status`` (None: 128 plus the
    number of the signal); a second signal ends it at once.
    """

    def told(signum: int, _frame: FrameType | None) -> None:
        for each in SIGNALS:
            signal.signal(each, signal.SIG_DFL)
        code = 128 + signum if status is None else status
        last = threading.Timer(PATIENCE, os._exit, (code,))
        last.daemon = True
        last.start()
        act(signum)

    for signum in SIGNALS:
        signal.signal(signum, told)


def give_up(signum: int) -> NoReturn:
    """Leave whatever the main thread does; the exit status tells the signal."""
    raise SystemExit(128 + signum)


def leave(status: int) -> NoReturn:
    """End the process with ``status``; threads that are deep in some computation are not waited for.

    The interpreter would wait for them, and pulling the libraries away under them can crash.
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
    """Threads that the interpreter would wait for at its end."""
    main = threading.main_thread()
    return [one for one in threading.enumerate() if one is not main and not one.daemon]
