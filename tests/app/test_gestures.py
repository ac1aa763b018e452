"""Mouse gestures and the header in a real browser: brushing, selecting, cancelling, exporting, logging in."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from playwright.sync_api import TimeoutError, expect

from afif_explorer import study
from afif_explorer.figures.points.row_map import map_places
from afif_explorer.spec import Spec
from afif_explorer.wording import count
from tests.helpers.figures import holds
from tests.helpers.pages import PATIENCE, Dashboard
from tests.plugins.server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.plugins.browser import Visit


def test_a_box_around_points_selects_their_rows(page: Page, app_url: str) -> None:
    visit = Dashboard(page, app_url).open()
    visit.drawn("row_map")
    plot = visit.plot("row_map")
    plot.hover()
    plot.locator('[data-val="select"]').click()
    area = visit.canvas("row_map")
    page.mouse.move(area["x"] + 0.3 * area["width"], area["y"] + 0.3 * area["height"])
    page.mouse.down()
    live = visit.plot("row_map").locator(".afif-live")
    for turn in range(120):  # the effects come while the hand draws
        right = 0.5 + 0.01 * (turn % 2)
        page.mouse.move(area["x"] + right * area["width"], area["y"] + 0.5 * area["height"])
        if live.is_visible():
            break
        page.wait_for_timeout(500)
    before = live.inner_text()
    page.mouse.move(area["x"] + 0.7 * area["width"], area["y"] + 0.7 * area["height"], steps=5)
    expect(live).not_to_have_text(before)
    words = unchanging(live)
    said = re.fullmatch(
        r"(\S+) rows\. Removing them would (lower|raise) the mean loss.* by [\d.]+\S* nats.*; "
        r"(lower|raise) the .*, by the sum of their single effects\.",
        words,
    )
    assert said, words
    drawing = plot.locator(".afif-drawing")  # does not draw its marks again for every move
    assert not any(drawing.evaluate("drawing => drawing.data.map(one => one.selectedpoints ?? [])"))
    page.mouse.up()
    expect(live).to_be_hidden()
    expect(page.locator("b", has_text=f"Removing them {said[2]}s")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text(f"{said[1]} rows selected").first).to_be_visible()
    page.get_by_role("button", name="Simulate removal").click()
    expect(page.get_by_role("tab", name="Unlearning and fairness")).to_have_attribute(
        "aria-selected", "true"
    )
    expect(page.get_by_text("training rows removed").first).to_be_visible(timeout=PATIENCE)


def unchanging(shown: Locator) -> str:
    """Its text, once it follows the mouse no more."""
    before, text = "", shown.inner_text()
    while text != before:
        shown.page.wait_for_timeout(1000)
        before, text = text, shown.inner_text()
    return text


REGION = """drawing => {
  window.regions = []
  drawing.on("plotly_selected", event => {
    if (event?.lassoPoints) window.regions.push([event.lassoPoints.x, event.lassoPoints.y])
  })
}"""
AROUND = [(0.2, 0.2), (0.5, 0.15), (0.8, 0.3), (0.6, 0.7), (0.3, 0.8), (0.45, 0.5)]


def lasso(visit: Dashboard, corners: list[tuple[float, float]]) -> None:
    """Draw around a part of the map; ``corners`` are shares of its width and height."""
    mouse, area = visit.page.mouse, visit.canvas("row_map")
    places = [
        (area["x"] + right * area["width"], area["y"] + down * area["height"])
        for right, down in corners
    ]
    mouse.move(*places[0])
    mouse.down()
    for place in [*places[1:], places[0]]:
        mouse.move(*place, steps=8)
    mouse.up()


def count_selected(page: Page, rows: int) -> None:
    words = re.compile(rf"{count(rows)} rows\s+selected")
    expect(page.get_by_text(words).first).to_be_visible(timeout=PATIENCE)


@pytest.mark.timeout(600)
def test_a_lasso_selects_all_rows_in_it(page: Page, data_home: Path, app_url: str) -> None:
    """The map of Adult draws a tenth of its rows."""
    visit = Dashboard(page, app_url).open(dataset="adult")
    [drawn] = [trace for trace in visit.drawn("row_map") if trace["name"] == "rows"]
    points = study.points(Spec(dataset="adult"))
    assert len(drawn["ids"]) < len(points.ids) / 5
    visit.plot("row_map").locator(".afif-drawing").evaluate(REGION)
    visit.rest()
    since = visit.version("row_map")
    lasso(visit, AROUND)
    page.wait_for_function("() => window.regions.length > 0")
    [[x, y]] = page.evaluate("() => window.regions")
    inside = [holds(px, py, x, y) for px, py in zip(*map_places(points)[1:], strict=True)]
    assert sum(inside) > 2 * len(drawn["ids"])
    count_selected(page, sum(inside))
    visit.redrawn("row_map", since)  # a redraw would end the next lasso
    lasso(visit, [(0.003, 0.003), (0.997, 0.003), (0.997, 0.997), (0.003, 0.997)])
    count_selected(page, len(points.ids))


def test_a_second_lasso_adds_with_shift_and_takes_away_with_alt(page: Page, app_url: str) -> None:
    visit = Dashboard(page, app_url).open()
    visit.drawn("row_map")
    visit.rest()

    def draw(left: float, right: float, top: float, key: str = "") -> set[int]:
        since = visit.version("row_map")
        if key:
            page.keyboard.down(key)
        lasso(visit, [(left, top), (right, top), (right, 1 - top), (left, 1 - top)])
        if key:
            page.keyboard.up(key)
        visit.redrawn("row_map", since)
        [ring] = [trace for trace in visit.drawn("row_map") if trace["name"] == "selected rows"]
        return set(ring["ids"])

    first = draw(0.3, 0.5, top=0.3)
    both = draw(0.6, 0.8, top=0.3, key="Shift")
    assert first < both
    left = draw(0.25, 0.55, top=0.1, key="Alt")
    assert left == both - first
    for rows, keys in ((both, "Control+z"), (first, "Control+z"), (both, "Control+Shift+z")):
        page.keyboard.press(keys)
        count_selected(page, len(rows))
    page.get_by_role("button", name="Undo").click()
    count_selected(page, len(first))


def test_a_points_tooltip_rounds_its_effect(page: Page, app_url: str) -> None:
    visit = Dashboard(page, app_url).open()
    visit.drawn("row_map")
    drawing = visit.plot("row_map").locator(".afif-drawing")
    drawing.evaluate("drawing => Plotly.Fx.hover(drawing, [{curveNumber: 0, pointNumber: 5}])")
    words = drawing.locator(".hovertext").text_content() or ""
    assert re.search(r"Row \d+.*[-−]?[\d.]{1,5}[mµn]?\xa0nats if removed", words, re.DOTALL)


def test_a_click_in_lissas_map_sets_scale_and_depth(page: Page, app_url: str) -> None:
    visit = Dashboard(page, app_url).open(view="lissa")
    visit.drawn("lissa_map")
    since = visit.version("lissa_map")
    for _ in range(
        12
    ):  # plotly clicks what it hovers, and forgets that when a figure is drawn again
        visit.hover("lissa_map", 0.6, 0.4)
        page.mouse.down()
        page.mouse.up()
        with suppress(TimeoutError):
            page.wait_for_url(re.compile(r"scale=\d.*depth=\d"), timeout=4000)
            break
    visit.redrawn("lissa_map", since)
    page.wait_for_url(re.compile(r"scale=\d.*depth=\d"))
    page.get_by_role("button", name="Set both automatically").click()
    page.wait_for_url(re.compile(r"scale=&depth=&"))


def test_long_work_can_be_cancelled_and_taken_up_again(page: Page, app_url: str) -> None:
    visit = Dashboard(page, app_url).open(model="mlp", hidden=2, view="agreement")
    visit.drawn("agreement")
    check = page.get_by_role("button", name="Check by retraining")
    check.click()
    page.get_by_role("button", name="Cancel").click()
    expect(check).to_be_enabled(timeout=PATIENCE)
    expect(page.get_by_role("button", name="Try again")).to_be_hidden()  # nothing shown is missing
    visit.turn_to("Influential points")
    visit.drawn("row_map")
    visit.turn_to("Fisher vs Hessian")
    check.click()
    visit.drawn("verification")


def test_the_rows_and_a_report_can_be_taken_away(page: Page, app_url: str, tmp_path: Path) -> None:
    Dashboard(page, app_url).open().drawn("row_map")
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as rows:
        page.get_by_role("button", name="All rows with their effects").click()
    rows.value.save_as(tmp_path / "rows.csv")
    table = pd.read_csv(tmp_path / "rows.csv")
    assert len(table) > 100
    assert table.filter(like="effect if removed").notna().all(axis=None)
    with page.expect_download() as report:
        page.get_by_role("button", name="Report with all figures").click()
    report.value.save_as(tmp_path / "report.html")
    reader = page.context.new_page()
    reader.goto((tmp_path / "report.html").as_uri())
    expect(reader.locator("h1")).to_contain_text("mean loss")
    expect(reader.locator("body")).to_contain_text("Hiring")
    expect(reader.locator(".js-plotly-plot .main-svg").first).to_be_visible()


def test_a_failed_export_is_reported_and_a_file_can_be_downloaded_twice(
    page: Page, app_url: str
) -> None:
    Dashboard(page, app_url).open().drawn("row_map")
    page.get_by_role("button", name="Export").click()
    page.get_by_role("button", name="Remaining training rows").click()
    expect(page.get_by_role("alert")).to_contain_text("Open Unlearning and fairness first")
    for _ in range(2):
        with page.expect_download():
            page.get_by_role("button", name="All rows with their effects").click()
    expect(page.get_by_role("alert")).to_have_count(0)


TIPS = """root => {
  const found = []
  const search = (place) => {
    for (const element of place.querySelectorAll("*")) {
      if (element.classList.contains("MuiTooltip-popper")) found.push(element)
      if (element.shadowRoot) search(element.shadowRoot)
    }
  }
  search(document)
  return found.map((tip) => {
    const {left, right, top, bottom} = tip.getBoundingClientRect()
    return {left, right, top, bottom, events: getComputedStyle(tip).pointerEvents}
  })
}"""


@pytest.mark.parametrize("name", ["Copy a link to this view", "Export", "Copy as Python", "Help"])
def test_a_tooltip_covers_no_button_and_takes_no_click(page: Page, app_url: str, name: str) -> None:
    visit = Dashboard(page, app_url).open()
    visit.drawn("row_map")
    visit.rest()
    page.get_by_role("button", name=name).hover()
    page.wait_for_function(f"({TIPS})().length === 1")
    page.wait_for_timeout(500)  # it grows
    [tip] = page.evaluate(TIPS)
    assert tip["events"] == "none"
    for button in page.get_by_role("button").all():
        area = button.bounding_box()
        if area is not None:
            beside = area["x"] >= tip["right"] or area["x"] + area["width"] <= tip["left"]
            apart = area["y"] >= tip["bottom"] or area["y"] + area["height"] <= tip["top"]
            assert beside or apart, button.get_attribute("aria-label")


def test_the_verdict_stands_on_the_page_once(page: Page, app_url: str) -> None:
    visit = Dashboard(page, app_url).open(view="unlearning")
    visit.drawn("metrics_change")
    drawing = visit.plot("metrics_change").locator(".afif-drawing")
    expect(page.get_by_text("Removing 1.4 % of the rows")).to_have_count(1)
    expect(page.get_by_text("of 1 400 training rows removed")).to_have_count(1)
    drawing.evaluate(
        "drawing => { window.saved = []; window.asked = []; "
        "Plotly.downloadImage = (f, how) => { saved.push(f); asked.push(how) } }"
    )
    visit.plot("metrics_change").hover()
    for kind in ("PNG", "SVG"):
        visit.plot("metrics_change").locator(f'[data-title$="{kind}"]').click()
    picture = page.evaluate("() => saved[0].layout.title.text.replaceAll('<br>', ' ')")
    assert "Removing 1.4" in picture
    day = datetime.now(UTC).date().isoformat()
    assert "Logistic regression on Hiring with planted unfair labels" in picture
    assert f"AFIF explorer, {day}" in picture
    files = page.evaluate("() => asked.map(({filename, format}) => `${filename}.${format}`)")
    name = f"hiring-with-planted-unfair-labels-logistic-regression-metrics_change-{day}"
    assert files == [f"{name}.png", f"{name}.svg"]


def test_an_unconverged_lissa_is_reported_beside_each_figure(page: Page, app_url: str) -> None:
    visit = Dashboard(page, app_url).open(solver="lissa", depth=10)
    warned = {
        "Influential points": ("row_map", "ranking"),
        "Fisher vs Hessian": ("agreement",),
        "LiSSA lab": ("lissa_error",),
        "Unlearning and fairness": ("metrics_change", "sweep"),
    }
    for view, names in warned.items():
        visit.turn_to(view)
        for name in names:
            visit.drawn(name)
            warning = visit.plot(name).locator(".afif-warning")
            expect(warning).to_contain_text("10 steps")
            expect(warning).to_contain_text("raise the depth to")
    visit.turn_to("Cross-validation")
    expect(page.get_by_text("the choice of solver does not matter here")).to_be_visible()


def test_after_a_divergence_figures_say_what_mends_it(page: Page, app_url: str) -> None:
    visit = Dashboard(page, app_url).open(solver="lissa", scale="0.001")
    visit.turn_to("LiSSA lab")
    visit.drawn("lissa_map")
    visit.turn_to("Influential points")
    for name in ("row_map", "ranking", "effect_distribution"):
        expect(visit.plot(name)).to_contain_text("set the scale to")
    expect(page.get_by_text("appear here once the model is trained")).to_have_count(0)


def test_a_password_opens_the_page_and_another_does_not(page: Page, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("open sesame\n")
    server = Server("--password-file", str(secret))
    try:
        page.goto(server.url)
        page.get_by_label("Name").fill("anybody")
        page.get_by_label("Password").fill("guess")
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("alert")).to_be_visible()
        page.get_by_label("Name").fill("anybody")
        page.get_by_label("Password").fill("open sesame")
        page.get_by_role("button", name="Log in").click()
        Dashboard(page, server.url).drawn("row_map")
        page.goto("about:blank")
    finally:
        server.stop()


def test_a_lost_server_is_reported(page: Page, visit: Visit) -> None:
    server = Server()
    try:
        visited = Dashboard(page, server.url).open()
        visited.drawn("row_map")
        visited.rest()  # or it is still loading scripts
    finally:
        server.stop()
    expect(page.get_by_role("alert")).to_contain_text("The connection to the dashboard was lost")
    expect(page.get_by_role("button", name="Reload")).to_be_visible()
    told = (
        "ebsocket",
        "WebSocket",
        "Failed to load resource",
    )  # it asks now and then for the server
    assert all(any(word in error for word in told) for error in visit.errors)
    visit.errors.clear()  # the browser's own words for it
