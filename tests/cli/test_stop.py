"""A server stops within two seconds of a signal, whatever it is computing."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest

from afif_explorer.app.server.serve import free_port
from tests.plugins.server import Running

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
from afif_explorer.app.server import session
from afif_explorer.cli import command

from_query = session.Spec.from_query

def stuck(query):
    if "seed=1" not in query:
        return from_query(query)
    print("computing", flush=True)
    while True:
        time.sleep(0.01)

session.Spec.from_query = stuck
command()
"""

# The work before anybody can come.
WARMING = """
from afif_explorer.app.server import serve as server
from afif_explorer.cli import command

def warm(*_):
    print("computing", flush=True)
    while True:
        sum(range(10_000))

server.warm = warm
command()
"""
SERVE = ("serve", "--no-show", "--port", "0")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Runs ``code`` with the arguments of a verb until the test is over."""
    servers: list[Running] = []

    def begin(code: str, *arguments: str, **settings: str) -> Running:
        home = {"TMPDIR": str(tmp_path)}
        servers.append(Running(*arguments, code=code, environment=home, **settings))
        return servers[-1]

    yield begin
    for server in servers:
        server.process.kill()
        server.stop()


def visit(url: str, query: str, password: str = "") -> None:
    """Ask for a page, and wait for the answer for a while."""
    opener = build_opener(HTTPCookieProcessor())

    def ask() -> None:
        fields = urlencode({"password": password}).encode() if password else None
        way = f"/login?{urlencode({'next': f'/?{query}'})}" if password else f"/?{query}"
        with suppress(OSError, HTTPException), opener.open(url + way, fields, timeout=WAIT) as page:
            page.read()

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(10)


def check(server: Running, signum: int, status: int = 0) -> None:
    """It ends in time after ``signum``, with ``status`` and without a traceback."""
    start = time.monotonic()
    server.process.send_signal(signum)
    server.process.wait(WAIT)
    assert time.monotonic() - start < SECONDS
    assert server.process.returncode == status
    server.stop()
    assert "Traceback" not in server.output


def test_a_server_that_trains_and_refits_ends_in_time(start: Callable[..., Running]) -> None:
    server = start(PLAIN, *SERVE)
    visit(server.url, CHOICES)
    time.sleep(1)
    check(server, signal.SIGTERM)


def test_a_loop_without_reports_does_not_delay_the_exit(start: Callable[..., Running]) -> None:
    server = start(DEAF, *SERVE)
    visit(server.url, "seed=1")
    server.says("computing")
    check(server, signal.SIGINT)


def test_a_class_ends_in_time_and_its_password_with_it(
    start: Callable[..., Running], tmp_path: Path
) -> None:
    server = start(DEAF, "class", "--port", str(free_port("0.0.0.0")))
    password = server.says(r"Password: \S+").split()[-1]
    server.says("For you:")
    visit(server.url.removesuffix("/class"), "seed=1", password)
    server.says("computing")
    assert list(tmp_path.glob("afif-class-*"))
    check(server, signal.SIGTERM)
    assert not list(tmp_path.glob("afif-class-*"))


def test_a_page_that_keeps_the_loop_busy_does_not_delay_the_exit(
    start: Callable[..., Running],
) -> None:
    server = start(STUCK, *SERVE)
    threading.Thread(target=visit, args=(server.url, "seed=1"), daemon=True).start()
    server.says("computing")
    check(server, signal.SIGTERM)


@pytest.mark.parametrize(("signum", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_server_that_is_still_starting_ends_in_time(
    start: Callable[..., Running], signum: int, status: int
) -> None:
    check(start(WARMING, *SERVE, awaits="computing"), signum, status)
