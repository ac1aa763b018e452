"""Columns that mix notations, and notations that are easily taken for another."""

from __future__ import annotations

import random
from typing import Any

from corpus.files import ROWS, Case, case, noise, with_outcome
from corpus.files import numbers as floats


def mixtures() -> dict[str, Case]:
    """What is right about each, or the problem by which it is told."""
    rng = random.Random(71)
    digits = [str(rng.randrange(100_000, 999_999)) for _ in range(ROWS)]
    comma = [f"{v:.2f}".replace(".", ",") for v in floats(2)]
    bands = noise(72, ["0,5-1,5", "1,5-2,5", "2,5-4,0", ">4,0"])
    middles = {"0,5-1,5": 1.0, "1,5-2,5": 2.0, "2,5-4,0": 3.25, ">4,0": 4.0}
    times = noise(73, ["1 to 3 times", "4 to 6 times", "more than 6 times", "never"])
    often = {"1 to 3 times": 2.0, "4 to 6 times": 5.0, "more than 6 times": 6.0, "never": None}
    clock = noise(74, ["9.30 Uhr", "14.05 Uhr", "18 Uhr"])
    hours = {"9.30 Uhr": 9.5, "14.05 Uhr": 14 + 5 / 60, "18 Uhr": 18.0}
    rooms = noise(75, ["1 room", "2 rooms", "3 rooms", "4 rooms"])
    wrong = [f"{d} marro 2020" for d in range(1, ROWS // 4)]
    day = [*wrong, *[f"{d} março 2020" for d in noise(76, range(1, 29))][len(wrong) :]]
    asked: dict[str, tuple[list[Any], str]] = {
        "hexadecimal_among_digits": ([*digits[:-1], "A3F09B"], "partly"),
        "exponent_among_digits": ([*digits[:-1], "1E4000"], "id"),
        "quarters_and_years": (noise(77, ["2020Q1", "2020Q2", "2020"]), "digits"),
        "fifth_quarter": (noise(78, ["2020Q1", "2020Q2", "2020Q5"]), "digits"),
        "durations_and_numbers": (noise(79, ["1h 30m", "45", "2h", "90"]), "digits"),
        "percent_and_fractions": (noise(80, ["1/2", "50%", "0.25", "3/4"]), "digits"),
        "ranges_made_days": (noise(81, ["20-29", "10-Dec", "1-4", "05-Sep"]), "mangled"),
        "days_without_year": ([f"{d}. mars" for d in noise(82, range(1, 29))], "months"),
        "words_before_dates": ([f"Xyz, {d:02d}.01.2020" for d in noise(83, range(1, 29))], "words"),
        "months_of_which_one_is_wrong": (day, "partly"),
        "year_and_month": ([2010_00 + 100 * (i % 9) + 1 + i * 5 % 12 for i in range(ROWS)], "dates"),
        "rounded_identifiers": ([f"{rng.randrange(10**6, 10**7)}0000000" for _ in range(ROWS)], "id"),
        "units": (noise(84, ["70 kg", "154 lb", "80 kg"]), "units"),
        "versions": (noise(85, ["1.1", "1.10", "1.2", "1.9"]), "versions"),
    }  # fmt: skip
    found = {}
    for name, (cells, code) in asked.items():
        column = "version" if name == "versions" else "v"
        table = with_outcome({column: cells, "x": floats(1)})
        found[f"mixture_{name}.csv"] = case(table, asked={column: code})
    found["mixture_decimal_comma_ranges.csv"] = case(
        with_outcome({"dose": bands, "amount": comma}),
        ";",
        read={"amount": floats(2)},
        mended={"dose": ["ranges", [middles[v] for v in bands]]},
    )
    found["mixture_ranges_and_never.csv"] = case(
        with_outcome({"often": times}), mended={"often": ["ranges", [often[v] for v in times]]}
    )
    found["mixture_german_clock.csv"] = case(
        with_outcome({"start": clock}), read={"start": [hours[v] for v in clock]}
    )
    found["mixture_rooms.csv"] = case(
        with_outcome({"size": rooms}), mended={"size": ["ordered", [int(v[0]) for v in rooms]]}
    )
    sex = noise(86, ["Female", "Male", "FEMALE", "femlae", "9"])
    found["mixture_sex.csv"] = case(
        with_outcome({"v": sex, "x": floats(1)}),
        read={"v": sex},
        asked={"v": "similar"},
        roles={"v": "sensitive"},
    )
    scores = [f"{v} out of 12" for v in noise(87, range(1, 13))]
    found["mixture_out_is_no_month.csv"] = case(
        with_outcome({"v": scores}),
        mended={"v": ["fractions", [int(v.split()[0]) / 12 for v in scores]]},
    )
    return found
