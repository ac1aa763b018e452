"""Take the documentation's screenshots of the running app: ``make screenshots``.

The README's picture, and every view light, dark and on a phone. ``ARGS="--only points,learn"`` takes some of
the views only.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from afif_explorer.choices.views import VIEWS
from afif_explorer.spec import Spec
from tests.plugins.browser import FLAGS, find_chromium
from tests.plugins.server import ROOT, Server

IMAGES = ROOT / "docs" / "images"
VIEWS_AT = IMAGES / "views"
WIDE, PHONE = (1440, 1200), (390, 1200)
COLOURS = 256  # of a picture: a third of the bytes, and the eye sees no difference
TIMEOUT = 180_000  # ms; includes the first data set and a cold start


@dataclass(frozen=True)
class Shot:
    """One screenshot: file, page, viewport and theme."""

    path: Path
    spec: Spec
    size: tuple[int, int] = WIDE
    dark: bool = False


FORMS = {"light": (WIDE, False), "dark": (WIDE, True), "phone": (PHONE, False)}


STORY = Spec(dataset="adult", target="demographic_parity", split="validation")
PINNED = STORY.replace(strength=0.1).pinned()  # what the view Compare shows beside it
README = Shot(IMAGES / "dashboard.png", STORY, size=(1440, 1130))


def spec(view: str) -> Spec:
    """The story in another view."""
    return STORY.replace(view=view, baseline=PINNED)


def of_views(names: Sequence[str]) -> list[Shot]:
    """These views in all forms."""
    return [
        Shot(VIEWS_AT / f"{view}-{form}.png", spec(view), size, dark)
        for view in names
        for form, (size, dark) in FORMS.items()
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
    if shot.spec.view != "learn":
        page.locator(".js-plotly-plot .main-svg").first.wait_for(timeout=TIMEOUT)
    page.get_by_role("button", name="Cancel").wait_for(state="hidden", timeout=TIMEOUT)
    page.wait_for_timeout(4000)  # no event marks the end of animations and WebGL drawing
    shot.path.parent.mkdir(parents=True, exist_ok=True)
    whole = Image.open(BytesIO(page.screenshot()))
    whole.convert("RGB").quantize(COLOURS).save(shot.path, optimize=True)
    context.close()
    print(shot.path.relative_to(ROOT))


def main() -> None:
    """Take the screenshots."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", type=lambda text: text.split(","), help="names of views")
    only = parser.parse_args().only
    shots = of_views(only) if only else [README, *of_views(list(VIEWS))]
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
