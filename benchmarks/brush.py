"""Frames of the dashboard while a hand draws a lasso over many rows, in a real Chromium without a GPU.

For each number of rows, a logistic regression with ten features is fitted and served (``ax.serve(fit)``).
Measured:

- the first figure, from opening the page, with the fit there (target for 1 000 000 rows: 3 s).
- the milliseconds that each move of the mouse keeps the page's thread busy, as Chromium counts them: the rows
  inside, the sums of their effects, plotly's own work, layout and paint (95th percentile; targets: 16 ms for
  50 000 rows, 33 ms for 1 000 000). Beside it the thread's processor time, to which other programs on the
  machine add less, and both for a hand that rests for as long: what the page does anyway, and the measurement
  itself. These are included in the figures of the moves.
- the seconds from letting go of a small lasso until the server's answer is on the page.

Run ``python -m benchmarks.brush [--rows N ...] [--moves N] [--json FILE]``.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.common import machine
from tests.helpers.pages import Dashboard
from tests.plugins.browser import FLAGS, find_chromium
from tests.plugins.server import Running

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser

TARGETS = {50_000: 16.0, 1_000_000: 33.0}  # ms, at most
PATIENCE = 300_000  # ms
SERVE = """
import numpy as np
import pandas as pd
import afif_explorer as ax

rng = np.random.default_rng(0)
X = rng.normal(size=({rows}, 10))
y = rng.random({rows}) < 1 / (1 + np.exp(-X @ rng.normal(size=10)))
frame = pd.DataFrame(X, columns=[f"x{{i}}" for i in range(10)]).assign(y=np.where(y, "yes", "no"))
ax.serve(ax.fit(ax.Dataset.from_frame(frame, target="y")), show=False)
"""
SMALL = 0.03  # radius of a lasso with few enough rows to be selected, as a share of the map
REDRAWING = 3000  # ms
CLOCKS = {"TaskDuration": "busy", "ThreadTime": "processor"}  # in the order of Chromium's list
SETTLING = 50  # ms until what a move has put off, plotly's throttled events among them, is done


def told(when: str, windows: list[np.ndarray]) -> dict[str, float]:
    """Median and 95th percentile of each clock, over some windows of time."""
    return {
        f"{clock} {when}, {name} ms": float(value)
        for clock, values in zip(CLOCKS.values(), np.array(windows).T, strict=True)
        for name, value in zip(("median", "p95"), np.quantile(values, (0.5, 0.95)), strict=True)
    }


def brush(browser: Browser, rows: int, moves: int) -> dict[str, Any]:
    """The figures for a data set of ``rows`` rows."""
    server = Running(code=SERVE.format(rows=rows))
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    try:
        began = time.perf_counter()
        visit = Dashboard(page, server.url)
        page.set_default_timeout(PATIENCE)
        page.goto(server.url)
        visit.plot("row_map").locator(".main-svg").first.wait_for()
        first = time.perf_counter() - began
        visit.wait()
        visit.drawn("row_map")
        visit.plot("row_map").evaluate("plot => plot.scrollIntoView({block: 'end'})")
        area = visit.canvas("row_map")
        live = visit.plot("row_map").locator(".afif-live")

        def place(turn: float, radius: float = 0.35) -> tuple[float, float]:
            right, down = 0.5 + radius * math.cos(turn), 0.5 + radius * math.sin(turn)
            return area["x"] + right * area["width"], area["y"] + down * area["height"]

        def draw(radius: float) -> None:
            page.mouse.move(*place(0, radius))
            page.mouse.down()
            for corner in range(1, 7):
                page.mouse.move(*place(corner, radius))

        draw(SMALL)
        for turn in range(600):  # until the effects are in the browser
            page.mouse.move(*place(6 + 0.0001 * turn, SMALL))
            if live.is_visible():
                break
            page.wait_for_timeout(200)
        since, small = visit.version("row_map"), live.inner_text()
        began = time.perf_counter()
        page.mouse.up()
        page.locator("b", has_text="Removing them").first.wait_for()
        answer = time.perf_counter() - began
        visit.redrawn("row_map", since)  # which would end the next lasso
        page.wait_for_timeout(REDRAWING)
        area = visit.canvas("row_map")  # the selection bar has grown
        page.mouse.move(*place(0))
        page.mouse.down()
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")

        def spent() -> np.ndarray:
            told = session.send("Performance.getMetrics")["metrics"]
            return 1000 * np.array([one["value"] for one in told if one["name"] in CLOCKS])

        def window(move: Callable[[], None]) -> np.ndarray:
            page.wait_for_timeout(SETTLING)
            before = spent()
            move()
            page.wait_for_timeout(SETTLING)
            return spent() - before

        busy, resting = [], []
        for turn in range(moves):
            to = place(2 * math.pi * (turn + 1) / moves)
            busy.append(window(partial(page.mouse.move, *to)))
            resting.append(window(lambda: None))
        words = live.inner_text()
        if words == small:
            raise RuntimeError("The map was drawn again while the lasso was; measure anew.")
        return {
            "rows": rows,
            "first figure, s": first,
            "moves": len(busy),
            **told("per move", busy),
            **told("at rest", resting),
            "answer, s": answer,
            "live": words,
        }
    finally:
        page.close()
        server.stop()


def main() -> None:
    """Print the figures, and write them to a file if asked to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rows", type=int, nargs="+", default=sorted(TARGETS))
    parser.add_argument("--moves", type=int, default=200)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        found = [brush(browser, rows, arguments.moves) for rows in arguments.rows]
        browser.close()
    for one in found:
        print(*(f"{name}: {value}" for name, value in one.items()), sep="\n", end="\n\n")
    if arguments.json:
        arguments.json.write_text(json.dumps({"machine": machine.facts(), "runs": found}, indent=2))


if __name__ == "__main__":
    main()
