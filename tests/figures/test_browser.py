"""Every figure in a real page, by the plotly.js of dashboard and notebooks and by that of reports.

The two are different versions, and the first knows only the kinds of traces that figures use, so a
figure may use only what both know. Text must fit a phone and a wide screen, and text from data must
stay text.
"""

from __future__ import annotations

import base64
import json
from importlib.resources import files

import numpy as np
import pytest
from plotly.offline import get_plotlyjs

from afif_explorer import figures
from afif_explorer.figures.drawing.theme import theme
from tests.helpers.figures import HOSTILE, RESULTS

pytestmark = pytest.mark.browser

WIDTHS = (360, 1440)
OPEN = "<!doctype html><body style='margin:0'><div id=plot></div></body>"
DRAW = """([spec, config, width]) => {
  document.getElementById('plot').style.width = width + 'px';
  return Plotly.newPlot('plot', spec.data, spec.layout, config).then(() => true);
}"""
UNKNOWN = """([spec]) => (Plotly.validate(spec.data, spec.layout) || [])
  .filter((problem) => problem.code !== 'unused')  // known, but without effect here
  .map((problem) => problem.msg)"""
OUTSIDE = """() => {
  const box = document.querySelector('#plot .main-svg').getBoundingClientRect();
  return [...document.querySelectorAll('#plot text')].filter((text) => {
    const r = text.getBoundingClientRect();
    return r.width && !text.closest('.hoverlayer') && (r.left < box.left - 1
      || r.right > box.right + 1 || r.top < box.top - 1 || r.bottom > box.bottom + 1);
  }).map((text) => text.textContent);
}"""
OVERLAPS = """() => {
  const head = document.querySelector('#plot .gtitle').getBoundingClientRect();
  return [...document.querySelectorAll('#plot rect.nsewdrag, #plot .annotation text')]
    .some((part) => part.getBoundingClientRect().width
      && part.getBoundingClientRect().top < head.bottom - 1);
}"""


def dashboard_js():
    return (
        files("afif_explorer").joinpath("static/plotly/plotly.min.js").read_text(encoding="utf-8")
    )


OWN_WORDS = {"spectra", "lissa_map", "leverage_distribution"}  # figures that show no text from data
SCRIPTS = {"dashboard": dashboard_js, "report": get_plotlyjs}


def spec(name, words=None):
    """The figure as the renderer gets it."""
    figure = figures.FIGURES[name]
    result = RESULTS[figure.needs](words)
    options = {"selected": tuple(rows_of(figure, result)[:9])} if "selected" in figure.takes else {}
    return json.loads(figure.draw(result, **options).to_json())


def rows_of(figure, result):
    return (
        getattr(result, "ids", range(300)) if figure.places is None else figure.places(result).ids
    )


def plain(value):
    """Packed arrays as lists, which the renderer's own check of a figure asks for."""
    if isinstance(value, dict):
        if value.keys() >= {"dtype", "bdata"}:
            array = np.frombuffer(base64.b64decode(value["bdata"]), value["dtype"])
            shape = [int(n) for n in value.get("shape", str(array.size)).split(",")]
            return array.reshape(shape).tolist()
        return {key: plain(part) for key, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, list) else value


@pytest.fixture(params=SCRIPTS)
def plotly(request, page):
    """A page with one of the two renderers."""
    page.set_content(OPEN)
    page.add_script_tag(content=SCRIPTS[request.param]())
    return page


def test_figures_are_known_to_the_renderer_and_fit_the_page(plotly):
    for name in figures.FIGURES:
        drawn = spec(name)
        assert plotly.evaluate(UNKNOWN, [plain(drawn)]) == [], name
        for width in WIDTHS:
            assert plotly.evaluate(DRAW, [drawn, figures.CONFIG, width])
            assert plotly.evaluate(OUTSIDE) == [], f"{name} at {width} px"
            assert not plotly.evaluate(OVERLAPS), f"{name} at {width} px"
            assert not plotly.locator("[data-title*='loud'], [data-title*='hare']").count()
        empty = json.loads(figures.FIGURES[name].draw(None).to_json())
        plotly.evaluate(DRAW, [empty, figures.CONFIG, 360])
        assert plotly.evaluate(OUTSIDE) == [], f"{name}, empty"


def test_text_from_data_stays_text(plotly):
    for name in figures.FIGURES:
        plotly.evaluate(DRAW, [spec(name, HOSTILE), figures.CONFIG, 700])
        assert plotly.locator("#plot img, #plot svg a, #plot [onerror]").count() == 0, name
        shown = " ".join(plotly.locator("#plot text").all_text_contents())
        assert ("<img" in shown) is (name not in OWN_WORDS), name
        assert "&lt;" not in shown, f"{name} escapes twice"


COLOURS = """([values, scale]) => Plotly.newPlot('plot', [{
  type: 'scattergl', mode: 'markers', x: values.map((_, i) => i), y: values.map((_, i) => i),
  marker: {color: Float32Array.from(values), cmin: -1, cmax: 1, colorscale: scale, opacity: 0.85},
}], {}).then((plot) => plot._fullLayout._plots.xy._scene.markerOptions[0].colors.map((c) => [...c]))"""


@pytest.mark.parametrize("values", [np.linspace(-1.5, 1.5, 301), [0.5, np.nan, -0.25]])
def test_marks_have_the_colours_that_the_library_gives_them(page, values) -> None:
    given = [np.asarray(values).tolist(), theme(dark=False).diverging]
    found = []
    for script in SCRIPTS.values():
        page.set_content(OPEN)
        page.add_script_tag(content=script())
        found.append(page.evaluate(COLOURS, given))
    np.testing.assert_allclose(found[0], found[1], rtol=0, atol=1e-12)
    assert len(np.unique(found[0], axis=0)) > len(values) / 2
