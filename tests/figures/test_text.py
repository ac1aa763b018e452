"""Formatted numbers, and untrusted text shown literally."""

from __future__ import annotations

import html
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from afif_explorer.figures.drawing.frame import log_ticks
from afif_explorer.figures.drawing.text import Scale, number, numbers, percent, safe, short, wrapped


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"),
        (0.84712, "0.847"),
        (-0.5, "−0.5"),
        (12270.4, "12\u00a0270"),
        (3.2e-11, "3.2×10⁻¹¹"),
        (1e-8, "10⁻⁸"),
        (-1e-8, "−10⁻⁸"),
        (-2.5e8, "−2.5×10⁸"),
        (99.96, "100"),
        (math.nan, "not defined"),
        (math.inf, "not defined"),
        (None, "not defined"),
    ],
)
def test_numbers_have_sensible_digits(value, shown):
    assert number(value) == shown


def test_numbers_that_are_compared_have_the_same_decimals():
    assert numbers([0.1702, 0.115, 0.09162]) == ["0.1702", "0.1150", "0.0916"]
    assert numbers([]) == []
    assert numbers([0.5, math.nan]) == ["0.5000", "not defined"]
    assert percent(0.0234) == "2.3\u00a0%"


@given(st.floats(-1e300, 1e300))
def test_a_number_is_right_to_its_digits(value):
    text = number(value, 4).replace("−", "-").replace("\u00a0", "")
    if "10" in text and any(c in text for c in "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"):
        mantissa, _, power = text.rpartition("10")
        digits = power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
        head = mantissa.rstrip("×")
        text = f"{'1' if head == '' else '-1' if head == '-' else head}e{digits}"
    assert float(text) == pytest.approx(value, rel=6e-3, abs=1e-300)


@given(st.text() | st.text("<>&;%{}ab#1", max_size=70))
def test_text_comes_out_as_it_went_in(text):
    line = short(text, 60)
    assert len(line) <= 60
    assert html.unescape(safe(text, 60)) == line
    assert not set(safe(text, 60)) & set("<>\n\x00\u202e")


def test_lines_are_broken_and_never_longer_than_asked():
    assert wrapped("a" * 100, 40).split("<br>") == ["a" * 40, "a" * 40, "a" * 20]
    assert wrapped("<b>", 40) == "&lt;b&gt;"


@pytest.mark.parametrize(
    ("largest", "title", "text"),
    [
        (4e-6, "nats; µ\u00a0=\u00a0millionth", "+4µ\u00a0nats"),
        (2e-4, "nats; µ\u00a0=\u00a0millionth", "+200µ\u00a0nats"),
        (0.25, "nats", "+0.25\u00a0nats"),
        (0.0, "nats", "+0\u00a0nats"),
    ],
)
def test_one_prefix_serves_an_axis_and_its_hover_texts(largest, title, text):
    scale = Scale.of(np.array([largest, -largest / 3, np.nan]), "nats")
    assert scale.title == title
    assert scale.texts([largest]) == [text]


@given(st.floats(1e-12, 1e6), st.floats(1.5, 1e14))
def test_log_axes_have_a_few_round_ticks(low, factor):
    ticks = log_ticks(low, low * factor)
    assert len(ticks) <= 9
    assert ticks == sorted(ticks)
    assert all(low <= tick <= low * factor for tick in ticks)
    assert ticks or factor < 2.6


def test_short_numbers_have_no_exponent() -> None:
    values = (-1.6e-7, 1.6e-7, 8e-8, -1.44e-9, 0.0)
    assert [Scale(-9, "nats").short(value) for value in values] == [
        "−160n",
        "+160n",
        "+80n",
        "−1.4n",
        "+0n",
    ]
