"""Take the documentation's screenshots of the running app: ``make screenshots``.

With ``ARGS=--every`` it also saves every view, light and dark, on a wide screen and a phone, in a folder
that git ignores.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from afif_explorer.choices.views import VIEWS
from afif_explorer.spec import Spec
from tests.plugins.browser import FLAGS, find_chromium
from tests.plugins.server import ROOT, Server

IMAGES = ROOT / "docs" / "images"
EVERY_VIEW = ROOT / "build" / "screenshots"
WIDE, PHONE = (1440, 900), (390, 844)
TIMEOUT = 180_000  # ms; includes the first data set and a cold start


@dataclass(frozen=True)
class Shot:
    """One screenshot: file, page, viewport and theme."""

    path: Path
    spec: Spec
    size: tuple[int, int] = WIDE
    dark: bool = False


STORY = Spec(dataset="adult", target="demographic_parity", split="validation")
README = Shot(IMAGES / "dashboard.png", STORY, size=(1440, 1130))


def every_view() -> list[Shot]:
    """All views, in both themes and sizes."""
    return [
        Shot(EVERY_VIEW / f"{view}-{size[0]}-{theme}.png", STORY.replace(view=view), size, dark)
        for view in VIEWS
        for size in (WIDE, PHONE)
        for theme, dark in (("light", False), ("dark", True))
    ]


def take(browser: Browser, url: str, shot: Shot) -> None:
    """Open the page of ``shot``, wait until everything is computed, and save a screenshot."""
    context = browser.new_context(
        viewport={"width": shot.size[0], "height": shot.size[1]},
        color_scheme="dark" if shot.dark else "light",
    )
    page = context.new_page()
    page.goto(f"{url}/?{shot.spec.to_query()}")
    page.locator(".badge, .banner.error").first.wait_for(timeout=TIMEOUT)
    if (failure := page.locator(".banner.error")).count():
        raise SystemExit(failure.first.inner_text())
    page.locator(".js-plotly-plot .main-svg").first.wait_for(timeout=TIMEOUT)
    page.get_by_role("button", name="Cancel").wait_for(state="hidden", timeout=TIMEOUT)
    page.wait_for_timeout(1500)  # no event marks the end of animations and WebGL drawing
    shot.path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=shot.path)
    context.close()
    print(shot.path.relative_to(ROOT))


def main() -> None:
    """Take the screenshots."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--every", action="store_true", help="also every view in both themes and sizes"
    )
    shots = [README, *(every_view() if parser.parse_args().every else ())]
    path = find_chromium()
    server = Server()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
            for shot in shots:
                take(browser, server.url, shot)
            browser.close()
    finally:
        server.stop()
    if "Traceback" in server.output:
        raise SystemExit(server.output)


if __name__ == "__main__":
    main()
