"""Cells: numbers and dates as people write them, and values that stand for "missing"."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable

from corpus.files import ROWS, Case, case, noise, with_outcome
from corpus.files import numbers as floats


def _grouped(value: float, mark: str, point: str = ".") -> str:
    return f"{value:,.2f}".replace(",", "_").replace(".", point).replace("_", mark)


def _indian(value: float) -> str:
    whole, rest = f"{abs(value):.2f}".split(".")
    head, tail = whole[:-3], whole[-3:]
    parts = []
    while head:
        parts.insert(0, head[-2:])
        head = head[:-2]
    return ("-" if value < 0 else "") + ",".join([*parts, tail]) + "." + rest


NOTATIONS: dict[str, Callable[[float], str]] = {
    "plain": lambda v: f"{v:.2f}",
    "thousands_comma": lambda v: _grouped(v, ","),
    "thousands_space": lambda v: _grouped(v, " "),
    "thousands_nbsp": lambda v: _grouped(v, "\u00a0"),
    "thousands_narrow": lambda v: _grouped(v, "\u202f"),
    "thousands_apostrophe": lambda v: _grouped(v, "'"),
    "decimal_comma": lambda v: f"{v:.2f}".replace(".", ","),
    "decimal_comma_points": lambda v: _grouped(v, ".", ","),
    "decimal_comma_spaces": lambda v: _grouped(v, " ", ","),
    "percent": lambda v: f"{v:.2f}%",
    "percent_space": lambda v: f"{v:.2f} %",
    "dollar": lambda v: f"{'-' if v < 0 else ''}${abs(v):,.2f}",
    "dollar_inside": lambda v: f"$ {v:,.2f}",
    "euro_behind": lambda v: _grouped(v, ".", ",") + " €",
    "code_before": lambda v: f"USD {v:.2f}",
    "code_behind": lambda v: f"{v:.2f} CHF",
    "kilograms": lambda v: f"{v:.2f} kg",
    "years": lambda v: f"{v:.2f} years",
    "parentheses": lambda v: f"({-v:,.2f})" if v < 0 else f"{v:,.2f}",
    "scientific": lambda v: f"{v:.10e}",
    "plus": lambda v: f"{v:+.2f}",
    "real_minus": lambda v: f"{v:.2f}".replace("-", "\u2212"),
    "indian": _indian,
    "arabic_digits": lambda v: f"{v:.2f}".translate({48 + i: 0x660 + i for i in range(10)}),
    "spaces": lambda v: f"  {v:.2f} ",
    "no_zero": lambda v: f"{v / 10000:.6f}".replace("0.", ".", 1),
}


def numbers() -> dict[str, Case]:
    """One column of numbers, in every notation, beside columns of other kinds."""
    found = {}
    for place, (name, write) in enumerate(NOTATIONS.items()):
        values = floats(place)
        right = [round(v / 10000, 6) for v in values] if name == "no_zero" else values
        for ending, separator in (("comma", ","), ("semicolon", ";")):
            table = with_outcome(
                {"amount": [write(v) for v in values], "city": noise(1, ["A", "B", "C"])}
            )
            found[f"number_{name}_{ending}.csv"] = case(table, separator, read={"amount": right})
    whole = [1000 * (1 + v) for v in noise(7, range(9))]
    table = with_outcome({"rent": [f"{v:,}" for v in whole], "size": noise(8, range(20, 80))})
    found["number_in_doubt.csv"] = case(table, read={"rent": whole}, asked={"rent": "decimal"})
    tenths = [round(v, 1) for v in floats(9)]
    b = [f"{v:.1f}".replace(".", ",") for v in tenths]
    beside = with_outcome({"a": [f"{v / 1000:.3f}".replace(".", ",") for v in whole], "b": b})
    found["number_other_column_decides.csv"] = case(
        beside, ";", read={"a": [v / 1000 for v in whole], "b": tenths}
    )
    dots = with_outcome({"a": [f"{v:,}".replace(",", ".") for v in whole], "b": b})
    found["number_points_are_thousands.csv"] = case(dots, ";", read={"a": whole, "b": tenths})
    both = with_outcome(
        {
            "a": [f"{v:.2f}" for v in floats(3)],
            "b": [f"{v:.2f}".replace(".", ",") for v in floats(4)],
        }
    )
    found["number_two_marks.csv"] = case(
        both, ";", read={"a": floats(3), "b": floats(4)}, told="decimal commas and others"
    )
    mixed = with_outcome(
        {"dose": [f"{v:.1f} {'mg' if i % 2 else 'g'}" for i, v in enumerate(floats(5))]}
    )
    found["number_two_units.csv"] = case(mixed, asked={"dose": "units"})
    partly = [f"{v:.0f}" if i % 5 else "absent" for i, v in enumerate(floats(6, 1, 900))]
    found["number_partly.csv"] = case(with_outcome({"score": partly}), asked={"score": "partly"})
    odd = [f"20-0{1 + i % 9}-{1 + i % 28:02d}" for i in range(ROWS)]
    found["number_short_years.csv"] = case(with_outcome({"v": odd}), asked={"v": "digits"})
    quoted = with_outcome({"v": [f"'{v:.2f}" for v in floats(11)]})
    found["number_spreadsheet_text.csv"] = case(quoted, read={"v": floats(11)})
    codes = with_outcome({"zip": [f"{v:05d}" for v in noise(6, range(100, 9999))]})
    found["number_leading_zeros.csv"] = case(codes, read={"zip": codes["zip"]}, roles={"zip": "id"})
    return found


def mixed() -> dict[str, Case]:
    """A column of numbers with one cell of text."""
    cells = [
        "unknown",
        "n.a.",
        "#DIV/0!",
        "00",
        "error",
        "-",
        "oops",
        "12 (est.)",
        "see note",
        "1O5",
        "?",
        "NA",
        ">90",
        "not available",
        "1,2,3",
        "5-10",
    ]
    found = {}
    for place, cell in enumerate(cells):
        values = [20.0 + v for v in noise(place, range(45))]
        written = [f"{v:.0f}" for v in values]
        written[3] = cell
        right = [None if i == 3 else v for i, v in enumerate(values)]
        table = with_outcome({"age": written, "x": floats(place)})
        found[f"mixed_{place:02d}.csv"] = case(table, read={"age": right})
    typo = [str(v) for v in noise(1, [1, 2, 3, 4])]
    typo[5] = "2x"
    table = with_outcome({"children": typo})
    found["mixed_few_levels.csv"] = case(table, asked={"children": "unread"})
    half = [f"{v:.0f}" if i % 3 else "absent" for i, v in enumerate(floats(2, 1, 9))]
    found["mixed_half.csv"] = case(with_outcome({"score": half}), read={"score": half})
    return found


def dates() -> dict[str, Case]:
    """A column of days in every usual form."""
    rng = random.Random(5)
    days = [dt.date(2015, 1, 1) + dt.timedelta(rng.randrange(3000)) for _ in range(ROWS)]
    days[0], days[1] = dt.date(2020, 12, 31), dt.date(2021, 2, 13)
    forms = {
        "iso": "%Y-%m-%d",
        "iso_time": "%Y-%m-%d 00:00",
        "iso_t": "%Y-%m-%dT00:00:00",
        "zulu": "%Y-%m-%dT00:00:00Z",
        "offset": "%Y-%m-%dT02:00:00+02:00",
        "points": "%d.%m.%Y",
        "day_first": "%d/%m/%Y",
        "month_first": "%m/%d/%Y",
        "dashes": "%d-%m-%Y",
        "slashes": "%Y/%m/%d",
        "named": "%d %b %Y",
        "american": "%b %d, %Y",
        "long": "%B %d, %Y",
        "dashed_name": "%d-%b-%Y",
        "short_year": "%d.%m.%y",
        "weekday": "%a, %d %b %Y",
        "rfc": "%a, %d %b %Y 00:00:00 GMT",
        "clock": "%d.%m.%Y 00:00",
        "half_day": "%m/%d/%Y 12:00 AM",
        "milliseconds": "%Y-%m-%d 00:00:00.000",
    }
    found = {}
    for name, form in forms.items():
        table = with_outcome({"day": [day.strftime(form) for day in days], "x": floats(3)})
        found[f"date_{name}.csv"] = case(table, read={"day": [str(day) for day in days]})
    names = [
        "Jan.",
        "Feb.",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "Aug.",
        "Sept.",
        "Okt.",
        "Nov.",
        "Dez.",
    ]
    table = with_outcome({"tag": [f"{d.day}. {names[d.month - 1]} {d.year}" for d in days]})
    found["date_german.csv"] = case(table, read={"tag": [str(day) for day in days]})
    iso = [str(day) for day in days]
    months = [str(day.replace(day=1)) for day in days]
    table = with_outcome({"month": [day.strftime("%Y-%m") for day in days]})
    found["date_month.csv"] = case(table, read={"month": months})
    table = with_outcome({"month": [day.strftime("%m/%Y") for day in days]})
    found["date_month_slash.csv"] = case(table, read={"month": months})
    zero = ["0000-00-00" if i % 4 == 1 else day for i, day in enumerate(iso)]
    table = with_outcome({"day": zero})
    right = [None if i % 4 == 1 else day for i, day in enumerate(iso)]
    found["date_zero.csv"] = case(table, read={"day": right})
    some = ["pending" if i % 4 == 1 else day for i, day in enumerate(iso)]
    found["date_partly.csv"] = case(with_outcome({"day": some}), asked={"day": "partly"})
    early = [day.replace(day=day.day % 12 + 1) for day in days]
    table = with_outcome({"day": [day.strftime("%m/%d/%Y") for day in early]})
    found["date_in_doubt.csv"] = case(table, asked={"day": "order"})
    table = with_outcome({"day": [day.strftime("%Y%m%d") for day in days]})
    found["date_compact.csv"] = case(table, asked={"day": "dates"})
    table = with_outcome({"until": [*iso[:-4], *["9999-12-31"] * 4]})
    found["date_open_end.csv"] = case(table, asked={"until": "missing"})
    table = with_outcome({"born": [*iso[:-4], *["1900-01-01"] * 4]})
    found["date_1900.csv"] = case(table, asked={"born": "missing"})
    table = with_outcome({"day": [*iso[:-1], "unknown"]})
    found["date_unknown.csv"] = case(table, read={"day": [*iso[:-1], None]})
    table = with_outcome({"day": [*iso[:-1], "2024-02-31"]})
    found["date_impossible.csv"] = case(table, asked={"day": "unread"})
    clock = [rng.randrange(24 * 60) for _ in range(ROWS)]
    table = with_outcome({"start": [f"{m // 60:02d}:{m % 60:02d}" for m in clock]})
    found["date_clock.csv"] = case(table, read={"start": [m / 60 for m in clock]})
    return found


def stand_ins() -> dict[str, Case]:
    """Values that stand for "missing"."""
    found = {}
    ages = [float(v) for v in noise(1, range(18, 80))]
    for value in (-999, -99, -9, -1, 999, 9999, 99999):
        cells = [value if i % 9 == 4 else v for i, v in enumerate(ages)]
        name = f"stand_in_{str(value).replace('-', 'minus_')}.csv"
        found[name] = case(with_outcome({"age": cells}), asked={"age": "missing"})
    for value in (-99.9, -999.9, 999.9, 9999.9):
        cells = [value if i % 9 == 4 else v + 0.5 for i, v in enumerate(ages)]
        name = f"stand_in_{str(value).replace('-', 'minus_').replace('.', '_')}.csv"
        found[name] = case(with_outcome({"t": cells}), asked={"t": "missing"})
    for value in (-9999, 1e20):
        cells = [value if i % 9 == 4 else v - 45 for i, v in enumerate(ages)]
        name = f"stand_in_among_negatives_{'large' if value > 0 else 'small'}.csv"
        found[name] = case(with_outcome({"t": cells}), asked={"t": "missing"})
    pressure = [0 if i % 9 == 4 else v + 60 for i, v in enumerate(ages)]
    found["stand_in_zero.csv"] = case(
        with_outcome({"pressure": pressure}), asked={"pressure": "missing"}
    )
    for place, word in enumerate(("-", "none", "nil", "missing", "unknown", ".")):
        cells = [word if i % 7 == 2 else v for i, v in enumerate(noise(place, ["mild", "severe"]))]
        table = with_outcome({"severity": cells})
        found[f"level_{place}.csv"] = case(
            table, read={"severity": cells}, asked={"severity": "missing"}
        )
    signs = noise(3, ["+", "-"])
    found["level_signs.csv"] = case({"x": floats(1), "A16": signs}, read={"A16": signs})
    countries = noise(4, ["DE", "NA", "FR", "US"])
    found["level_namibia.csv"] = case(
        with_outcome({"country": countries}), read={"country": countries}
    )
    words = [v if v != "NA" else None for v in noise(5, ["red", "NA", "blue"])]
    table = with_outcome({"colour": [v or "NA" for v in words]})
    found["level_na.csv"] = case(table, read={"colour": words})
    return found
