"""The commands as a person starts them: ``afif-explorer serve`` in a process of its own."""

from __future__ import annotations

import os
import queue
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120  # importing torch and Panel on a loaded two-core machine takes most of it


class Running:
    """A running ``afif-explorer VERB`` and the first address it printed."""

    def __init__(self, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "afif_explorer", *arguments],
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self._waiting: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self.url = self._address()
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
                self.lines.append(line)
                self._waiting.put(line)
        self._waiting.put(None)

    def _address(self) -> str:
        end = time.monotonic() + START_SECONDS
        while (left := end - time.monotonic()) > 0:
            try:
                line = self._waiting.get(timeout=left)
            except queue.Empty:
                break
            if line is None:
                raise RuntimeError(f"the server ended before it was ready:\n{self.output}")
            if found := re.search(r"https?://[^\s]+", line):
                return found.group().rstrip("/.")
        raise RuntimeError(f"no address within {START_SECONDS} s:\n{self.output}")


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
    assert "Traceback" not in server.output, server.output
