"""The first figures: part of the page, drawn before the rest, and kept in place."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import TimeoutError, expect

from afif_explorer.app.components.plot import Plot
from afif_explorer.script_data import in_script
from tests.helpers.pages import PATIENCE, Dashboard

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route


EARLY = "#afif-first-paint"


def figure(value: float, colour: str) -> dict[str, Any]:
    return {
        "data": [{"type": "bar", "y": [value]}],
        "layout": {"font": {"color": colour}},
        "head": None,
    }


@pytest.fixture
def plot(monkeypatch: pytest.MonkeyPatch) -> tuple[Plot, list[dict[str, Any]]]:
    """A plot whose figure went with the page, and what it sends from then on."""
    made, sent = Plot(figure_name="ranking", title="Rows"), []
    monkeypatch.setattr(made, "_send_msg", lambda text: sent.append(json.loads(text)))
    made.show(figure(1.0, "black"))
    made.first_paint(figure(1.0, "white"))
    return made, sent


@pytest.mark.parametrize(("scheme", "colour"), [("light", "black"), ("dark", "white")])
def test_what_the_page_has_drawn_is_not_sent_again(plot, scheme: str, colour: str) -> None:
    made, sent = plot
    made._handle_msg({"kind": "ready", "scheme": scheme})
    made.show(figure(1.0, colour))
    assert sent == []
    made.show(figure(2.0, colour))
    assert sent == [{"data": [{"set": {"y": [2.0]}}], "version": 2}]


def test_what_has_changed_meanwhile_is_sent(plot) -> None:
    made, sent = plot
    made.show(figure(2.0, "black"))
    made._handle_msg({"kind": "ready", "scheme": "light"})
    assert sent == [{"data": [{"set": {"y": [2.0]}}], "version": 2}]


@pytest.mark.parametrize("scheme", [None, "pink", 3, ["light"]])
def test_a_page_that_has_drawn_nothing_gets_all_of_it(plot, scheme: Any) -> None:
    made, sent = plot
    made._handle_msg({"kind": "ready", "scheme": scheme})
    assert [message["whole"]["data"] for message in sent] == [figure(1.0, "black")["data"]]


def test_no_text_ends_the_script_it_comes_in() -> None:
    text = "</script><!--<script>"
    assert "<" not in in_script([text])
    assert json.loads(in_script([text])) == [text]


def open_early(page: Page, app_url: str) -> list[Route]:
    """Go to a page with first figures and keep its other scripts away; returns the requests for them.

    A server that still works for other visitors sends a page without figures.
    """
    held: list[Route] = []
    page.route("**/panel.min.js*", lambda route: held.append(route))
    for _ in range(20):
        held.clear()
        page.goto(app_url, wait_until="commit")
        with suppress(TimeoutError):
            page.locator(f"{EARLY} .afif-plot").first.wait_for(state="attached", timeout=5000)
            return held
    raise AssertionError("no page had its first figures with it")


@pytest.mark.browser
def test_they_are_drawn_before_the_rest_has_come(page: Page, app_url: str) -> None:
    held = open_early(page, app_url)
    for name in ("row_map", "ranking"):
        drawing = page.locator(f'{EARLY} .afif-plot[data-figure="{name}"]')
        expect(drawing).to_have_attribute("data-drawn", "1", timeout=PATIENCE)
        expect(drawing.locator(".main-svg").first).to_be_visible()
    assert held
    for route in held:
        route.fallback()
    Dashboard(page, app_url).wait()


@pytest.mark.browser
def test_what_is_picked_before_the_rest_has_come_is_heard_then(page: Page, app_url: str) -> None:
    held = open_early(page, app_url)
    early = page.locator(f'{EARLY} .afif-plot[data-figure="ranking"]')
    expect(early).to_have_attribute("data-drawn", "1", timeout=PATIENCE)
    early.locator(".bars .point path").first.click(force=True, modifiers=["Shift"])
    for route in held:
        route.fallback()
    Dashboard(page, app_url).wait()
    expect(page.get_by_text("1 row selected")).to_be_visible(timeout=PATIENCE)


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_they_stay_and_go_to_their_place(page: Page, app_url: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    held = open_early(page, app_url)
    early = page.locator(f'{EARLY} .afif-plot[data-figure="ranking"]')
    early.evaluate("plot => { plot.dataset.same = 'yes' }")
    expect(early).to_have_attribute("data-drawn", "1", timeout=PATIENCE)
    for route in held:
        route.fallback()
    visit = Dashboard(page, app_url)
    visit.wait()
    expect(page.locator("#afif-first-paint")).to_have_count(0)
    visit.drawn("ranking")
    visit.rest()
    plot = visit.plot("ranking")
    expect(plot).to_have_attribute("data-same", "yes")
    expect(plot).to_have_attribute("data-drawn", "1")
    plot.locator(".bars .point path").first.click(force=True, modifiers=["Shift"])
    expect(page.get_by_text("1 row selected")).to_be_visible()
