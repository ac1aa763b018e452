"""A real Chromium that can reach only this machine.

``page`` is a fresh visitor. When its test ends, requests to anywhere else and errors in the console
fail the test, unless the test took them out of ``visit`` because they were what it asked for.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--no-sandbox",  # Chromium refuses to start as root with its sandbox
    "--disable-dev-shm-usage",  # containers give /dev/shm too little room
    "--use-angle=swiftshader",  # WebGL without a graphics card
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1", None)  # None: data:, blob: and about: have no host


@dataclass
class Visit:
    """What went wrong while a page was open."""

    blocked: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def find_chromium() -> str | None:
    """The browser to use: ``AFIF_BROWSER``, one on the path, or the one that playwright fetched."""
    if chosen := os.environ.get("AFIF_BROWSER"):
        return chosen
    on_the_path = filter(None, map(shutil.which, NAMES))
    return next(filter(_starts, on_the_path), None) or _playwright_chromium()


def _starts(path: str) -> bool:
    """False for the signpost to a snap that Ubuntu's package puts in Chromium's place."""
    return subprocess.run([path, "--version"], capture_output=True).returncode == 0


def _playwright_chromium() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def is_local(url: str) -> bool:
    return urlsplit(url).hostname in LOCAL_HOSTS


# One browser a module, not one a run: while playwright is open no other event loop can run in this
# process, and notebook and server tests need theirs.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, without a window."""
    from playwright.sync_api import sync_playwright

    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium here; `make test` brings one, or name one in AFIF_BROWSER")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture
def visit() -> Visit:
    """The list of blocked requests and console errors of this test's ``page``."""
    return Visit()


@pytest.fixture
def page(browser: Browser, visit: Visit) -> Iterator[Page]:
    """An empty page of 1440 by 900 pixels in a context of its own."""
    with visiting(browser, visit) as opened:
        yield opened


@contextmanager
def visiting(browser: Browser, visit: Visit) -> Iterator[Page]:
    """A fresh visitor's page; what went wrong on it fails at its end."""

    def guard(route: Route) -> None:
        if is_local(route.request.url):
            route.continue_()
        else:
            visit.blocked.append(route.request.url)
            route.abort()

    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.route("**/*", guard)
    page = context.new_page()
    page.on("console", lambda note: note.type == "error" and visit.errors.append(note.text))
    page.on("pageerror", lambda error: visit.errors.append(str(error)))
    page.on("websocket", lambda ws: is_local(ws.url) or visit.blocked.append(ws.url))
    yield page
    context.close()
    assert not visit.blocked, f"requests that left this machine: {visit.blocked}"
    assert not visit.errors, f"errors in the browser's console: {visit.errors}"
