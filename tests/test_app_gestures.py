"""What people do with the mouse and the header, in a real browser: brush, pick, cancel, take away, log in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from playwright.sync_api import expect

from tests.app_pages import PATIENCE, Dashboard
from tests.plugins.server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Page

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
    page.mouse.move(area["x"] + 0.7 * area["width"], area["y"] + 0.7 * area["height"], steps=5)
    page.mouse.up()
    expect(page.get_by_text("their effects on the")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="See them removed").click()
    expect(page.get_by_role("tab", name="Unlearning and fairness")).to_have_attribute(
        "aria-selected", "true"
    )
    expect(page.get_by_text("training rows removed").first).to_be_visible(timeout=PATIENCE)


def test_a_point_tells_its_effect_in_few_digits(page: Page, app_url: str) -> None:
    visit = Dashboard(page, app_url).open()
    visit.drawn("row_map")
    drawing = visit.plot("row_map").locator(".afif-drawing")
    drawing.evaluate("drawing => Plotly.Fx.hover(drawing, [{curveNumber: 0, pointNumber: 5}])")
    words = drawing.locator(".hovertext").text_content() or ""
    assert re.search(r"Row \d+.*[-−]?[\d.]{1,5}[mµn]?\xa0nats if left out", words, re.DOTALL)


def test_a_click_in_lissas_map_sets_scale_and_depth(page: Page, app_url: str) -> None:
    visit = Dashboard(page, app_url).open(view="lissa")
    visit.drawn("lissa_map")
    area = visit.canvas("lissa_map")
    since = visit.version("lissa_map")
    page.mouse.move(area["x"] + 0.6 * area["width"], area["y"] + 0.4 * area["height"])
    # Plotly clicks what it hovers.
    expect(visit.plot("lissa_map").locator(".hoverlayer .hovertext")).to_be_visible()
    page.mouse.down()
    page.mouse.up()
    visit.redrawn("lissa_map", since)
    page.wait_for_url(re.compile(r"scale=\d.*depth=\d"))
    page.get_by_role("button", name="Set both automatically").click()
    page.wait_for_url(re.compile(r"scale=&depth=&"))


def test_long_work_can_be_cancelled_and_taken_up_again(page: Page, app_url: str) -> None:
    visit = Dashboard(page, app_url).open(model="mlp", view="agreement")
    visit.drawn("agreement")
    check = page.get_by_role("button", name="Check by retraining")
    check.click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Try again")).to_be_visible(timeout=PATIENCE)
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
    assert table.filter(like="effect if left out").notna().all(axis=None)
    with page.expect_download() as report:
        page.get_by_role("button", name="Report with all figures").click()
    report.value.save_as(tmp_path / "report.html")
    reader = page.context.new_page()
    reader.goto((tmp_path / "report.html").as_uri())
    expect(reader.locator("h1")).to_contain_text("Hiring")
    expect(reader.locator(".js-plotly-plot .main-svg").first).to_be_visible()


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


def test_a_server_that_went_away_is_told(page: Page, visit: Visit) -> None:
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
