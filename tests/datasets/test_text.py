"""Cleaning of untrusted text: one line, short, printable, and distinct values stay distinct."""

from __future__ import annotations

import unicodedata

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from afif_explorer.datasets import Dataset
from afif_explorer.datasets.reading import text


@given(st.text())
def test_clean_text_is_one_short_printable_line(value):
    cleaned = text.clean(value)
    assert len(cleaned) <= text.LIMIT
    assert cleaned == cleaned.strip()
    assert not {unicodedata.category(char) for char in cleaned} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert text.clean(cleaned) == cleaned


@given(st.lists(st.text(max_size=3)))
def test_distinct_texts_are_distinct(values):
    shown = text.distinct(values)
    assert len(set(shown)) == len(shown) == len(values)
    assert all(shown)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (
            "<script>alert(1)</script>",
            "<script>alert(1)</script>",
        ),  # text; escaped where HTML is made
        ("a\x00b\r\nc\td", "a b c d"),
        ("\u202egnp.exe", "gnp.exe"),
        ("x" * 200, "x" * 79 + "…"),
        ("\ud800", ""),
        ("e\u0301", "é"),
    ],
)
def test_clean_examples(raw, shown):
    assert text.clean(raw) == shown


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        (49.0, "49"),
        (np.float64(-3), "-3"),
        (0.5, "0.5"),
        (1e300, "1e+300"),
        (np.inf, "inf"),
        (7, "7"),
        ("49.0", "49.0"),
        (pd.Timestamp("2020-01-11"), "2020-01-11"),
        (pd.Timestamp("2020-01-11 08:30"), "2020-01-11 08:30:00"),
    ],
)
def test_a_cell_is_written_as_a_person_does(cell, shown):
    assert text.written(cell) == shown


def test_names_are_renamed_with_a_note():
    shown, notes = text.column_names(["a", "a", "", None, ("x", "y"), 3, "b\n", "\x01"])
    assert shown == ["a", "a (2)", "column 3", "column 4", "x / y", "3", "b", "column 8"]
    assert len(notes) == 1
    assert "'a (2)', 'column 3', 'column 4', 'b', 'column 8'" in notes[0]
    assert text.column_names(["a", "b", 3])[1] == ()


def test_levels_are_never_merged():
    column = pd.Series(["a", "a\x00", "x" * 100, "x" * 90, None, ""])
    shown = text.levels(column)
    assert shown.isna().sum() == 1
    assert shown.nunique() == 5
    assert shown.str.len().max() <= text.LIMIT


def test_hostile_names_and_levels_pass_as_text():
    rng = np.random.default_rng(0)
    bad = "<img src=x onerror=alert(1)>\u202e\n" + "z" * 100
    frame = pd.DataFrame({bad: rng.normal(size=60), "": rng.choice([bad, "=1+1", "ok"], 60)})
    frame["y"] = rng.choice([bad, "fine"], 60)
    frame.insert(0, "", rng.normal(size=60), allow_duplicates=True)
    data = Dataset.from_frame(frame, target="y", name=bad)
    shown = [*data.feature_names, *data.classes, *data.train.frame.columns, data.name]
    shown += list(data.train.frame["column 3"])
    assert all("\n" not in name and "\u202e" not in name for name in shown)
    assert max(map(len, [*data.classes, data.name, *data.train.frame.columns])) <= text.LIMIT
    assert "column 3 = =1+1" in data.feature_names


@pytest.mark.parametrize(
    ("wanted", "hint"), [("adlt", "did you mean 'adult'?"), ("zzz", "there are 'adult', 'crime'.")]
)
def test_near_names(wanted, hint):
    assert text.near(wanted, ["adult", "crime"]) == hint
    assert text.near(wanted, []) == "there are none."
