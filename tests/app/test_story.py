"""A typical session of the dashboard in a real browser, on real data, up to a shared link."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.helpers.pages import PATIENCE, Dashboard

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
GAP = "Demographic parity gap, probabilities"


def test_the_default_opens_with_nothing_from_elsewhere(page: Page, app_url: str) -> None:
    visit = Dashboard(page, app_url).arrive()
    assert "Hiring" in visit.headline()
    expect(
        page.get_by_text("Which training rows made this model unfair?", exact=True)
    ).to_be_visible()
    expect(page.get_by_text("Without the 20 rows that raise it most")).to_be_visible()
    [rows] = [trace for trace in visit.drawn("row_map") if trace["name"] == "rows"]
    assert len(rows["ids"]) == 1400
    assert len(set(rows["ids"])) == 1400


@pytest.mark.timeout(600)
def test_adult_from_choosing_it_to_the_same_view_again(
    page: Page, data_home: Path, app_url: str
) -> None:
    visit = Dashboard(page, app_url).open()
    visit.choose("Data set", "Adult (census income)")
    expect(page.locator(".headline")).to_contain_text("Adult", timeout=PATIENCE)
    visit.wait()
    expect(page.locator(".facts")).to_contain_text("Converged", timeout=PATIENCE)
    _read_the_map(visit)

    visit.choose("Solver", "LiSSA")
    for name in ("LiSSA depth", "LiSSA scale"):
        _move(visit, name)

    visit.turn_to("Fisher vs Hessian")
    _read_the_agreement(visit)

    visit.choose("Solver", "Direct (Cholesky)")
    visit.choose("Target", "Demographic parity gap")
    visit.turn_to("Unlearning and fairness")
    before, predicted, retrained = _remove_and_retrain(visit)
    assert predicted < before
    assert retrained < before
    assert abs(predicted - retrained) < 0.1 * (before - retrained)

    headline, metrics = visit.headline(), visit.metrics()
    page.wait_for_url("**target=demographic_parity**")
    page.reload()
    visit.wait()
    expect(page.get_by_role("tab", name="Unlearning and fairness")).to_have_attribute(
        "aria-selected", "true"
    )
    expect(page.locator(".headline")).to_have_text(headline, timeout=PATIENCE)
    expect(page.get_by_role("table", name="On the test rows")).to_be_visible(timeout=PATIENCE)
    assert {name: cells[:2] for name, cells in visit.metrics().items()} == {
        name: cells[:2] for name, cells in metrics.items()
    }


def _read_the_map(visit: Dashboard) -> None:
    [rows] = [trace for trace in visit.drawn("row_map") if trace["name"] == "rows"]
    assert rows["type"] == "scattergl"
    assert len(rows["ids"]) == 3000
    place = visit.plot("row_map")
    expect(place.locator(".afif-ramp li")).to_have_count(5)
    expect(place.locator(".colorbar")).to_have_count(0)  # it would be drawn with every move
    bars = [trace for trace in visit.drawn("ranking") if trace["type"] == "bar"]
    assert sum(len(trace["ids"]) for trace in bars) == 24
    assert {row for trace in bars for row in trace["ids"]} <= set(rows["ids"])


def _move(visit: Dashboard, name: str) -> None:
    """Take a setting of LiSSA from the rule, and move its slider."""
    page = visit.page
    slider = page.get_by_role("slider", name=name)
    # of scale, depth, batch size and leverage correction
    switches = page.locator(".MuiSwitch-input")
    expect(switches).to_have_count(4, timeout=PATIENCE)
    switches.nth(0 if name == "LiSSA scale" else 1).click()
    expect(slider).to_be_enabled(timeout=PATIENCE)
    since = visit.version("ranking")
    slider.focus()
    page.keyboard.press("ArrowRight")
    visit.redrawn("ranking", since)


def _read_the_agreement(visit: Dashboard) -> None:
    [rows] = [trace for trace in visit.drawn("agreement") if trace["name"] == "rows"]
    fisher, hessian = np.array(rows["y"]), np.array(rows["x"])
    assert len(fisher) == 2000
    assert np.corrcoef(fisher, hessian)[0, 1] > 0.99


def _remove_and_retrain(visit: Dashboard) -> list[float]:
    page = visit.page
    table = page.get_by_role("table", name="On the test rows")
    row = table.locator("tbody tr", has_text=GAP)
    expect(row).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("20 of 30 162 training rows removed")).to_be_visible()
    page.get_by_role("button", name="Retrain without them").click()
    expect(table).to_contain_text("Retrained", timeout=300_000)
    return [float(cell.split()[0]) for cell in row.locator("td").all_inner_texts()[:3]]
