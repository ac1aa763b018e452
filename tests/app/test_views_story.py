"""One session through the views of patterns, decisions and comparisons, in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.helpers.pages import PATIENCE, Dashboard

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.mark.timeout(600)
def test_a_pattern_a_person_and_two_strengths(page: Page, app_url: str) -> None:
    visit = Dashboard(page, app_url).open(view="patterns")
    visit.drawn("patterns")
    first = page.get_by_role("table").filter(has_text="Sum of effects").locator("tbody tr").first
    expect(first).to_contain_text("group = green", timeout=PATIENCE)
    page.get_by_role("button", name="Select its rows").click()
    expect(page.get_by_text("104 rows", exact=False).first).to_be_visible()

    visit.turn_to("Decisions")
    visit.drawn("decision_margins")
    page.get_by_role("combobox", name="Person").click()
    person = page.get_by_role("option", name="depends on 1 row").first
    visit.at_rest(person)
    person.click()
    expect(page.get_by_text("1 training row carries this decision")).to_be_visible()
    page.get_by_role("button", name="Retrain without them").click()
    expect(page.get_by_text("Retrained: the decision is")).to_be_visible(timeout=PATIENCE)

    visit.turn_to("Compare")
    page.get_by_role("button", name="Pin the present fit").click()
    visit.drawn("effect_comparison")
    page.wait_for_url("**baseline=hiring*")
    page.reload()
    visit.wait()
    visit.choose("Penalty", "No penalty")
    expect(page.get_by_text("Logistic regression, no penalty, AFIF", exact=False)).to_be_visible(
        timeout=PATIENCE
    )
    visit.drawn("effect_comparison")
