"""Draw the pictures of the documents from the running app: ``make screenshots``.

With ``ARGS=--every`` it also draws every view, light and dark, wide and on a phone, into a folder
that git ignores, for somebody to look at.
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

DOCUMENTS = ROOT / "docs" / "images"
LOOKED_AT = ROOT / "build" / "screenshots"
WIDE, PHONE = (1440, 900), (390, 844)
PATIENCE = 180_000  # milliseconds, for the first data set and a cold start


@dataclass(frozen=True)
class Shot:
    """One picture: where it goes, what is on it, and how large and dark it is."""

    path: Path
    spec: Spec
    size: tuple[int, int] = WIDE
    dark: bool = False


STORY = Spec(dataset="adult", target="demographic_parity", split="validation")
README = Shot(DOCUMENTS / "dashboard.png", STORY, size=(1440, 1130))


def every_view() -> list[Shot]:
    """All views in all looks."""
    return [
        Shot(LOOKED_AT / f"{view}-{size[0]}-{look}.png", STORY.replace(view=view), size, dark)
        for view in VIEWS
        for size in (WIDE, PHONE)
        for look, dark in (("light", False), ("dark", True))
    ]


def draw(browser: Browser, url: str, shot: Shot) -> None:
    """Open the page of ``shot``, wait until all work is done, and save what it shows."""
    context = browser.new_context(
        viewport={"width": shot.size[0], "height": shot.size[1]},
        color_scheme="dark" if shot.dark else "light",
    )
    page = context.new_page()
    page.goto(f"{url}/?{shot.spec.to_query()}")
    page.locator(".badge, .banner.error").first.wait_for(timeout=PATIENCE)
    if (failure := page.locator(".banner.error")).count():
        raise SystemExit(failure.first.inner_text())
    page.locator(".js-plotly-plot .main-svg").first.wait_for(timeout=PATIENCE)
    page.get_by_role("button", name="Cancel").wait_for(state="hidden", timeout=PATIENCE)
    page.wait_for_timeout(1500)  # animations and WebGL layers have no event that tells their end
    shot.path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=shot.path)
    context.close()
    print(shot.path.relative_to(ROOT))


def main() -> None:
    """Draw the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", action="store_true", help="every view in every look as well")
    shots = [README, *(every_view() if parser.parse_args().every else ())]
    path = find_chromium()
    server = Server()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
            for shot in shots:
                draw(browser, server.url, shot)
            browser.close()
    finally:
        server.stop()
    if "Traceback" in server.output:
        raise SystemExit(server.output)


if __name__ == "__main__":
    main()
