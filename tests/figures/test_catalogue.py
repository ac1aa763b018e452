"""Every registered figure: its content in both themes, and its empty states."""

from __future__ import annotations

import json
import re

import pytest

from afif_explorer import figures
from afif_explorer.figures.drawing import theme as themes
from tests.helpers.figures import HOSTILE, RESULTS

NAMES = tuple(figures.FIGURES)
# Those that tools/plotly/entry.js puts into the dashboard's plotly.js.
KNOWN_TRACES = {"bar", "heatmap", "scatter", "scattergl"}

OWN_WORDS = {"spectra", "lissa_map", "leverage_distribution"}  # figures that show no text from data


def draw(name, **options):
    figure = figures.FIGURES[name]
    return figure.draw(RESULTS[figure.needs](options.pop("words", None)), **options)


def texts(value):
    """All strings anywhere in a figure."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from texts(part)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_every_figure_draws_its_result(name, dark):
    drawn = draw(name, dark=dark)
    assert drawn.data, "nothing was drawn"
    assert {trace.type for trace in drawn.data} <= KNOWN_TRACES
    assert figures.FIGURES[name].title.split()[0] in drawn.layout.title.text
    assert drawn.layout.uirevision
    assert drawn.layout.paper_bgcolor == drawn.layout.plot_bgcolor == themes.CLEAR


@pytest.mark.parametrize("name", NAMES)
def test_light_and_dark_differ_in_colour_alone(name):
    def colourless(drawn):
        return re.sub(r"#[0-9a-f]{6}|rgba\([^)]*\)", "", drawn.to_json())

    light, dark = draw(name), draw(name, dark=True)
    assert light.to_json() != dark.to_json()
    assert colourless(light) == colourless(dark)


@pytest.mark.parametrize("name", NAMES)
def test_without_a_result_a_figure_says_what_to_do(name):
    figure = figures.FIGURES[name]
    drawn = figure.draw(None)
    assert not drawn.data
    shown = " ".join(drawn.layout.annotations[0].text.split("<br>"))
    assert shown == figure.waiting


@pytest.mark.parametrize("name", NAMES)
def test_hostile_text_is_shown_and_not_interpreted(name):
    own = {"b", "/b", "br", "span", "/span", "extra", "/extra"}
    seen = False
    for text in texts(json.loads(draw(name, words=HOSTILE).to_json())):
        tags = {tag.split()[0] for tag in re.findall(r"<([^<>]*)>", text)}
        assert tags <= own, text
        assert "<b>bold" not in text
        assert "&amp;lt;" not in text, "escaped twice"
        assert "%{x}" not in text or "onerror" not in text
        assert not re.search("[\u202e\x00-\x1f]", text)
        seen |= "&lt;img" in text
    assert seen is (name not in OWN_WORDS)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_infinite_is_passed_on(name):
    def reject(constant):
        raise AssertionError(constant)

    json.loads(draw(name).to_json(), parse_constant=reject)


def test_the_settings_for_rendering_keep_data_on_the_machine():
    assert figures.CONFIG["showSendToCloud"] is False
    assert figures.CONFIG["displaylogo"] is False
    json.dumps(figures.CONFIG)
