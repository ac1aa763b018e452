"""Draw the figure of measured error rates for the documentation: ``python -m benchmarks.rates_figure``.

Reads the results of ``python -m benchmarks.accuracy_rates --json docs/images/rates.json`` and draws
``docs/images/rates.png`` in a real browser, like ``tools.screenshots``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import plotly.graph_objects as go

from afif_explorer.figures.drawing.theme import FONT, LIGHT
from tests.plugins.browser import FLAGS, find_chromium

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
DATA, IMAGE = IMAGES / "rates.json", IMAGES / "rates.png"
SIZE = {"width": 900, "height": 430}
DESCRIPTIONS = {"logistic": "outputs linear in the parameters", "bounded": "outputs not linear"}
STYLES = {"Fisher": (LIGHT.series[0], "circle"), "Hessian": (LIGHT.series[1], "diamond-open")}


def figure(found: dict[str, Any]) -> go.Figure:
    """Error of one predicted removal against the number of rows, log-log, one panel per model."""
    drawn = go.Figure()
    for panel, (model, curves) in enumerate(found["models"].items(), start=1):
        for curvature, curve in curves.items():
            colour, mark = STYLES[curvature]
            drawn.add_scatter(
                x=found["sizes"], y=curve["errors"], mode="lines+markers",
                name=f"{curvature}, slope {curve['slope']:.2f}".replace("-", "−"),
                marker={"color": colour, "symbol": mark, "size": 9},
                line={"color": colour, "dash": "solid" if mark == "circle" else "dot"},
                xaxis=f"x{panel}", yaxis=f"y{panel}", legend=f"legend{panel}",
            )  # fmt: skip
        left, right = ((0.0, 0.46), (0.54, 1.0))[panel - 1]
        drawn.update_layout(
            {
                f"xaxis{panel}": _axis("rows, n", domain=(left, right), anchor=f"y{panel}")
                | {"tickvals": found["sizes"]},
                f"yaxis{panel}": _axis(
                    "‖predicted − refitted‖", anchor=f"x{panel}", exponentformat="power", dtick=1
                ),
                f"legend{panel}": {"x": left + 0.02, "y": 0.04, "yanchor": "bottom"},
            }
        )
        drawn.add_annotation(
            text=f"<b>{model}</b>: {DESCRIPTIONS[model]}", showarrow=False, xref="paper", yref="paper",
            x=left, y=1.09, font={"size": 14, "color": LIGHT.ink},
        )  # fmt: skip
    return drawn.update_layout(
        template="none", paper_bgcolor=LIGHT.paper, plot_bgcolor=LIGHT.paper,
        font={"family": FONT, "size": 12, "color": LIGHT.text},
        margin={"l": 80, "r": 20, "t": 50, "b": 55}, **SIZE,
    )  # fmt: skip


def _axis(title: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "log", "title": {"text": title}, "gridcolor": LIGHT.grid, "linecolor": LIGHT.axis,
        "showline": True, **more,
    }  # fmt: skip


def draw(found: dict[str, Any], path: Path) -> None:
    """Save the figure as an image, with a browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        page = browser.new_page(viewport=SIZE, device_scale_factor=2)
        page.set_content(figure(found).to_html(config={"staticPlot": True}))
        page.locator(".js-plotly-plot .main-svg").first.wait_for()
        page.locator(".js-plotly-plot").screenshot(path=path)
        browser.close()


def main() -> None:
    """Draw the figure of the documentation."""
    draw(json.loads(DATA.read_text(encoding="utf-8")), IMAGE)
    print(IMAGE.name)


if __name__ == "__main__":
    main()
