"""A server ends within two seconds of being told to, whatever it computes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest

from afif_explorer.app.server import free_port
from tests.plugins.server import ROOT, START_SECONDS

SECONDS = 2
WAIT = 60
CHOICES = "dataset=digits&model=mlp&hidden=256&view=unlearning&seed=3"  # minutes of work

PLAIN = "from afif_explorer.cli import command; command()"

# What a visit with seed 1 begins never reports how far it is, and is deaf to everything.
DEAF = """
import torch
from afif_explorer import study
from afif_explorer.cli import command

points = study.points

def deaf(spec):
    if spec.seed != 1:
        return points(spec)
    print("computing", flush=True)
    matrix = torch.eye(2000, dtype=torch.float64) + torch.ones(2000, 2000, dtype=torch.float64)
    while True:
        torch.linalg.cholesky(matrix)

study.points = deaf
command()
"""

# The thread of all visitors is busy itself.
STUCK = """
import time
from afif_explorer.app import link
from afif_explorer.cli import command

from_query = link.Spec.from_query

def stuck(query):
    if "seed=1" not in query:
        return from_query(query)
    print("computing", flush=True)
    while True:
        time.sleep(0.01)

link.Spec.from_query = stuck
command()
"""

# The work before anybody can come.
WARMING = """
from afif_explorer.app import server
from afif_explorer.cli import command

def warm():
    print("computing", flush=True)
    while True:
        sum(range(10_000))

server.warm = warm
command()
"""
SERVE = ("serve", "--no-show", "--port", "0")


class Served:
    """``afif-explorer VERB`` as a process, with ``code`` as its first words."""

    def __init__(self, code: str, *arguments: str, folder: Path) -> None:
        self._read = threading.Condition()
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "TMPDIR": str(folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.reader = threading.Thread(target=self._follow, daemon=True)
        self.reader.start()

    def _follow(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                with self._read:
                    self.lines.append(line)
                    self._read.notify_all()

    def says(self, words: str) -> str:
        """The line with ``words``, once it is printed."""

        def found() -> list[str]:
            return [line for line in self.lines if words in line]

        with self._read:
            assert self._read.wait_for(found, START_SECONDS), "".join(self.lines)
            return found()[0]

    def url(self) -> str:
        return self.says("Dashboard:").split()[-1]

    def end(self, signum: int) -> float:
        """Send ``signum``; how long it took to end."""
        start = time.monotonic()
        self.process.send_signal(signum)
        try:
            self.process.wait(WAIT)
        finally:
            self.process.kill()
            self.process.wait()
        self.reader.join()
        return time.monotonic() - start


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    servers: list[Served] = []

    def begin(code: str, *arguments: str) -> Served:
        servers.append(Served(code, *arguments, folder=tmp_path))
        return servers[-1]

    yield begin
    for server in servers:
        server.process.kill()
        server.process.wait()


def visit(url: str, query: str, password: str = "") -> None:
    """Ask for a page, and wait for the answer for a while."""
    opener = build_opener(HTTPCookieProcessor())

    def ask() -> None:
        fields = urlencode({"password": password}).encode() if password else None
        way = f"login?{urlencode({'next': f'/?{query}'})}" if password else f"?{query}"
        with suppress(OSError, HTTPException), opener.open(url + way, fields, timeout=WAIT) as page:
            page.read()

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(10)


def check(server: Served, signum: int) -> None:
    assert server.end(signum) < SECONDS
    assert server.process.returncode == 0
    assert "Traceback" not in "".join(server.lines)


def test_a_server_that_trains_and_refits_ends_in_time(start: Callable[..., Served]) -> None:
    server = start(PLAIN, *SERVE)
    visit(server.url(), CHOICES)
    time.sleep(1)
    check(server, signal.SIGTERM)


def test_a_loop_that_never_reports_keeps_nothing_waiting(start: Callable[..., Served]) -> None:
    server = start(DEAF, *SERVE)
    visit(server.url(), "seed=1")
    server.says("computing")
    check(server, signal.SIGINT)


def test_a_class_ends_in_time_and_its_password_with_it(
    start: Callable[..., Served], tmp_path: Path
) -> None:
    server = start(DEAF, "class", "--port", str(free_port("0.0.0.0")))
    password = server.says("Password:").split()[-1]
    visit(server.url(), "seed=1", password)
    server.says("computing")
    assert list(tmp_path.glob("afif-class-*"))
    check(server, signal.SIGTERM)
    assert not list(tmp_path.glob("afif-class-*"))


def test_a_page_that_keeps_the_loop_busy_keeps_nothing_waiting(
    start: Callable[..., Served],
) -> None:
    server = start(STUCK, *SERVE)
    url = server.url()
    threading.Thread(target=visit, args=(url, "seed=1"), daemon=True).start()
    server.says("computing")
    check(server, signal.SIGTERM)


@pytest.mark.parametrize(("signum", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_server_that_is_still_starting_ends_in_time(
    start: Callable[..., Served], signum: int, status: int
) -> None:
    server = start(WARMING, *SERVE)
    server.says("computing")
    assert server.end(signum) < SECONDS
    assert server.process.returncode == status
    assert "Traceback" not in "".join(server.lines)
