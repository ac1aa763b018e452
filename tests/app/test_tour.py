"""The tour in a browser: offered once, taken by keyboard, beside a page that stays usable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from afif_explorer.screens.tour import LABEL, OFFER, ROWS, STEPS
from tests.helpers.axe import faults
from tests.helpers.pages import Dashboard

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

FOCUSED = """() => {
  let element = document.activeElement
  while (element.shadowRoot?.activeElement) element = element.shadowRoot.activeElement
  return element.localName
}"""


def note(page: Page) -> Locator:
    return page.get_by_role("region", name=LABEL, exact=True)


def offer(page: Page) -> Locator:
    return page.get_by_role("banner").get_by_role("button", name=OFFER)


@pytest.mark.timeout(600)
def test_it_is_taken_by_keyboard_up_to_the_truth(page: Page, app_url: str) -> None:
    visit = Dashboard(page, app_url).open(dataset="breast_cancer", strength=0.1)
    before = visit.headline()
    expect(note(page)).to_be_hidden()
    offer(page).focus()
    page.keyboard.press("Enter")
    expect(note(page)).to_contain_text(STEPS[0].text)
    expect(page.locator(".headline")).to_contain_text("Hiring")
    assert faults(page) == []
    for step in STEPS[1:4]:
        note(page).get_by_role("button", name="Next").press("Enter")
        expect(note(page)).to_contain_text(step.text)
    expect(page.locator(".afif-at-selection")).to_contain_text(f"{ROWS} rows")
    expect(page.locator(".afif-at-selection")).to_contain_text("lowers the demographic parity gap")
    note(page).get_by_role("button", name="Back").press("Enter")
    expect(note(page)).to_contain_text(STEPS[2].text)
    visit.turn_to("Diagnostics")  # the page stays usable
    for step in STEPS[3:6]:
        note(page).get_by_role("button", name="Next").press("Enter")
        expect(note(page)).to_contain_text(step.text)
        expect(page.locator(".afif-at-selection")).to_contain_text("rows selected")
    expect(page.locator(".afif-at-removed")).to_contain_text("Planted truth")
    expect(page.locator(".afif-at-selection")).to_contain_text("Retrained without them")
    note(page).get_by_role("button", name="Next").press("Enter")
    note(page).get_by_role("button", name="Done").press("Enter")
    expect(note(page)).to_be_hidden()
    assert page.evaluate(FOCUSED) == "main"
    expect(page.locator(".headline")).to_have_text(before)
    page.wait_for_url("**dataset=breast_cancer**strength=0.1**")


@pytest.mark.timeout(600)
def test_a_reload_interrupts_it_and_loses_nothing(page: Page, app_url: str) -> None:
    visit = Dashboard(page, app_url).open(dataset="breast_cancer", strength=0.1)
    before = visit.headline()
    offer(page).click()
    note(page).get_by_role("button", name="Next").click()
    expect(note(page)).to_contain_text(STEPS[1].text)
    page.wait_for_url("**dataset=hiring**target=demographic_parity**")
    page.reload()
    expect(note(page)).to_contain_text(STEPS[1].text)
    expect(page.locator(".headline")).to_contain_text("Hiring")
    note(page).get_by_role("button", name="Skip").click()
    expect(page.locator(".headline")).to_have_text(before)
    page.wait_for_url("**dataset=breast_cancer**")
    page.reload()
    expect(page.locator(".headline")).to_have_text(before)
    expect(note(page)).to_be_hidden()


@pytest.mark.timeout(600)
def test_once_skipped_it_comes_from_the_help_only(page: Page, app_url: str) -> None:
    visit = Dashboard(page, app_url).arrive()
    offer(page).click()
    page.keyboard.press("Escape")
    expect(note(page)).to_be_hidden()
    visit.arrive()
    expect(page.get_by_role("button", name="Help", exact=True)).to_be_visible()
    expect(offer(page)).to_have_count(0)
    expect(note(page)).to_be_hidden()
    page.get_by_role("button", name="Help", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name=OFFER).click()
    expect(note(page)).to_contain_text(STEPS[0].text)
    expect(page.get_by_role("dialog")).to_have_count(0)
    note(page).get_by_role("button", name="Skip").click()
    expect(note(page)).to_be_hidden()
    assert page.evaluate(FOCUSED) in ("main", "button")
