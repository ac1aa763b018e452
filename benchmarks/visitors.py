"""Many visitors of the dashboard at once, on this machine.

Each loads the page with its files, waits for the first figure, then moves a slider or draws a box on the
map of the rows, waits for the answer, looks at it for some seconds, and goes on until the time is over.
Every move is one that the server has not computed before.

Targets for 50 visitors who arrive within 10 s, on two cores: every page within 30 s, 95 % of the answers
within 1 s, no error, no page with the settings of another visitor, less than 1.5 GB more than at the start.

Run ``python -m benchmarks.visitors [--visitors N] [--seconds S] [--json FILE]``. The visitors have no
browser (see ``common/visitor.py``) and run in this process, on the same processors as the server.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from tornado.httpclient import HTTPClientError
from tornado.websocket import WebSocketError

from benchmarks.common.crowd import middle, p95, tell
from benchmarks.common.visitor import Fault, Visitor
from tests.plugins.server import Server

TARGETS = {"page, max s": 30.0, "answer, p95 s": 1.0, "errors": 0, "memory above start, MB": 1500}
BRUSHES = 0.4  # of the moves
SETTLED = 5.0  # s after the last answer until the address is compared
ALONE, CALM = 8, 2.0  # visitors one at a time, and seconds until a page has followed an answer
ENDED = 100.0  # s after which the server has ended the sessions of pages that were closed


@dataclass
class Found:
    """What all visitors have measured, in seconds, and what went wrong."""

    pages: list[float] = field(default_factory=list)
    moves: list[float] = field(default_factory=list)
    brushes: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


async def visit(visitor: Visitor, after: float, options: argparse.Namespace, found: Found) -> None:
    """One visit, beginning ``after`` some seconds."""
    looks = random.Random(after)
    await asyncio.sleep(after)
    try:
        found.pages.append(await visitor.arrive())
        end = time.perf_counter() + options.seconds
        while time.perf_counter() < end:
            await asyncio.sleep(looks.uniform(0.5, 1.5) * options.pause)
            if looks.random() < BRUSHES:
                found.brushes.append(await visitor.brush())
            else:
                found.moves.append(await visitor.move())
        await asyncio.sleep(SETTLED)
        visitor.check()
    except (Fault, OSError, HTTPClientError, WebSocketError) as error:
        found.errors.append(str(error) or type(error).__name__)


def resident(server: Server) -> float:
    """The server's resident memory in MB, with its child processes."""
    process = psutil.Process(server.process.pid)
    processes = [process, *process.children(recursive=True)]
    return sum(one.memory_info().rss for one in processes) / 1e6


def worked(server: Server) -> float:
    """The server's processor seconds so far."""
    times = psutil.Process(server.process.pid).cpu_times()
    return times.user + times.system


async def costs(server: Server) -> dict[str, float]:
    """Processor seconds of the server for single visitors, which hardly depend on what else runs."""
    found: dict[str, list[float]] = {"page": [], "slider": [], "brush": []}
    for number in range(ALONE):
        visitor = Visitor(server.url, number)
        for what, act in zip(found, (visitor.arrive, visitor.move, visitor.brush), strict=True):
            before = worked(server)
            await act()
            await asyncio.sleep(CALM)
            found[what].append(worked(server) - before)
        await visitor.leave()
    return {f"{what}, processor s": middle(values) for what, values in found.items()}


async def measure(server: Server, options: argparse.Namespace) -> dict[str, Any]:
    """All visits, with the server's memory before, meanwhile and after."""
    found, start = Found(), resident(server)
    alone = await costs(server)
    visitors = [Visitor(server.url, number) for number in range(options.visitors)]
    visits = [
        asyncio.create_task(visit(one, options.arrival * i / len(visitors), options, found))
        for i, one in enumerate(visitors)
    ]
    memory = []
    while not all(one.done() for one in visits):
        memory.append(resident(server))
        await asyncio.wait(visits, timeout=1)
    await asyncio.gather(*visits)
    loaded = memory[min(len(memory) - 1, int(max([0.0, *found.pages]) + options.arrival))]
    end = resident(server)
    for one in visitors:
        await one.leave()
    await asyncio.sleep(options.ended)
    found.errors += [line for line in server.lines if "Traceback" in line or "ERROR" in line]
    answers = found.moves + found.brushes
    return alone | {
        "page, median s": middle(found.pages),
        "page, p95 s": p95(found.pages),
        "page, max s": max(found.pages, default=float("nan")),
        "answers": len(answers),
        "slider, median s": middle(found.moves),
        "slider, p95 s": p95(found.moves),
        "brush, median s": middle(found.brushes),
        "brush, p95 s": p95(found.brushes),
        "answer, p95 s": p95(answers),
        "answer, max s": max(answers, default=float("nan")),
        "errors": len(found.errors),
        "memory at the start, MB": start,
        "memory with all pages, MB": loaded,
        "memory at the end, MB": end,
        "memory above start, MB": max(memory) - start,
        f"memory {options.ended:g} s after all have left, MB": resident(server),
        "what went wrong": sorted(set(found.errors)),
    }


def main(arguments: list[str] | None = None) -> None:
    """Measure, print the table, write the JSON file if requested."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visitors", type=int, default=50)
    parser.add_argument("--arrival", type=float, default=10, help="seconds in which all arrive")
    parser.add_argument("--seconds", type=float, default=300, help="of activity after the page")
    parser.add_argument("--pause", type=float, default=4, help="mean seconds before each action")
    parser.add_argument("--ended", type=float, default=ENDED, help="seconds to wait at the end")
    parser.add_argument("--json", type=Path, help="write all results to this file")
    options = parser.parse_args(arguments)
    tell(Server(), lambda server: measure(server, options), TARGETS, options.json)


if __name__ == "__main__":
    main()
