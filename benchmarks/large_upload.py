"""A table of 50 MB, uploaded to the dashboard while other visitors move their sliders, on this machine.

Somebody chooses a CSV file of the largest size and of nearly as many cells as a table may have in the
dialog "Use my own file", in a real Chromium. What is measured is the time from the choice until the first
rows are shown and until the whole table is, with everything that was noticed about its columns; the time of
the other visitors' sliders before and meanwhile; and the server's processor seconds.

Targets, on two cores: the first rows within 1 s, everything within 10 s, 95 % of the other visitors'
answers within 0.3 s meanwhile, no error.

Run ``python -m benchmarks.large_upload [--visitors N] [--uploads N] [--json FILE]``. The browser and the
visitors (see ``common/visitor.py``) are on the same processors as the server.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from playwright.sync_api import expect, sync_playwright
from tornado.httpclient import HTTPClientError
from tornado.websocket import WebSocketError

from afif_explorer.datasets.reading.table import MOST_BYTES
from afif_explorer.screens.files.own_table import FIRST_ROWS, OPEN
from benchmarks.common.crowd import middle, p95, tell
from benchmarks.common.visitor import PATIENCE, Fault, Visitor
from benchmarks.visitors import resident, worked
from tests.helpers.pages import Dashboard
from tests.plugins.browser import FLAGS, find_chromium
from tests.plugins.server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Page

TARGETS = {
    "first rows, max s": 1.0,
    "everything, max s": 10.0,
    "slider meanwhile, p95 s": 0.3,
    "errors": 0,
}
ROWS = 500_000
CALM = 20.0  # s in which only sliders move
SETTLED = 3.0  # s until an open dialog's parts are all there


POLLING = 30  # ms between two looks; `expect` looks at 0.35, 0.85 and 1.85 s
READS = """text => {
  const says = (one) => [...one.childNodes].some((part) => part.nodeType === 3 && part.data.startsWith(text))
  const reads = (root) => [...root.querySelectorAll("*")].some((one) =>
    says(one) || (one.shadowRoot && reads(one.shadowRoot)))
  return reads(document)
}"""


def table() -> bytes:
    """Numbers, amounts with thousands, percentages, days, labels and an identifier, 50 MB in all."""
    rng = np.random.default_rng(0)
    amounts = pd.Series(rng.uniform(1_000, 90_000, 9_000)).map("{:,.2f}".format)
    columns = {
        "customer_id": rng.permutation(ROWS) + 1_000_000,
        "opened": pd.Timestamp("2015-01-01") + pd.to_timedelta(rng.integers(0, 3000, ROWS), "D"),
        "age": rng.integers(18, 90, ROWS),
        "sex": rng.choice(["female", "male", "Female"], ROWS, p=[0.45, 0.5, 0.05]),
        "branch": rng.choice(
            [f"Office {i} of the upper and lower valley" for i in range(40)], ROWS
        ),
        "balance": amounts.to_numpy()[rng.integers(0, len(amounts), ROWS)],
        "used": [f"{share}%" for share in rng.integers(0, 101, ROWS)],
        "score": rng.normal(size=ROWS).round(6),
        "income": rng.lognormal(10, 0.5, ROWS).round(2),
        "defaulted": rng.choice(["no", "yes"], ROWS, p=[0.8, 0.2]),
    }
    content = pd.DataFrame(columns).to_csv(index=False).encode()
    return content[: content.rfind(b"\n", 0, MOST_BYTES) + 1]


def upload(page: Page, url: str, path: Path) -> tuple[float, float]:
    """Seconds from choosing a file until its first rows, and until all columns are shown."""
    Dashboard(page, url).open()
    page.get_by_role("button", name=OPEN).click()
    dialog = page.get_by_role("dialog")
    dialog.wait_for()
    page.wait_for_timeout(1000 * SETTLED)
    start = time.perf_counter()
    page.locator("input[type=file]").first.set_input_files(path)
    page.wait_for_function(READS, arg=FIRST_ROWS, polling=POLLING, timeout=1000 * PATIENCE)
    first = time.perf_counter() - start
    expect(dialog.locator(".afif-columns tbody th")).to_have_count(10, timeout=1000 * PATIENCE)
    return first, time.perf_counter() - start


def uploads(url: str, path: Path, count: int) -> list[tuple[float, float]]:
    """Several uploads, each on a page of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        found = []
        for _ in range(count):
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            found.append(upload(page, url, path))
            page.close()
        browser.close()
    return found


async def move(visitor: Visitor, pause: float, moves: list[tuple[float, float]]) -> None:
    """Move the slider again and again; ``moves``: when, and the seconds until the answer."""
    looks = random.Random(id(visitor))
    while True:
        await asyncio.sleep(looks.uniform(0.5, 1.5) * pause)
        start = time.perf_counter()
        moves.append((start, await visitor.move()))


async def measure(server: Server, options: argparse.Namespace) -> dict[str, Any]:
    """All results, in seconds."""
    visitors = [Visitor(server.url, number) for number in range(options.visitors)]
    for one in visitors:
        await one.arrive()
    moves: list[tuple[float, float]] = []
    moving = [asyncio.create_task(move(one, options.pause, moves)) for one in visitors]
    await asyncio.sleep(CALM)
    memory = resident(server)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.csv"
        path.write_bytes(await asyncio.to_thread(table))
        begun = time.perf_counter()
        before = worked(server)
        times = await asyncio.to_thread(uploads, server.url, path, options.uploads)
        size = path.stat().st_size
    spent = worked(server) - before
    wrong = await _stop(moving)
    for one in visitors:
        await one.leave()
    wrong += [line for line in server.lines if "Traceback" in line or "ERROR" in line]
    calm = [seconds for start, seconds in moves if start < begun]
    meanwhile = [seconds for start, seconds in moves if start >= begun]
    first, whole = zip(*times, strict=True)
    return {
        "size, MB": size / 1e6,
        "first rows, median s": middle([*first]),
        "first rows, max s": max(first),
        "everything, median s": middle([*whole]),
        "everything, max s": max(whole),
        "slider before, p95 s": p95(calm),
        "slider meanwhile, median s": middle(meanwhile),
        "slider meanwhile, p95 s": p95(meanwhile),
        "slider meanwhile, max s": max(meanwhile, default=float("nan")),
        "moves meanwhile": len(meanwhile),
        "server's processor s for an upload, with page and sliders": spent / len(times),
        "memory above start, MB": resident(server) - memory,
        "errors": len(wrong),
        "what went wrong": sorted(set(wrong)),
    }


async def _stop(moving: list[asyncio.Task[None]]) -> list[str]:
    """End the moves; what went wrong with them."""
    ended = [str(one.exception()) for one in moving if one.done()]
    for one in moving:
        one.cancel()
    found = await asyncio.gather(*moving, return_exceptions=True)
    lost = (Fault, OSError, HTTPClientError, WebSocketError)
    return ended + [str(one) for one in found if isinstance(one, lost)]


def main(arguments: list[str] | None = None) -> None:
    """Measure, print the table, write the JSON file if requested."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visitors", type=int, default=4)
    parser.add_argument("--uploads", type=int, default=3)
    parser.add_argument("--pause", type=float, default=1, help="mean seconds before each move")
    parser.add_argument("--json", type=Path, help="write all results to this file")
    options = parser.parse_args(arguments)
    tell(Server(), lambda server: measure(server, options), TARGETS, options.json)


if __name__ == "__main__":
    main()
