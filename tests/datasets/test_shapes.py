"""Texts that differ only in their digits are read together, with what each would give alone."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afif_explorer.datasets.reading import csv_body
from afif_explorer.datasets.reading.forms import clocks, dates, durations, numerals
from afif_explorer.datasets.reading.forms.shapes import Texts

NUMBERS = [
    "1", "0", "007", "1.5", "1,5", "1.050", "1,050", "0.105", "1,050.5", "1.050.000", "-3", "(4)",
    "+.5", "5.", "1e5", "2.50e-3", "$ 25 000", "12 %", "5 m2", "5 m3/s2", "3 m9", "٣٤", "１,5", "'7",
    "\u22125", "inf", "1e400", "12:30", "x9", "", "1\0", "9" * 60,
]  # fmt: skip
DATES = [
    "2020-02-29", "2021-02-29", "31.12.2020", "12/31/2020", "3/4/21", "5. März 2020", "May 5, 2020",
    "2020-04", "20200403", "18991231", "2020-01-02T03:04:05.250Z", "2020-01-02 23:59:60 +05:30",
    "2020-01-02 25:00", "1/2/2020 12:30 am", "1/2/2020 13:30 pm", "0000-01-01", "9999-12-31",
    "Mon, 6 Jan 2020 10:00 -0130", "12:30", "lundi 6 janvier 2020", "5 de enero de 2020", "1er août 2021",
    "05JAN2020", "2020-Jan-05", "Jan-20", "2020Q1", "Q3 2021", "1Q20", "T2 2020", "2020-H1", "2021-W05",
    "2021-W53-3", "2021W537", "KW 5/2021", "2020M01", "2020年3月5日", "9.30 Uhr", "9 Uhr", "1h30", "2h 20m",
]  # fmt: skip


def with_other_digits(texts: list[str]) -> st.SearchStrategy[str]:
    """Texts in which each digit may be another one."""
    digit = st.sampled_from("0123456789")
    return st.sampled_from(texts).flatmap(
        lambda text: st.tuples(
            *(st.one_of(st.just(c), digit) if c in "0123456789" else st.just(c) for c in text)
        ).map("".join)
    )


@settings(deadline=None)
@given(st.lists(with_other_digits(NUMBERS), min_size=17, max_size=60), st.sampled_from(".,"))
def test_numbers_are_those_that_each_text_gives(texts, decimal):
    form = numerals.best(texts, np.ones(len(texts)), decimal)
    alone = [numerals.parse(text, decimal) for text in texts]
    expected = [np.nan if one is None or one[1] != form.unit else one[0] for one in alone]
    np.testing.assert_array_equal(form.read(texts), expected)
    np.testing.assert_array_equal(
        numerals.are_numbers(texts, decimal), [numerals.are_numbers([t], decimal)[0] for t in texts]
    )
    votes = np.array([numerals.marks([text]) for text in texts]).sum(axis=0)
    assert numerals.marks(texts) == tuple(votes)
    assert numerals.doubtful(texts) == any(numerals.doubtful([text]) for text in texts)


@settings(deadline=None)
@given(st.lists(with_other_digits(DATES), min_size=17, max_size=60), st.booleans(), st.booleans())
def test_dates_are_those_that_each_text_gives(texts, day_first, compact):
    form = dates.Dates(day_first, compact)
    expected = np.concatenate([form.read([text]) for text in texts])
    np.testing.assert_array_equal(form.read(texts), expected)
    np.testing.assert_array_equal(dates.are_dates(texts), [dates.are_dates([t])[0] for t in texts])
    clock = clocks.Clock()
    np.testing.assert_array_equal(
        clock.read(texts), np.concatenate([clock.read([text]) for text in texts])
    )


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%d.%m.%Y", "%d %B %Y", "%Y-%m-%dT%H:%M:%S.%f"])
def test_dates_are_those_of_python(form):
    days = [dt.datetime(1, 1, 1) + k * dt.timedelta(days=1234.56789) for k in range(1, 2900)]
    texts = [
        f"{day.year:04d}".join(day.strftime(form.replace("%Y", "@")).split("@")) for day in days
    ]
    expected = [dt.datetime(d.year, d.month, d.day) if "%f" not in form else d for d in days]
    found = dates.Dates().read(texts)
    np.testing.assert_allclose(
        (found - np.array(expected, dtype="datetime64[us]")).astype(int), 0, atol=32
    )


def test_numbers_are_those_of_python():
    values = np.random.default_rng(0).normal(size=3000) * 10.0 ** np.arange(3000 % 30 - 15, 15)[0]
    texts = [repr(float(value)) for value in values]
    assert numerals.Numbers().read(texts).tolist() == list(map(float, texts))


DURATIONS = [
    "3h 20m", "2h30", "1 day, 2:03:04", "12:30", "125:30:59.5", "1.02:03:04", "P1DT2H", "PT1.5H", "-3 days",
    "2y 3m", "5 Wochen", "1,5 h", "3 days 70:10", "7", "x 3h", "3h x",
]  # fmt: skip


@settings(deadline=None)
@given(st.lists(with_other_digits(DURATIONS), min_size=17, max_size=60), st.booleans())
def test_durations_are_those_that_each_text_gives(texts, minutes_first):
    form = durations.best(texts, minutes_first)
    expected = np.concatenate([form.read([text]) for text in texts])
    np.testing.assert_array_equal(form.read(texts), expected)


def test_few_shapes_are_found_among_many_texts():
    texts = Texts.of([f"{k % 28 + 1:02d}/{k % 12 + 1:02d}/{1990 + k % 30}" for k in range(2000)])
    assert len(set(texts.examples)) == len(texts.examples) <= 4
    assert Texts.of(texts) is texts


CELL = st.text(alphabet='ab ",;\n', max_size=5)


@settings(deadline=None, max_examples=300)
@given(st.data(), st.integers(2, 3), st.sampled_from([",", ";"]), st.sampled_from(["\n", "\r\n"]))
def test_quotes_are_read_at_once_as_they_are_line_by_line(data, width, separator, end):
    def written(cell: str) -> str:
        quoted = '"' + cell.replace('"', '""') + '"'
        return data.draw(
            st.sampled_from([quoted, quoted, quoted.replace("\n", ""), " " + quoted, "v"])
        )

    rows = data.draw(
        st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1, max_size=4)
    )
    lines = [separator.join("xyz"[:width])] + [separator.join(map(written, row)) for row in rows]
    raw = end.join(lines).encode()
    at_once = csv_body.read_at_once(raw, separator, 2, width, None, 0)
    if at_once is not None:
        below = list(csv_body.rows_of(raw, separator))[1:]
        by_line = csv_body.read_by_line(below, width, None, 0)
        assert [column.to_pylist() for column in at_once.columns] == [
            column.to_pylist() for column in by_line.columns
        ]


def test_cells_in_quotes_are_read_at_once():
    raw = b'name,amount\n"Smith, ""Jo""","1,000"\nx,"2,000"\n"",""\n'
    found = csv_body.read_at_once(raw, ",", 2, 2, None, 0)
    assert found is not None
    assert found.columns[0].to_pylist() == ['Smith, "Jo"', "x", ""]
    assert found.columns[1].to_pylist() == ["1,000", "2,000", ""]
    for irregular in (b'a,b\n"x\ny",1\n', b'a,b\n"x"y,1\n', b'a,b\n "x",1\n', b'a,b\nx"y,1\n'):
        assert csv_body.read_at_once(irregular, ",", 2, 2, None, 0) is None
