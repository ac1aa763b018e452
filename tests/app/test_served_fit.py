"""``ax.serve(fit)``: a visitor sees the fit it was given, with its own numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pytest
from playwright.sync_api import expect

import afif_explorer as ax
from afif_explorer.figures.drawing.text import number
from tests.helpers.pages import Dashboard
from tests.plugins.server import Running

if TYPE_CHECKING:
    from playwright.sync_api import Page

MAKE = """
import numpy as np
import torch
import afif_explorer as ax

rng = np.random.default_rng(0)
X = torch.as_tensor(rng.normal(size=(83, 2)))
y = X @ torch.tensor([1.0, -2.0], dtype=X.dtype) + torch.as_tensor(rng.normal(size=83))
fit = ax.fit_objective(ax.Objective(ax.LinearMap(2), "gaussian", ax.Ridge(0.037), X, y))
"""
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = Running(code=f"{MAKE}\nax.serve(fit, show=False)")
    yield server.url
    server.stop()
    assert "Traceback" not in server.output, server.output


def test_a_served_fit_is_on_the_first_page(page: Page, url: str) -> None:
    made: dict[str, ax.Fit] = {}
    exec(MAKE, made)
    fit = made["fit"]
    visit = Dashboard(page, url).arrive()
    expect(page.locator(".headline")).to_contain_text(
        "Linear regression on Your fit, 83 rows, ridge 0.037"
    )
    facts = page.locator(".facts").filter(has_text="Measured on")
    for name, label in {"mean_loss": "Mean loss", "rmse": "RMSE"}.items():
        expect(facts).to_contain_text(label)
        expect(facts).to_contain_text(number(fit.metrics[name]))
    [rows] = [trace for trace in visit.drawn("row_map") if trace["name"] == "rows"]
    assert sorted(rows["ids"]) == fit.ids.tolist()
    effects = np.asarray(ax.attribute(fit, ax.MeanLoss("train")))
    largest = int(fit.ids[np.abs(effects).argmax()])
    expect(page.locator(".tabulator-row").first).to_contain_text(str(largest))
