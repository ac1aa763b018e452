"""Tables with the columns of real ones, and what must be noticed in them, and nothing else."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping, Sequence
from typing import Any

from corpus.files import Case, text

_ROWS = 120
_RNG = random.Random(7)
Table = Mapping[str, Sequence[Any]]


def _pick(*levels: Any) -> list[Any]:
    return _RNG.choices(levels, k=_ROWS)


def _whole(low: int, high: int) -> list[int]:
    return [_RNG.randint(low, high) for _ in range(_ROWS)]


def _real(low: float, high: float, places: int = 2) -> list[float]:
    return [round(_RNG.uniform(low, high), places) for _ in range(_ROWS)]


def _every(step: int, odd: Any, cells: Sequence[Any]) -> list[Any]:
    """The cells; every so many is replaced."""
    return [odd if i % step == 0 else cell for i, cell in enumerate(cells)]


def _day() -> dt.date:
    return dt.date(2018, 1, 1) + dt.timedelta(days=_RNG.randrange(900))


def _table(columns: Table, separator: str = ",", **right: Any) -> Case:
    return Case(text(columns, separator).encode(), right)


def tables() -> dict[str, Case]:
    """``only`` has all questions that stay open; ``roles`` those that are no inputs."""
    ages = _whole(18, 80)
    male = _pick(True, False)
    quantity, price = _whole(1, 9), _real(3, 90)
    casual, registered = _whole(0, 900), _whole(20, 6000)
    may = {"age": ["sensitive"]}
    return {
        "table_staff.csv": _table(
            {
                "Age": ages, "Attrition": _pick("Yes", "No", "No"), "DailyRate": _whole(100, 1500),
                "Department": _pick("Sales", "Research & Development"), "Education": _whole(1, 5),
                "EmployeeCount": [1] * _ROWS, "EmployeeNumber": _RNG.sample(range(2000), _ROWS),
                "EnvironmentSatisfaction": _whole(1, 4), "Gender": _pick("Male", "Female"),
                "JobLevel": _whole(1, 5), "Over18": ["Y"] * _ROWS, "StockOptionLevel": _whole(0, 3),
                "YearsAtCompany": _whole(0, 40),
            },
            roles={
                "Attrition": "target", "EmployeeCount": "ignore", "EmployeeNumber": "id",
                "Gender": "sensitive", "Over18": "ignore",
            },
            only={"Age": ["sensitive"], "Education": ["codes"]},
        ),
        "table_loans.csv": _table(
            {
                "": range(1, _ROWS + 1), "SeriousDlqin2yrs": _pick(0, 0, 0, 1),
                "RevolvingUtilization": _real(0, 1, 9), "age": ages,
                "NumberOfTimes90DaysLate": _every(50, 98, _every(70, 96, _whole(0, 3))),
                "MonthlyIncome": _every(7, "NA", _whole(1000, 15_000)),
                "NumberOfDependents": _pick(0, 1, 2, 3),
            },
            roles={"column 1": "id", "SeriousDlqin2yrs": "target"},
            only={**may, "NumberOfTimes90DaysLate": ["missing"]},
        ),
        "table_patients.csv": _table(
            {
                "Pregnancies": _whole(0, 14), "Glucose": _every(40, 0, _whole(60, 199)),
                "SkinThickness": _every(3, 0, _whole(7, 60)), "BMI": _every(50, 0, _real(18, 50, 1)),
                "DiabetesPedigreeFunction": _real(0.08, 2.4, 3), "Outcome": _pick(0, 1),
            },
            roles={"Outcome": "target"},
            only={name: ["missing"] for name in ("Glucose", "SkinThickness", "BMI")},
        ),
        "table_defendants.csv": _table(
            {
                "id": range(1, _ROWS + 1), "sex": _pick("Male", "Female"), "age": ages,
                "race": _pick("African-American", "Caucasian", "Hispanic", "Other"),
                "juv_fel_count": _pick(0, 0, 1, 2), "priors_count": _whole(0, 30),
                "c_charge_degree": _pick("F", "M"), "two_year_recid": _pick(0, 1),
            },
            roles={"id": "id", "sex": "sensitive", "race": "sensitive", "c_charge_degree": "input"},
            only=may,
        ),
        "table_hire_of_bicycles.csv": _table(
            {
                "instant": range(1, _ROWS + 1), "season": _whole(1, 4), "yr": _pick(0, 1),
                "temp": _real(0, 1, 6),
                "casual": casual, "registered": registered,
                "cnt": [a + b for a, b in zip(casual, registered, strict=True)],
            },
            roles={"cnt": "target"},
            only={"instant": ["id"], "season": ["codes"], "casual": ["leak"], "registered": ["leak"]},
        ),
        "table_shop.csv": _table(
            {
                "order_id": [f"O-{1000 + i}" for i in range(_ROWS)],
                "customer_id": _RNG.choices(range(10_000, 10_200), k=_ROWS),
                "order_date": [f"{_day():%d/%m/%Y}" for _ in range(_ROWS)],
                "unit_price": [f"${v:.2f}" for v in price], "quantity": quantity,
                "discount": _pick("0%", "5%", "10%", "20%"), "rating": _pick(1, 2, 3, 4, 5),
                "country": _pick("DE", "FR", "US"),
                "total": [f"${a * b:,.2f}" for a, b in zip(quantity, price, strict=True)],
            },
            roles={"order_id": "id", "customer_id": "id", "total": "target"},
            only={"unit_price": ["leak"], "quantity": ["leak"]},
        ),
        "table_phone_contracts.csv": _table(
            {
                "customerID": [f"{v}-{''.join(_RNG.choices('ABCDE', k=5))}" for v in _whole(1000, 9999)],
                "gender": _pick("Male", "Female"), "SeniorCitizen": _pick(0, 1), "tenure": _whole(0, 72),
                "Contract": _pick("Month-to-month", "One year", "Two year"),
                "TotalCharges": _every(50, " ", _real(18, 8000)),
                "Churn": _pick("Yes", "No"),
            },
            roles={"customerID": "id", "gender": "sensitive", "Churn": "target"},
            only={},
        ),
        "table_stones.csv": _table(
            {
                "carat": _real(0.2, 3), "cut": _pick("Ideal", "Premium", "Good", "Very Good", "Fair"),
                "clarity": _pick("SI2", "SI1", "VS1", "IF"), "price": _whole(326, 18_823), "x": _real(3, 9),
                "y": _real(3, 9), "z": _real(2, 6),
            },
            roles={"price": "target"}, only={},
        ),
        "table_german_staff.csv": _table(
            {
                "Personalnummer": [f"{v:06d}" for v in _RNG.sample(range(99_999), _ROWS)],
                "Geschlecht": ["m" if one else "w" for one in male],
                "Eintritt": [f"{_day():%d.%m.%Y}" for _ in range(_ROWS)],
                "Gehalt": [f"{v:,.2f}".translate(str.maketrans(",.", ".,")) for v in _real(2000, 9000)],
                "Wochenstunden": _pick("38,5", "40", "20", "19,25"), "Beendet": _pick("ja", "nein"),
            },
            ";", roles={"Personalnummer": "id", "Geschlecht": "sensitive", "Beendet": "target"}, only={},
        ),
        "table_survey.csv": _table(
            {
                "age": ages, **{f"q{i}": _whole(1, 5) for i in range(1, 7)}, "mood": _pick("*", "**", "***"),
                "q7_other": _pick("Selected", None), "satisfied": _pick("Yes", "No"),
            },
            roles={"satisfied": "target", "q7_other": "input"}, only=may, told="steps of a scale",
        ),
        "table_flights.csv": _table(
            {
                "year": [2013] * _ROWS, "month": _whole(1, 12),
                "dep_time": [100 * h + m for h, m in zip(_whole(5, 23), _whole(0, 59), strict=True)],
                "carrier": _pick("UA", "AA", "B6"), "distance": _pick(1400, 1416, 1089, 762, 719),
                "air_time": _whole(20, 600), "arr_delay": _whole(-60, 300),
            },
            roles={"year": "ignore", "arr_delay": "target"}, only={"dep_time": ["clock"]},
        ),
    }  # fmt: skip


def leaks() -> dict[str, Case]:
    """The outcome by empty cells, as a sum, a mean or a product."""
    x, outcome = _real(0, 100), _RNG.sample(["no", "yes", "yes"] * (_ROWS // 3), _ROWS)
    days = [str(_day()) if one == "yes" else None for one in outcome]
    slips = [bool(one) != (i in (7, 90)) for i, one in enumerate(days)]
    parts = {name: _whole(0, 100) for name in ("reading", "writing", "sums")}
    rows = list(zip(*parts.values(), strict=True))
    weight, height = _real(50, 120, 1), _real(1.5, 2)
    odds = [None if i % 3 else v for i, v in enumerate(_real(0, 9))]
    found: dict[str, tuple[Table, dict[str, list[str]]]] = {
        "empty_days": ({"x": x, "ended": days, "outcome": outcome}, {"ended": ["leak"]}),
        "empty_numbers": (
            {
                "x": x, "refund": [v if one else None for v, one in zip(x, days, strict=True)],
                "outcome": outcome,
            },
            {"refund": ["leak"]},
        ),
        "empty_nearly": (
            {
                "x": x, "refund": [v if one else None for v, one in zip(x, slips, strict=True)],
                "outcome": outcome,
            },
            {"refund": ["leak"]},
        ),
        "empty_by_chance": ({"x": x, "refund": odds, "outcome": outcome}, {"refund": ["gaps"]}),
        "sum_of_three": (
            {"x": x, **parts, "score": [sum(row) for row in rows]}, {name: ["leak"] for name in parts},
        ),
        "mean_of_three": (
            {"x": x, **parts, "score": [round(sum(row) / 3, 1) for row in rows]},
            {name: ["leak"] for name in parts},
        ),
        "ratio": (
            {
                "x": x, "weight": weight, "height": height,
                "score": [round(a / b**2, 2) for a, b in zip(weight, height, strict=True)],
            },
            {"weight": ["leak"], "height": ["leak"]},
        ),
        "no_sum": (
            {"x": x, **parts, "score": [sum(row) + v for row, v in zip(rows, _whole(-9, 9), strict=True)]},
            {},
        ),
    }  # fmt: skip
    return {
        f"tells_by_{name}.csv": _table(table, only=only) for name, (table, only) in found.items()
    }


def roles() -> dict[str, Case]:
    """Weights, splits and identifiers under further names."""
    x, outcome = _real(0, 100), _pick("no", "yes")
    codes = _RNG.sample(range(10**5, 10**6), _ROWS)
    found = {}
    for name in ("perwt", "final_weight", "PWGTP", "survey_weight"):
        found[f"role_{name}.csv"] = _table(
            {name: _whole(50, 900), "x": x, "outcome": outcome}, roles={name: "weight"}, only={}
        )
    found["role_usage.csv"] = _table(
        {"Usage": _pick("Training", "PublicTest", "PrivateTest"), "x": x, "outcome": outcome},
        roles={"Usage": "split"}, only={},
    )  # fmt: skip
    for name in ("is_train", "test"):
        table = {name: _pick(True, False), "x": x, "outcome": outcome}
        found[f"role_{name}.csv"] = _table(table, only={name: ["split"]})
    for name, cells, role in (
        ("MRN", codes, "id"), ("tailnum", [f"N{v}" for v in codes], "id"), ("subject", codes, "input"),
        ("host_name", _pick(*(f"Person {c}" for c in "ABCDEFGHIJKLMNO")), "input"),
    ):  # fmt: skip
        asked = {} if role == "id" else {name: ["id"]}
        table = {name: cells, "x": x, "outcome": outcome}
        found[f"role_id_{name}.csv"] = _table(table, roles={name: role}, only=asked)
    return found
