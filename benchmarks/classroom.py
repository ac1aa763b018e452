"""A class at once, on this machine: students join, bet, and use the dashboard.

All students log in and load their page of scenes with its scripts at the same moment and keep it open. Then
each bets while the others wait, and after that all bet together; what is measured is the time until the
teacher's page is told. At last each opens the dashboard, moves its slider and draws on its map.

Targets for 30 students on two cores: the scenes are loaded within 10 s, a bet is on the teacher's page
within 1 s, 95 % of the dashboard's answers come within 1 s.

Run ``python -m benchmarks.classroom [--students N] [--seconds S] [--json FILE]``. The students have no
browser: scripts are loaded and not run. They are on the same processors as the server.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from tornado.simple_httpclient import SimpleAsyncHTTPClient

from afif_explorer.app.server.serve import free_port
from benchmarks.common.crowd import middle, p95, tell
from benchmarks.common.visitor import PATIENCE, Visitor
from benchmarks.visitors import Found, visit
from tests.plugins.server import Running

TARGETS = {"scenes, max s": 10.0, "bet, max s": 1.0, "all bets, s": 1.0, "slider, p95 s": 1.0}
FILES = re.compile(r'"(?:/class/files|\.)/([a-z.]+)"')
SCENE, CHOICES = "lever", 3


class Client:
    """Somebody in the class, with the cookies of a browser."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.cookies: dict[str, str] = {}
        self._client = SimpleAsyncHTTPClient(force_instance=True, max_clients=6)
        self._stream: asyncio.StreamWriter | None = None
        self.loaded = 0  # bytes

    @property
    def cookie(self) -> str:
        """The header that says who this is."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    async def ask(self, path: str, **request: Any) -> str:
        """The text at ``path`` of the server; its cookies are kept."""
        headers = {"Cookie": self.cookie, **request.pop("headers", {})}
        wait = {"request_timeout": PATIENCE, "connect_timeout": PATIENCE, "follow_redirects": False}
        answer = await self._client.fetch(
            self.url + path, headers=headers, raise_error=False, **wait, **request
        )
        if answer.code >= 400:
            raise RuntimeError(f"{path}: status {answer.code}")
        for line in answer.headers.get_list("Set-Cookie"):
            name, _, value = line.split(";")[0].partition("=")
            self.cookies[name] = value
        self.loaded += len(answer.body)
        return answer.body.decode(errors="replace")

    async def join(self, password: str) -> float:
        """Log in and load the scenes; returns the seconds until everything is there."""
        start = time.perf_counter()
        await self.ask("/login", method="POST", body=urlencode({"password": password}))
        await self.load("/class/")
        return time.perf_counter() - start

    async def load(self, path: str) -> None:
        """Load a page and, one after the other as they are named, its style sheet and scripts."""
        wanted, known = [path], {path}
        while wanted:
            texts = await asyncio.gather(*map(self.ask, wanted))
            named = {f"/class/files/{name}" for text in texts for name in FILES.findall(text)}
            wanted = sorted(named - known)
            known |= named

    async def bet(self, value: int) -> None:
        """Bet on a scene."""
        told = json.dumps({"scene": SCENE, "kind": "bet", "value": value})
        kind = {"Content-Type": "application/json"}
        await self.ask("/class/choose", method="POST", body=told, headers=kind)

    async def listen(self, path: str) -> None:
        """Keep a stream of news open."""
        place = urlsplit(self.url)
        reader, self._stream = await asyncio.open_connection(place.hostname, place.port)
        head = f"GET {path} HTTP/1.0\r\nHost: {place.netloc}\r\nCookie: {self.cookie}\r\n\r\n"
        self._stream.write(head.encode())
        self._reading = asyncio.create_task(self._read(reader))

    async def hear(self, news: dict[str, Any]) -> None:
        """What the server tells in the stream."""

    async def _read(self, reader: asyncio.StreamReader) -> None:
        async for line in reader:
            if line.startswith(b"data: "):
                await self.hear(json.loads(line.removeprefix(b"data: ")))

    async def leave(self) -> None:
        """Close the stream."""
        self._client.close()
        if self._stream is not None:
            self._reading.cancel()
            self._stream.close()


class Teacher(Client):
    """The teacher's page: how many bets it was told of, and when."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._seen = 0
        self._news = asyncio.Condition()

    async def hear(self, news: dict[str, Any]) -> None:
        async with self._news:
            self._seen = sum(news["counts"].get(SCENE, {}).get("bet", {}).values())
            self._news.notify_all()

    async def sees(self, bets: int) -> None:
        """Wait until so many bets are there."""
        async with self._news, asyncio.timeout(PATIENCE):
            await self._news.wait_for(lambda: self._seen == bets)


