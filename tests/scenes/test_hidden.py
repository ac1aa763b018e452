"""What the teachers' guide says that a link hides is hidden, and the guide leaves nothing out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from afif_explorer.cli import main
from afif_explorer.scenes import SCENES
from tests.helpers.pages import PATIENCE

if TYPE_CHECKING:
    from playwright.sync_api import Page

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "teaching" / "guide.md"
ROW = re.compile(r"^\| (`\w+`(?:, `\w+`)*) \| .+ \| ([\d, ]+|all|all but 10) \|$", re.MULTILINE)


def told() -> dict[str, set[str]]:
    """The names in the guide and the scenes that have them."""
    found = {}
    for names, scenes in ROW.findall(GUIDE.read_text(encoding="utf-8")):
        for name in re.findall(r"\w+", names):
            found[name] = set(re.findall(r"\d+", scenes)) if scenes[0] != "a" else {scenes}
    return found


def test_the_guide_names_every_control() -> None:
    controls = {
        one.name: {str(scene.order) for scene in SCENES.values() if one in scene.controls}
        for scene in SCENES.values()
        for one in scene.controls
    }
    controls["strength"] = {"7", "9"}  # two controls of one name
    expected = {"scenes": {"all"}, "bet": {"all"}, "row": {"all but 10"}}
    assert told() == expected | controls


@pytest.mark.browser
def test_a_link_hides_them(page: Page, tmp_path: Path) -> None:
    main(["scenes", str(tmp_path)])
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    file = (tmp_path / "scenes.html").as_uri()
    for scene in SCENES.values():
        page.goto("about:blank")
        page.goto(f"{file}#scene={scene.key}&hidden={','.join(told())}")
        article = page.locator(f'.scene[data-scene="{scene.key}"][data-painted]')
        expect(article.locator("button.main")).to_be_visible()
        expect(page.locator("nav")).to_be_hidden()
        for part in article.locator(".control, .answers").all():
            expect(part).to_be_hidden()
