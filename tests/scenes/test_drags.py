"""Every scene by mouse: what is dragged changes, and the numbers with it, as the Python engine has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from afif_explorer.cli import main
from tests.helpers.pages import PATIENCE
from tests.helpers.scenes import (
    HANDLES,
    agrees,
    changes,
    drag,
    first_line,
    handle,
    middle,
    opened,
    told,
)

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
SIDEWAYS = {"dial"}


@pytest.mark.parametrize("key", HANDLES)
def test_a_drag_changes_the_numbers_to_those_of_python(
    page: Page, tmp_path: Path, key: str
) -> None:
    main(["scenes", str(tmp_path)])
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    page.set_viewport_size({"width": 1200, "height": 1000})
    page.goto((tmp_path / "scenes.html").as_uri())
    opened(page, key)
    for name, part in HANDLES[key]:
        found = handle(page, key, name)
        before, numbers = told(page, part), first_line(page)
        level = name in SIDEWAYS or found.evaluate("it => it.tagName === 'INPUT'")
        drag(page, middle(found), (70, 0) if level else (40, 25))
        assert changes(page, part, before), name
        expect(page.locator(".scene tbody td.true").first).not_to_have_text("fitting")
        assert first_line(page) != numbers, name
        agrees(page)
