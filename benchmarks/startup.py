"""How long people wait before the first figure: imports, the server, the first page in a real Chromium.

- ``import afif_explorer`` beside ``import torch``, each in fresh processes (promised: at most 1.5 times).
- the dashboard from the command to its first answer, less its imports (promised: 3 s).
- the figures of the default data set, from opening the page (promised: 2 s more).
- from the command to the whole page, its controls too, less the imports (promised: both together, 5 s).

Run ``python -m benchmarks.startup [--runs N] [--no-browser] [--json FILE]``. Files of the system's cache are
warm: the first run of everything is thrown away.
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

TOGETHER = "start to the whole page, s"
PROMISED = {
    "import, times torch": 1.5,
    "server after imports, s": 3.0,
    "first plots, s": 2.0,
    TOGETHER: 5.0,
}
IMPORTS = {
    "python": "pass",
    "torch": "import torch",
    "afif_explorer": "import afif_explorer",
    # As the command does it.
    "dashboard": "from afif_explorer.collector import lasting\nwith lasting(): import afif_explorer.app",
}


def process_seconds(code: str) -> float:
    """Seconds of a fresh interpreter that runs some code."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    return time.perf_counter() - began


def import_seconds(runs: int) -> dict[str, float]:
    """Median seconds of each import, the interpreter's own start taken off."""
    times: dict[str, list[float]] = {name: [] for name in IMPORTS}
    for run in range(runs + 1):
        for name, code in IMPORTS.items():  # in turn, so that all see the same load
            seconds = process_seconds(code)
            if run:
                times[name].append(seconds)
    medians = {name: statistics.median(found) for name, found in times.items()}
    bare = medians.pop("python")
    return {name: seconds - bare for name, seconds in medians.items()}


def server_seconds(runs: int) -> float:
    """Median seconds from the command to the first answer of a fresh server."""
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
    """Seconds from opening the page of a fresh server to its first figures drawn, and to all of it."""
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
        return {"first plots, s": drawn, "whole page, s": time.perf_counter() - began}
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
    """All figures."""
    imports, server = import_seconds(runs), server_seconds(runs)
    found = {
        "import, times torch": imports["afif_explorer"] / imports["torch"],
        "server after imports, s": server - imports["dashboard"],
    }
    if browser:
        found |= in_browser(runs)
        found[TOGETHER] = found["server after imports, s"] + found["whole page, s"]
    return {
        "machine": machine.facts(),
        "imports, s": imports,
        "server, s": server,
        "found": found,
        "promised": PROMISED,
    }


def table(found: dict[str, Any]) -> str:
    """The figures as people read them."""
    lines = ["| what | found | promised at most |", "| --- | ---: | ---: |"]
    lines += [
        f"| {name} | {value:.2f} | {PROMISED.get(name, '')} |"
        for name, value in found["found"].items()
    ]
    lines += [
        f"| import {name}, s | {value:.2f} | |" for name, value in found["imports, s"].items()
    ]
    lines.append(f"| command to first answer, s | {found['server, s']:.2f} | |")
    lines.append("\n" + ", ".join(f"{name}: {value}" for name, value in found["machine"].items()))
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """Measure, print the table, write the JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--no-browser", action="store_true", help="leave the first plots out")
    parser.add_argument("--json", type=Path, help="where to write all figures")
    chosen = parser.parse_args(arguments)
    found = measure(chosen.runs, browser=not chosen.no_browser)
    print(table(found))
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
