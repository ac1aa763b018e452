"""How single cells are written, against pandas and the standard library; what is offered for texts."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

import afif_explorer as ax
from afif_explorer.datasets.columns import misspellings, spellings
from afif_explorer.datasets.columns.proposals import proposal
from afif_explorer.datasets.columns.stand_ins import stand_ins
from afif_explorer.datasets.reading.forms import durations, names
from afif_explorer.datasets.reading.forms.dates import Dates
from afif_explorer.datasets.reading.forms.fractions import Fractions
from afif_explorer.datasets.reading.forms.ranges import Ranges
from tools import make_names

DAYS = [dt.date(1998, 12, 20) + dt.timedelta(days=13 * k) for k in range(700)]
N = 80


def days_of(texts: list[str]) -> list[str]:
    return [str(value)[:10] for value in Dates().read(texts)]


def test_weeks_are_those_of_the_calendar():
    texts = [f"{y}-W{w:02d}-{d}" for y, w, d in (day.isocalendar() for day in DAYS)]
    assert days_of(texts) == [str(day) for day in DAYS]
    long = [year for year in range(1990, 2030) if dt.date(year, 12, 28).isocalendar()[1] == 53]
    known = ~np.isnat(Dates().read([f"{year}-W53" for year in range(1990, 2030)]))
    assert [
        year for year, is_known in zip(range(1990, 2030), known, strict=True) if is_known
    ] == long
    assert np.isnat(Dates().read(["2021-W00", "2021-W54", "2021-W05-8", "2021-W05-0"])).all()


@pytest.mark.parametrize(
    "form", ["{y}Q{q}", "Q{q} {y}", "{q}Q{s}", "T{q} {y}", "{y}-Q{q}", "{q}. Quartal {y}"]
)
def test_quarters_are_those_of_pandas(form):
    periods = [pd.Period(day, "Q") for day in DAYS]
    texts = [form.format(y=p.year, q=p.quarter, s=f"{p.year % 100:02d}") for p in periods]
    assert days_of(texts) == [str(p.start_time.date()) for p in periods]


def test_there_is_no_fifth_quarter():
    assert np.isnat(Dates().read(["2020Q5", "2020Q0", "Q9 2020", "2020H3", "13/2020"])).all()


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "it", "pt", "nl", "sv", "pl", "ru"])
def test_every_name_of_a_month_is_known(language):
    from babel.dates import format_date

    days = [dt.date(2021, month, 17) for month in range(1, 13)]
    for form in ("d MMMM y", "d MMM y", "LLLL y", "EEEE, d MMMM y"):
        texts = [format_date(day, form, locale=language) for day in days]
        expected = [day.replace(day=1) for day in days] if form == "LLLL y" else days
        assert days_of(texts) == [str(day) for day in expected], texts


def test_the_names_are_those_of_the_locale_data():
    assert make_names.FILE.read_text(encoding="utf-8").strip() == make_names.names(), (
        "run: python tools/make_names.py"
    )


def test_a_name_of_two_months_is_none():
    assert names.month("jui") is None  # juin or juillet
    assert names.month("ma") is names.month("j") is None
    assert [names.month(name) for name in ("Fev", "févr.", "MÄRZ", "Mai", "Mayo", "dic")] == [
        2,
        2,
        3,
        5,
        5,
        12,
    ]


@pytest.mark.parametrize(
    "texts",
    [
        ["3h 20m", "1 h", "45 min", "2 hours 5 minutes"],
        ["0 days 01:30:00", "12 days 23:59:59", "1 days 00:00:30"],
        ["PT1H30M", "P1DT2H", "PT90M"],
        ["27:30:00", "3:05:10", "125:00:01"],
    ],
)
def test_durations_are_those_of_pandas(texts):
    form = durations.best(texts)
    assert form.unit == "hours"
    expected = [pd.Timedelta(text) / pd.Timedelta(hours=1) for text in texts]
    np.testing.assert_allclose(form.read(texts), expected, rtol=1e-12)


def test_the_unit_of_durations_is_the_smallest_but_not_below_hours():
    for texts, unit, values in (
        (["2 weeks", "3 days"], "days", [14, 3]),
        (["2 years 3 months", "1 year"], "months", [27, 12]),
        (["5m 30s", "2m"], "minutes", [5.5, 2]),
        (["1 Tag", "3 Tage"], "days", [1, 3]),
        (["2h30", "1h05"], "hours", [2.5, 1 + 5 / 60]),
    ):
        form = durations.best(texts)
        assert form.unit == unit
        np.testing.assert_allclose(form.read(texts), values)


def test_ranges_are_those_of_pandas():
    cut = pd.cut(pd.Series(np.linspace(1, 99, 50)), [0, 10, 25, 50, 100])
    texts = [str(interval) for interval in cut]
    np.testing.assert_allclose(Ranges().read(texts), [interval.mid for interval in cut])
    np.testing.assert_array_equal(
        Ranges().read(
            [
                "<5",
                "65+",
                "20-29",
                "$1,000 to $1,999",
                "7",
                "9-3",
                "a-b",
                "2019/20",
                "~40",
                "10k-20k",
            ]
        ),
        [5, 65, 24.5, 1499.5, 7, np.nan, np.nan, 2019.5, 40, 15000],
    )


def test_fractions_are_those_of_python():
    texts = ["3/4", "10/4", "-1/3", "7 out of 10", "1 1/2", "½", "2½", "0.5/2"]
    expected = [*map(Fraction, ("3/4", "10/4", "-1/3", "7/10", "3/2", "1/2", "5/2", "1/4"))]
    np.testing.assert_allclose(Fractions().read(texts), [float(value) for value in expected])
    assert np.isnan(Fractions().read(["1/0", "x/2", "5 kg"])).all()


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (
            ["May-05", "Apr-11", "Mar-27", "Jan-30"] + [f"Jun-{d:02d}" for d in range(1, 29)],
            "months",
        ),
        ([f"{d} siječnja 2020" for d in range(1, 29)], "months"),
        (["20-29", "10-Dec", "1-4", "05-Sep"], "mangled"),
        (["2010-11", "2012-13", "2015-16"], "ranges"),
        (["~37", "~40", "~41"], "ranges"),
        (["1 room", "2 rooms", "3 rooms"], "ordered"),
        (["<=50K", ">50K"], None),
        (["AB12", "AC13", "AD14"], None),
        (["70 kg", "154 lb", "80 kg"], None),
        (["555-7284", "555-9931", "555-9189", "555-1234", "555-8811"], None),
    ],
)
def test_what_texts_may_be(cells, code):
    found = proposal(pd.Series(cells * 3, dtype="str"), "v")
    assert (found.code if found is not None else None) == code


def test_remedies_for_spellings_and_slips_go_together():
    cells = ["Female", "female", "Femal", "Male", "Males", "male"] * 12
    frame = pd.DataFrame({"sex": cells, "x": np.arange(72) % 7, "y": np.arange(72) % 2})
    table = ax.inspect(frame, target="y")
    assert table.sensitive == ("sex",)
    told = {problem.code: problem.text for problem in table["sex"].problems}
    assert (
        "'Femal' (12 rows) and 'female' (12 rows)" in told["similar"]
        or "'Female' (12 rows)" in told["similar"]
    )
    mended = table.apply("sex", "spelling").apply("sex", "similar")
    assert mended["sex"].distinct == 2
    data = ax.Dataset.from_frame(mended.frame, **mended.options())
    assert data.train.sensitive["sex"].nunique() == 2


def test_replacements_are_followed_to_their_end():
    assert spellings.joined({"a": "b"}, {"b": "c"}) == {"a": "c", "b": "c"}
    assert spellings.joined({"a": "b"}, {"b": "c"}, {"c": "d"}) == dict.fromkeys("abc", "d")


def test_few_of_many_levels_are_compared_letter_by_letter(monkeypatch):
    levels = [f"{a}{b}ton street" for a in "abcdefghij" for b in "klmnopqrst"]
    one_slip, compared = misspellings.one_slip, []
    monkeypatch.setattr(
        misspellings, "one_slip", lambda *both: compared.append(both) or one_slip(*both)
    )
    misspellings.similar(pd.Series(levels * 3, dtype="str"), "street")
    assert len(compared) < len(levels) ** 2 / 4


@pytest.mark.parametrize("seed", range(5))
def test_regular_values_stand_for_themselves(seed):
    rng = np.random.default_rng(seed)
    for values in (
        rng.integers(18, 100, 4000),
        rng.integers(0, 101, 300),
        rng.poisson(1.2, 4000),
        rng.integers(1, 10, 500),
        rng.normal(50, 20, 4000).round(),
        rng.normal(5, 10, 200).round(),
        rng.exponential(20, 4000).round(),
    ):
        assert [value for value in stand_ins(pd.Series(values)) if value != -1] == []


def test_a_range_that_is_read_makes_free_text_an_input():
    cells = [f"{20 + k % 50}-{75 + k % 40}" for k in range(N)]
    frame = pd.DataFrame({"pay": cells, "x": np.arange(N) % 5, "y": np.arange(N) % 2})
    table = ax.inspect(frame, target="y")
    assert (table["pay"].kind, table["pay"].role) == ("text", "ignore")
    read = table.apply("pay", "ranges")
    assert (read["pay"].kind, read["pay"].role) == ("number", "input")
    data = ax.Dataset.from_frame(
        read.frame, **read.options(), standardise=False, validation=0, test=0
    )
    pay = data.train.X[:, data.feature_names.index("pay")]
    np.testing.assert_allclose(pay, [(20 + k % 50 + 75 + k % 40) / 2 for k in range(N)])
    plain = ax.Dataset.from_frame(frame, target="y")
    assert "'pay' was not read as numbers: it has ranges" in " ".join(plain.notes)
    assert "kinds={'pay': 'number'} reads them so." in " ".join(plain.notes)


K = range(N)
WEEKDAYS = (("lundi", 1), ("mardi", 2), ("jeudi", 4))
OFFERED = {
    "ranges": [(f"{k % 5}0-{k % 5}9", k % 5 * 10 + 4.5) for k in K],
    "fractions": [(f"{1 + k % 9}/{2 + k % 7}", (1 + k % 9) / (2 + k % 7)) for k in K],
    "ordered": [WEEKDAYS[k % 3] for k in K],
    "zeros": [(f"{1 + k % 12:02d}", 1 + k % 12) for k in K],
    "hexadecimal": [(f"0x{k % 30:X}", k % 30) for k in K],
    "exponents": [(f"{1 + k % 5}E{1 + k % 4}", (1 + k % 5) * 10 ** (1 + k % 4)) for k in K],
    "minutes": [(f"{k % 9}:{k % 60:02d}", k % 9 + k % 60 / 60) for k in K],
}


@pytest.mark.parametrize("code", OFFERED)
def test_what_is_offered_reaches_the_data_set_and_new_rows(code):
    cells, values = zip(*OFFERED[code], strict=True)
    outcome = np.random.default_rng(0).integers(0, 2, N)
    frame = pd.DataFrame({"v": cells, "x": np.arange(N) % 5, "y": outcome})
    table = ax.inspect(frame, target="y")
    assert [problem.code for problem in table.open if problem.column == "v"] == [code]
    mended = table.apply("v", code)
    data = ax.Dataset.from_frame(mended.frame, **mended.options(), standardise=False)
    place = data.feature_names.index("v")
    np.testing.assert_allclose(
        data.train.X[:, place], np.array(values, dtype=float)[data.train.ids]
    )
    np.testing.assert_allclose(data.transform(frame.iloc[:7])[:, place], values[:7])
