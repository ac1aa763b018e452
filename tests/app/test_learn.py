"""The view Learn of the dashboard: its scenes are moved by hand there too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from afif_explorer.scenes import SCENES
from tests.helpers.pages import Dashboard
from tests.helpers.scenes import agrees, drag, first_line, handle, middle

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_points_are_dragged_in_the_dashboard(page: Page, app_url: str) -> None:
    page.set_viewport_size({"width": 1440, "height": 1000})
    visit = Dashboard(page, app_url).open()
    visit.turn_to("Learn")
    for key, name in (("guess", "point 3"), ("lever", "row")):
        page.get_by_role("button", name=SCENES[key].title).click()
        scene = page.locator(f'.scene[data-scene="{key}"][data-painted]')
        scene.locator("button.main").click()
        visit.at_rest(scene.locator(f'[data-grip="{name}"]'))
        grip = handle(page, key, name)
        before = first_line(page)
        drag(page, middle(grip), (45, 30))
        expect(scene.locator("tbody td.before").first).not_to_have_text(before[0])
        agrees(page)
