"""Start-up time: imports, the server, and the first page in a real Chromium.

- ``import afif_explorer`` relative to ``import torch``, each in fresh processes (target: at most 1.5 times).
- the server, from the command to its first response, without its imports (target: 3 s).
- the first figures of the default data set, from opening the page (target: 2 s).
- from the command to the complete page including its controls, without the imports (target: 5 s).

Run ``python -m benchmarks.startup [--runs N] [--no-browser] [--json FILE]``. The file system's cache is warm:
the first run of each measurement is discarded.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.app_latency import DRAWN, VIEWS
from benchmarks.common import machine
from tests.helpers.pages import Dashboard
from tests.plugins.browser import FLAGS, find_chromium
from tests.plugins.server import ROOT, Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser

TOTAL = "command to complete page, s"
TARGETS = {
    "import, times torch": 1.5,
    "server after imports, s": 3.0,
    "first plots, s": 2.0,
    TOTAL: 5.0,
}
IMPORTS = {
    "python": "pass",
    "torch": "import torch",
    "afif_explorer": "import afif_explorer",
    # As the command imports it.
    "dashboard": "from afif_explorer.collector import lasting\nwith lasting(): import afif_explorer.app",
}


def process_seconds(code: str) -> float:
    """Seconds of a fresh interpreter that runs ``code``."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    return time.perf_counter() - began


def import_seconds(runs: int) -> dict[str, float]:
    """Median seconds of each import, without the interpreter's own start."""
    times: dict[str, list[float]] = {name: [] for name in IMPORTS}
    for run in range(runs + 1):
        for name, code in IMPORTS.items():  # interleaved, so that all have the same load
            seconds = process_seconds(code)
            if run:
                times[name].append(seconds)
    medians = {name: statistics.median(found) for name, found in times.items()}
    bare = medians.pop("python")
    return {name: seconds - bare for name, seconds in medians.items()}


def server_seconds(runs: int) -> float:
    """Median seconds from the command to the first response of a fresh server."""
    times = []
    for run in range(runs + 1):
        began = time.perf_counter()
        server = Server()
        try:
            with urllib.request.urlopen(server.url, timeout=60) as answer:
                answer.read()
            if run:
                times.append(time.perf_counter() - began)
        finally:
            server.stop()
    return statistics.median(times)


def visit_seconds(browser: Browser) -> dict[str, float]:
    """Seconds from opening the page of a fresh server until the first figures are drawn, and all of it."""
    server = Server()
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    visit = Dashboard(page, server.url)
    try:
        began = time.perf_counter()
        page.goto(server.url, wait_until="commit")
        for figure in VIEWS[0][1]:
            plot = visit.plot(figure).element_handle()
            page.wait_for_function(DRAWN.format(since=0), arg=plot)
        drawn = time.perf_counter() - began
        visit.wait()
        page.locator("#afif-first-paint").wait_for(state="detached")
        return {"first plots, s": drawn, "complete page, s": time.perf_counter() - began}
    finally:
        page.close()
        server.stop()


def in_browser(runs: int) -> dict[str, float]:
    """Medians of :func:`visit_seconds`."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        times = [visit_seconds(browser) for _ in range(runs)]
        browser.close()
    return {name: statistics.median(visit[name] for visit in times) for name in times[0]}


def measure(runs: int, *, browser: bool) -> dict[str, Any]:
    """All results."""
    imports, server = import_seconds(runs), server_seconds(runs)
    found = {
        "import, times torch": imports["afif_explorer"] / imports["torch"],
        "server after imports, s": server - imports["dashboard"],
    }
    if browser:
        found |= in_browser(runs)
        found[TOTAL] = found["server after imports, s"] + found["complete page, s"]
    return {
        "machine": machine.facts(),
        "imports, s": imports,
        "server, s": server,
        "found": found,
        "targets": TARGETS,
    }


def table(found: dict[str, Any]) -> str:
    """The results as a Markdown table."""
    lines = ["| quantity | measured | target, at most |", "| --- | ---: | ---: |"]
    lines += [
        f"| {name} | {value:.2f} | {TARGETS.get(name, '')} |"
        for name, value in found["found"].items()
    ]
    lines += [
        f"| import {name}, s | {value:.2f} | |" for name, value in found["imports, s"].items()
    ]
    lines.append(f"| command to first response, s | {found['server, s']:.2f} | |")
    lines.append("\n" + ", ".join(f"{name}: {value}" for name, value in found["machine"].items()))
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """Measure, print the table, write the JSON file if requested."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--no-browser", action="store_true", help="skip the page in the browser")
    parser.add_argument("--json", type=Path, help="write all results to this file")
    chosen = parser.parse_args(arguments)
    found = measure(chosen.runs, browser=not chosen.no_browser)
    print(table(found))
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
