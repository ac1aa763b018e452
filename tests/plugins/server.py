"""``afif-explorer serve`` in a separate process."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120  # importing torch and Panel on a loaded two-core machine takes most of it
ADDRESS = r"https?://[^\s]+"
# Bokeh's check that connections are alive lets go of one that is about to close, and its last message
# and its end then find no session.
LOST_CONNECTION = re.compile(
    r"Traceback .*\n(?: .*\n)+ +assert self\._session is not None\n(?: .*\n)*AssertionError\b.*\n"
)


class Running:
    """A running ``afif-explorer VERB`` and the first address it printed.

    ``code`` is run in its place; ``awaits`` is waited for in place of the address.
    """

    def __init__(
        self,
        *arguments: str,
        code: str = "",
        awaits: str = ADDRESS,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *(("-c", code) if code else ("-m", "afif_explorer")), *arguments],
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self._ended = False
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self.url = self.says(awaits).rstrip("/.")
        except BaseException:
            self.stop()
            raise

    @property
    def output(self) -> str:
        """Everything the server has printed so far."""
        return "".join(self.lines)

    def stop(self) -> None:
        """End the process, gently first."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._reader.join()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                with self._news:
                    self.lines.append(line)
                    self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def says(self, pattern: str) -> str:
        """What matches ``pattern`` in the output, once it is there."""

        def found() -> re.Match[str] | None:
            return re.search(pattern, self.output)

        with self._news:
            self._news.wait_for(lambda: found() or self._ended, START_SECONDS)
        if match := found():
            return match.group()
        raise RuntimeError(f"no {pattern} within {START_SECONDS} s:\n{self.output}")


class Server(Running):
    """A running dashboard on a free port."""

    def __init__(self, *options: str) -> None:
        super().__init__("serve", "--no-show", "--port", "0", *options)


@pytest.fixture(scope="session")
def app_url() -> Iterator[str]:
    """The address of one dashboard that all tests of a run share."""
    server = Server()
    yield server.url
    server.stop()
    assert "Traceback" not in LOST_CONNECTION.sub("", server.output), server.output
