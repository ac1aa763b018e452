"""The page in a real browser: hostile data, bad links and files, theme, keyboard, phone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.helpers.pages import PATIENCE, Dashboard

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
VIEWS = (
    "Influential points",
    "Patterns",
    "Decisions",
    "Unlearning and fairness",
    "Fisher vs Hessian",
    "LiSSA lab",
    "Cross-validation",
    "Diagnostics",
    "Compare",
)
ATTACK = "<img src=x onerror=window.__xss=1>"


POINTS = ("row_map", "ranking", "effect_distribution")
BELOW = """plots => plots.slice(1).every((plot, i) =>
  plot.getBoundingClientRect().top >= plots[i].getBoundingClientRect().bottom)"""

SITS_IN = """element => {
  for (let at = element; at; at = at.parentNode || at.host)
    if (at.host === undefined && getComputedStyle(at).position === "sticky")
      return {position: "sticky", height: at.getBoundingClientRect().height}
  return {}
}"""


def shows_a_figure(page: Page, view: str) -> None:
    """Wait for the first figure of a view; nothing is compared before a fit is pinned."""
    state = "empty" if view == "Compare" else "ready"
    expect(page.locator(f'.afif-plot[data-state="{state}"]:visible').first).to_be_visible()


def upload(page: Page, path: Path) -> None:
    page.get_by_role("button", name="Use my own file").click()
    page.get_by_role("dialog").wait_for()
    page.wait_for_timeout(1000)  # nobody has a file ready before the dialog stands still
    page.locator("input[type=file]").first.set_input_files(path)


def test_text_from_data_is_never_run(page: Page, app_url: str, tmp_path: Path) -> None:
    """A file whose every text is an attack visits every view."""
    canary = tmp_path / f"{ATTACK.replace('/', '')}.csv"
    head = f"{ATTACK}age,{ATTACK}group,{ATTACK}kind,{ATTACK}hired\n"
    rows = (
        f"{18 + i % 50},{ATTACK}{'ab'[i % 2]},{ATTACK}{'xyz'[i % 3]},{ATTACK}{(i * 7 % 11) < 5}\n"
        for i in range(300)
    )
    canary.write_text(head + "".join(rows))
    visit = Dashboard(page, app_url).open()
    upload(page, canary)
    page.get_by_text("300 rows and 4 columns were read").wait_for()
    page.get_by_role("button", name="Use this table").click()
    expect(page.locator(".headline")).to_contain_text("210 rows", timeout=PATIENCE)
    for view in VIEWS:
        visit.turn_to(view)
        shows_a_figure(page, view)
        page.wait_for_timeout(500)
        assert page.evaluate("window.__xss") is None, view
    visit.turn_to(VIEWS[0])
    # The table follows the figures, and makes its rows more than once.
    visit.stays(page.locator(".tabulator-cell", has_text="False").first).click()
    expect(page.locator(".values").first).to_contain_text(ATTACK)
    assert page.evaluate("window.__xss") is None


def test_the_notes_of_reading_stand_beside_the_data_set(
    page: Page, data_home: Path, app_url: str, tmp_path: Path
) -> None:
    table = tmp_path / "table.csv"
    rows = (
        f"{i % 50 if i % 9 else ''},1,{i % 50},{'<b>x</b>yz'[i % 3]},{(i * 7 % 11) < 5}"
        for i in range(300)
    )
    table.write_text("\n".join(["age,<i>same</i>,weight,kind,hired", *rows]))
    visit = Dashboard(page, app_url).open()
    notes = page.locator(".afif-notes")
    expect(notes).to_contain_text("labelled rejected")
    upload(page, table)
    page.get_by_text("300 rows and 5 columns were read").wait_for()
    page.get_by_role("button", name="Use this table").click()
    expect(page.locator(".headline")).to_contain_text("table.csv", timeout=PATIENCE)
    expect(notes).to_contain_text("filled with")
    expect(notes).to_contain_text("<i>same</i>")
    assert notes.locator("i").count() == 0
    visit.choose("Data set", "Communities and Crime")
    summary = page.locator(".afif-notes > summary")
    expect(summary).to_contain_text("4 notes on the data", timeout=PATIENCE)
    expect(notes.locator("li").first).to_be_hidden()
    summary.focus()
    page.keyboard.press("Enter")
    expect(notes.locator("li")).to_have_count(4)
    expect(notes.locator("li").last).to_be_visible()


def test_unreadable_parts_of_a_link_are_reported(page: Page, app_url: str) -> None:
    Dashboard(page, app_url).open(seed="many", nonsense=1, strength="0.01")
    banner = page.locator(".banner", has_text="Parts of the link were ignored")
    expect(banner).to_contain_text("'nonsense' in the link is not a choice")
    expect(banner).to_contain_text("'seed' in the link cannot be 'many'")
    expect(page.locator(".headline")).to_contain_text("ridge 0.01")


def test_an_unknown_data_set_is_reported_and_the_page_still_works(page: Page, app_url: str) -> None:
    visit = Dashboard(page, app_url)
    page.goto(f"{app_url}/?dataset=nowhere")
    page.get_by_text("Error", exact=True).wait_for()
    page.get_by_role("combobox", name="Data set").click()
    page.get_by_role("option", name="Breast cancer (Wisconsin)").click()
    visit.wait()
    expect(page.locator(".headline")).to_contain_text("Breast cancer", timeout=PATIENCE)


@pytest.mark.parametrize(
    ("content", "says"),
    [("", "empty"), ("PK\x03\x04 no table", "a zip archive"), ("a,b\n1,2\n1,2,3\n", "Line 3")],
)
def test_an_unreadable_file_is_reported(
    page: Page, app_url: str, tmp_path: Path, content: str, says: str
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text(content or " ")
    Dashboard(page, app_url).open()
    upload(page, bad)
    expect(page.locator(".banner.error")).to_contain_text(says, timeout=PATIENCE)


def test_the_figures_follow_the_theme_and_it_is_remembered(page: Page, app_url: str) -> None:
    visit = Dashboard(page, app_url).open()
    visit.drawn("row_map")
    since = visit.version("row_map")
    page.get_by_role("button", name="Toggle theme").click()
    visit.redrawn("row_map", since)
    ink = "drawing => drawing.layout.hoverlabel.font.color"
    assert visit.plot("row_map").locator(".afif-drawing").evaluate(ink) == "#f1f3f5"
    page.reload()
    visit.wait()
    visit.drawn("row_map")
    expect(page.locator(".mui-dark").first).to_be_attached()


def test_everything_is_reached_with_the_keyboard(page: Page, app_url: str) -> None:
    visit = Dashboard(page, app_url).open()
    visit.drawn("row_map")
    page.get_by_role("tab", name=VIEWS[0]).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", name=VIEWS[1])).to_have_attribute("aria-selected", "true")
    seen = set()
    page.get_by_role("button", name="Close drawer").focus()
    for _ in range(60):
        seen.add(page.evaluate(FOCUSED))
        page.keyboard.press("Tab")
    assert {"Data set", "Use my own file", "Model", "Penalty", "Target"} <= seen


def test_the_open_view_is_explained(page: Page, app_url: str) -> None:
    visit = Dashboard(page, app_url).open()
    visit.drawn("row_map")
    visit.turn_to("LiSSA lab")
    visit.drawn("lissa_map")
    page.get_by_role("button", name="About: this view").click()
    expect(page.get_by_role("dialog")).to_contain_text("What do scale and depth do")


def test_a_laptop_shows_the_tabs_of_all_views(page: Page, app_url: str) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    Dashboard(page, app_url).open()
    last = page.get_by_role("tab").last
    expect(last).to_have_text("Learn", timeout=PATIENCE)
    expect(last).to_be_in_viewport(ratio=1)


def test_no_figure_lies_over_another_on_a_phone(page: Page, app_url: str) -> None:
    page.set_viewport_size({"width": 390, "height": 700})
    visit = Dashboard(page, app_url).open()
    visit.drawn("row_map")
    visit.drawn("ranking")
    page.wait_for_function(BELOW, arg=[visit.plot(name).element_handle() for name in POINTS])


def test_a_phone_shows_it_without_scrolling_sideways(page: Page, app_url: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    visit = Dashboard(page, app_url).open()
    visit.drawn("row_map")
    for view in VIEWS:
        visit.turn_to(view)
        shows_a_figure(page, view)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.locator(".main-content").evaluate("e => e.scrollWidth - e.clientWidth") == 0


def test_a_phone_keeps_the_selection_bar_in_sight_at_its_upper_edge(
    page: Page, app_url: str
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    visit = Dashboard(page, app_url).open()
    visit.drawn("row_map")
    page.locator(".main-content").evaluate("e => e.scrollTo(0, 1500)")
    told = page.get_by_text("No rows selected.")
    expect(told).to_be_in_viewport()
    bar = told.evaluate(SITS_IN)
    assert bar["position"] == "sticky"
    assert bar["height"] <= 0.15 * 844 + 1
    page.get_by_role("button", name="Find rows", exact=True).click()
    expect(page.get_by_role("button", name="Add condition")).to_be_visible()
    assert 0.15 * 844 < told.evaluate(SITS_IN)["height"] <= 0.6 * 844 + 1


def test_a_bar_that_is_clicked_is_selected_everywhere(page: Page, app_url: str) -> None:
    visit = Dashboard(page, app_url).open()
    bars = visit.drawn("ranking")
    visit.rest()
    since = visit.version("row_map")
    visit.plot("ranking").locator(".bars .point path").first.click(force=True, modifiers=["Shift"])
    visit.redrawn("row_map", since)
    [ring] = [trace for trace in visit.drawn("row_map") if trace["name"] == "selected rows"]
    assert len(ring["ids"]) == 1
    assert ring["ids"][0] in {row for trace in bars for row in trace["ids"]}
    expect(page.get_by_text("1 row selected")).to_be_visible()
    card = page.get_by_role("heading", name=f"Row {ring['ids'][0]}", exact=True)
    expect(card).to_be_visible()


FOCUSED = """() => {
  let element = document.activeElement
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement
  const label = element?.getAttribute("aria-labelledby")
  const named = label && element.getRootNode().getElementById(label)
  return (named?.innerText ?? element?.getAttribute("aria-label") ?? element?.innerText ?? "")
    .split("\\n").filter(line => line.trim() && !/^[a-z_]+$/.test(line))[0]?.trim() ?? ""
}"""
