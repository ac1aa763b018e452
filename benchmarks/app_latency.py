"""Latency of the dashboard on Adult, measured in a real Chromium.

Two measurements, with their targets:

- end to end (at most 5 s): from choosing Adult on an open page until three views are drawn: model
  training, the effects of all 30 162 rows, Fisher against Hessian, the removal of 100 rows. The data
  files are on disk; every run has a fresh server with an empty cache.
- a move of LiSSA's depth slider (median at most 100 ms, 95th percentile 250 ms): from the event to the
  first frame after the last figure of the view was redrawn.

Also measured, without a target: the server's response time for another visitor's page, idle and while
it computes Adult.

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

TARGETS = {  # at most, in seconds
    "end to end": {"median": 5.0},
    "slider move": {"median": 0.1, "p95": 0.25},
}
VIEWS = (
    ("Influential points", ("row_map", "ranking")),
    ("Fisher vs Hessian", ("agreement", "spectra")),
    ("Unlearning and fairness", ("metrics_change", "sweep")),
)
# Evaluated once per frame. (Playwright's own locators would inspect the whole page each time, which
# costs the page a second in total.)
DRAWN = "plot => plot.dataset.state === 'ready' && Number(plot.dataset.version) > {since}"
# Resolves with the seconds from the event to the frame after both figures have been redrawn.
MOVE = """async ([plots, slider]) => {
  const from = plots.map(plot => plot.dataset.version)
  const start = performance.now()
  const changed = plot => plot.dataset.version !== from[plots.indexOf(plot)]
  const drawn = new Promise(resolve => {
    const check = () => plots.every(changed) && resolve()
    plots.forEach(plot => new MutationObserver(check).observe(plot, {attributes: true}))
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


def end_to_end(browser: Browser) -> float:
    """Seconds from choosing Adult until the third view is drawn, on a fresh server."""
    server = Server()
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    try:
        visit = Dashboard(page, server.url).arrive()
        visit.drawn("row_map")
        page.get_by_role("combobox", name="Data set").click()
        choice = page.get_by_role("option", name="Adult (census income)", exact=True)
        choice.wait_for()
        start = time.perf_counter()
        since = visit.version("row_map")
        choice.click()
        for view, figures in VIEWS:
            page.get_by_role("tab", name=view, exact=True).click()
            for figure in figures:
                plot = visit.plot(figure).element_handle()
                drawn = DRAWN.format(since=since if figure == "row_map" else 0)
                page.wait_for_function(drawn, arg=plot)
        return time.perf_counter() - start
    finally:
        page.close()
        server.stop()


def slider_moves(browser: Browser, moves: int) -> list[float]:
    """Seconds from a move of the depth slider until both figures are redrawn, for each of ``moves``."""
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
    """The server's response time for a new visitor's page with settings in its address."""
    began = time.perf_counter()
    with urllib.request.urlopen(f"{url}/?{query}", timeout=60) as answer:
        answer.read()
    return time.perf_counter() - began


def other_visitors(times: int = 3) -> dict[str, float]:
    """Median response time for another visitor's page: idle, and while Adult is being computed."""
    server = Server()
    try:
        page_seconds(server.url)  # warm-up
        idle = [page_seconds(server.url) for _ in range(times)]
        page_seconds(server.url, "dataset=adult&view=unlearning")  # starts seconds of work
        busy = [page_seconds(server.url) for _ in range(times)]
    finally:
        server.stop()
    return {"while idle": statistics.median(idle), "while computing": statistics.median(busy)}


def machine(browser: Browser) -> dict[str, Any]:
    """What the results depend on besides the code."""
    return {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
        "chromium": browser.version,
        "webgl": "software" if "--use-angle=swiftshader" in FLAGS else "hardware",
    }


def measure(runs: int, moves: int) -> dict[str, Any]:
    """All results, in seconds."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        facts = machine(browser)
        durations = [end_to_end(browser) for _ in range(runs)]
        times = slider_moves(browser, moves)
        browser.close()
    return {
        "machine": facts,
        "end to end": {"median": statistics.median(durations), "all": durations},
        "slider move": {
            "median": statistics.median(times),
            "p95": statistics.quantiles(times, n=20)[-1],
            "all": times,
        },
        "another visitor's page": other_visitors(),
        "targets": TARGETS,
    }


def table(found: dict[str, Any]) -> str:
    """The results as a Markdown table."""
    lines = ["| seconds | measured | target, at most |", "| --- | ---: | ---: |"]
    for what, limits in TARGETS.items():
        for which, limit in limits.items():
            lines.append(f"| {what} on Adult, {which} | {found[what][which]:.3f} | {limit:.3f} |")
    others = "another visitor's page"
    lines += [f"| {others} {when} | {value:.3f} | |" for when, value in found[others].items()]
    lines.append("\n" + ", ".join(f"{name}: {value}" for name, value in found["machine"].items()))
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """Measure, print the table, write the JSON file if requested."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        epilog="docs/speed.md lists the other benchmarks, each with its command.",
    )
    parser.add_argument(
        "--runs", type=int, default=3, help="runs from end to end, each on a fresh server"
    )
    parser.add_argument("--moves", type=int, default=40, help="moves of the slider")
    parser.add_argument("--json", type=Path, help="write all results to this file")
    options = parser.parse_args(arguments)
    try:
        load_dataset("adult")  # downloaded before anything is timed
    except DownloadError as error:
        parser.exit(2, f"{error}\n")
    found = measure(options.runs, options.moves)
    print(table(found))
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