async def measure(server: Running, options: argparse.Namespace) -> dict[str, Any]:
    """All results, in seconds."""
    said = re.sub(r"//[^:/]+:", "//127.0.0.1:", server.output)
    password = re.search(r"Password: (\S+)", said)[1]  # type: ignore[index]
    url, key = re.search(r"For you: (\S+)/class/teacher\?key=(\S+)", said).groups()  # type: ignore[union-attr]
    teacher = Teacher(url)
    await teacher.ask(f"/class/teacher?key={key}")
    await teacher.listen("/class/teacher/news")
    students = [Client(url) for _ in range(options.students)]
    scenes = await asyncio.gather(*(one.join(password) for one in students))
    for one in students:
        await one.listen("/class/news")
    await asyncio.sleep(1)
    bets = []
    for number, one in enumerate(students):
        start = time.perf_counter()
        await one.bet(number % CHOICES)
        await teacher.sees(number + 1)
        bets.append(time.perf_counter() - start)
    kind = {"Content-Type": "application/json"}
    clear = json.dumps({"scene": SCENE})
    await teacher.ask("/class/clear", method="POST", body=clear, headers=kind)
    await teacher.sees(0)
    start = time.perf_counter()
    await asyncio.gather(*(one.bet(0) for one in students))
    await teacher.sees(len(students))
    together = time.perf_counter() - start
    found = await dashboards(url, students, options)
    for one in (*students, teacher):
        await one.leave()
    return {
        "scenes, median s": middle(scenes),
        "scenes, max s": max(scenes),
        "scenes, MB each": min(one.loaded for one in students) / 1e6,
        "bet, median s": middle(bets),
        "bet, max s": max(bets),
        "all bets, s": together,
        "dashboard, median s": middle(found.pages),
        "dashboard, max s": max(found.pages, default=float("nan")),
        "slider, median s": middle(found.moves),
        "slider, p95 s": p95(found.moves),
        "brush, p95 s": p95(found.brushes),
        "errors": len(found.errors),
        "what went wrong": sorted(set(found.errors)),
    }


async def dashboards(url: str, students: list[Client], options: argparse.Namespace) -> Found:
    """The dashboard of every student, opened within some seconds."""
    found = Found()
    visitors = [Visitor(url, i, cookie=one.cookie) for i, one in enumerate(students)]
    after = [options.arrival * i / len(visitors) for i in range(len(visitors))]
    await asyncio.gather(
        *(visit(one, when, options, found) for one, when in zip(visitors, after, strict=True))
    )
    for one in visitors:
        await one.leave()
    return found


def main(arguments: list[str] | None = None) -> None:
    """Measure, print the table, write the JSON file if requested."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, default=30)
    parser.add_argument("--arrival", type=float, default=30, help="seconds to open the dashboards")
    parser.add_argument("--seconds", type=float, default=60, help="of activity on the dashboard")
    parser.add_argument("--pause", type=float, default=4, help="mean seconds before each action")
    parser.add_argument("--json", type=Path, help="write all results to this file")
    options = parser.parse_args(arguments)
    server = Running("class", "--port", str(free_port("0.0.0.0")), awaits=r"For you: \S+\s")
    tell(server, lambda server: measure(server, options), TARGETS, options.json)


if __name__ == "__main__":
    main()
