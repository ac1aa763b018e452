"""How long people wait in the dashboard on Adult, measured in a real Chromium.

Two figures, each with what the project promises:

- the whole way (at most 5 s): from picking Adult on an open page to three views drawn: the model
  trained, the effect of all 30 162 rows, Fisher against Hessian, the removal of 100 rows. The data
  files are on disk; the server is a fresh one each time, so that nothing is computed yet.
- a move of LiSSA's depth slider (at most 100 ms, and 250 ms for 95 of 100): from the key to the first
  frame after the last figure of the view was redrawn.

Beside them, without a promise: how long the server takes for another visitor's page, at rest and while
it works Adult out.

Run ``python -m benchmarks.app_latency [--runs N] [--moves N] [--json FILE]``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

from afif_explorer import load_dataset
from afif_explorer.errors import DownloadError
from tests.helpers.pages import Dashboard
from tests.plugins.browser import FLAGS, find_chromium
from tests.plugins.server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PROMISED = {  # seconds
    "whole way": {"median": 5.0},
    "slider move": {"median": 0.1, "p95": 0.25},
}
VIEWS = (
    ("Influential points", ("row_map", "ranking")),
    ("Fisher vs Hessian", ("agreement", "spectra")),
    ("Unlearning and fairness", ("metrics_change", "sweep")),
)
# Looked at once a frame. (Playwright's own waiting for a state describes the whole page each time,
# which takes a second of the page's time in all.)
DRAWN = "plot => plot.dataset.state === 'ready' && Number(plot.dataset.version) > {since}"
# Resolves two frames after both figures have been redrawn, with the time since the key.
MOVE = """async ([plots, slider]) => {
  const from = plots.map(plot => plot.dataset.version)
  const start = performance.now()
  const changed = plot => plot.dataset.version !== from[plots.indexOf(plot)]
  const drawn = new Promise(resolve => {
    const look = () => plots.every(changed) && resolve()
    plots.forEach(plot => new MutationObserver(look).observe(plot, {attributes: true}))
  })
  const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set
  set.call(slider, Number(slider.value) + Number(slider.step) * window.afifStep)
  window.afifStep *= -1
  slider.dispatchEvent(new Event("change", {bubbles: true}))
  await drawn
  await new Promise(resolve => requestAnimationFrame(() => {
    const {port1, port2} = new MessageChannel()
    port1.onmessage = resolve
    port2.postMessage(null)
  }))
  return (performance.now() - start) / 1000
}"""


def whole_way(browser: Browser) -> float:
    """Seconds from picking Adult to the third view drawn, on a fresh server."""
    server = Server()
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    try:
        visit = Dashboard(page, server.url).open()
        visit.drawn("row_map")
        page.get_by_role("combobox", name="Data set").click()
        choice = page.get_by_role("menuitem", name="Adult (census income)", exact=True)
        choice.wait_for()
        start = time.perf_counter()
        since = visit.version("row_map")
        choice.click()
        for view, figures in VIEWS:
            visit.turn_to(view)
            for figure in figures:
                plot = visit.plot(figure).element_handle()
                drawn = DRAWN.format(since=since if figure == "row_map" else 0)
                page.wait_for_function(drawn, arg=plot)
        return time.perf_counter() - start
    finally:
        page.close()
        server.stop()


def slider_moves(browser: Browser, moves: int) -> list[float]:
    """Seconds from a move of the depth slider to both figures redrawn, for each of ``moves``."""
    server = Server()
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    try:
        visit = Dashboard(page, server.url).open(dataset="adult", solver="lissa", depth=500)
        figures = ("row_map", "ranking")
        for figure in figures:
            visit.drawn(figure)
        slider = page.get_by_role("slider", name="LiSSA depth").element_handle()
        plots = [visit.plot(figure).element_handle() for figure in figures]
        page.evaluate("window.afifStep = 5")
        times = []
        for _ in range(moves + 2):  # the first two warm up
            times.append(page.evaluate(MOVE, [plots, slider]))
            page.wait_for_timeout(200)
        return times[2:]
    finally:
        page.close()
        server.stop()


def page_seconds(url: str, query: str = "seed=1") -> float:
    """Seconds that the server takes for the page of a new visitor, who comes with a choice."""
    began = time.perf_counter()
    with urllib.request.urlopen(f"{url}/?{query}", timeout=60) as answer:
        answer.read()
    return time.perf_counter() - began


def other_visitors(times: int = 3) -> dict[str, float]:
    """Median seconds for another visitor's page: at rest, and while Adult is worked out for one."""
    server = Server()
    try:
        page_seconds(server.url)  # the first takes longer
        rest = [page_seconds(server.url) for _ in range(times)]
        page_seconds(server.url, "dataset=adult&view=unlearning")  # begins seconds of work
        busy = [page_seconds(server.url) for _ in range(times)]
    finally:
        server.stop()
    return {"at rest": statistics.median(rest), "while it works": statistics.median(busy)}


def machine(browser: Browser) -> dict[str, Any]:
    """What the figures depend on beside the code."""
    return {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
        "chromium": browser.version,
        "webgl": "software" if "--use-angle=swiftshader" in FLAGS else "hardware",
    }


def measure(runs: int, moves: int) -> dict[str, Any]:
    """All figures, in seconds."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        facts = machine(browser)
        ways = [whole_way(browser) for _ in range(runs)]
        times = slider_moves(browser, moves)
        browser.close()
    return {
        "machine": facts,
        "whole way": {"median": statistics.median(ways), "all": ways},
        "slider move": {
            "median": statistics.median(times),
            "p95": statistics.quantiles(times, n=20)[-1],
            "all": times,
        },
        "another visitor's page": other_visitors(),
        "promised": PROMISED,
    }


def table(found: dict[str, Any]) -> str:
    """The figures as people read them."""
    lines = ["| seconds | found | promised at most |", "| --- | ---: | ---: |"]
    for what, limits in PROMISED.items():
        for which, limit in limits.items():
            lines.append(f"| {what} on Adult, {which} | {found[what][which]:.3f} | {limit:.3f} |")
    others = "another visitor's page"
    lines += [f"| {others} {when} | {value:.3f} | |" for when, value in found[others].items()]
    lines.append("\n" + ", ".join(f"{name}: {value}" for name, value in found["machine"].items()))
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """Measure, print the table, write the JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3, help="fresh servers for the whole way")
    parser.add_argument("--moves", type=int, default=40, help="moves of the slider")
    parser.add_argument("--json", type=Path, help="where to write all figures")
    options = parser.parse_args(arguments)
    try:
        load_dataset("adult")  # before browsers wait for it
    except DownloadError as error:
        parser.exit(2, f"{error}\n")
    found = measure(options.runs, options.moves)
    print(table(found))
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
