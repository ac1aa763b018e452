"""Columns: labels, identifiers, roles, and columns that tell others."""

from __future__ import annotations

import random
import unicodedata

from corpus.files import ROWS, Case, case, noise, with_outcome
from corpus.files import numbers as floats


def labels() -> dict[str, Case]:
    """Spellings of one label."""
    variants = {
        "case": ("sex", "F", "f"),
        "dot": ("class", ">50K", ">50K."),
        "yes": ("smoker", "Yes", "yes"),
        "hyphen": ("status", "never-married", "never married"),
        "underscore": ("job", "at_home", "at home"),
        "full_width": ("group", "A1", "\uff21\uff11"),
        "abbreviation": ("gender", "female", "f"),
        "apostrophe": ("answer", "don't know", "don\u2019t know"),
        "accent": ("town", "S\u00e3o Paulo", "Sao Paulo"),
        "umlaut": ("town", "M\u00fcnchen", "Muenchen"),
        "cyrillic": ("sex", "M", "\u041c"),
        "greek": ("grade", "A", "\u0391"),
    }
    found = {}
    for name, (column, usual, rare) in variants.items():
        cells = [usual if i % 2 else "other thing" for i in range(ROWS)]
        cells[5] = rare
        table = with_outcome({"x": floats(1), column: cells})
        found[f"label_{name}.csv"] = case(table, asked={column: "spelling"})
    slips = {
        "slip": ("region", "northeast", "northest"),
        "exchange": ("town", "Berlin", "Beriln"),
    }
    for name, (column, usual, rare) in slips.items():
        cells = [usual if i % 2 else "other thing" for i in range(ROWS)]
        cells[5] = rare
        table = with_outcome({"x": floats(1), column: cells})
        found[f"label_{name}.csv"] = case(table, asked={column: "similar"})
    for name, levels in {
        "truth_digits": ["yes", "no", "1", "0"],
        "truth_words": ["true", "no", "false", "Yes"],
    }.items():
        table = with_outcome({"x": floats(1), "smoker": noise(7, levels)})
        found[f"label_{name}.csv"] = case(table, asked={"smoker": "spelling"})
    mixed = [
        "ma\u00adle" if i % 4 == 1 else "male" if i % 4 == 3 else "female" for i in range(ROWS)
    ]
    mixed[3] = "ma\u00adle"  # the odd spelling is the more common one
    right = ["male" if i % 2 else "female" for i in range(ROWS)]
    found["label_mostly_soft_hyphen.csv"] = case(
        with_outcome({"x": floats(1), "sex": mixed}), read={"sex": right}
    )
    names = [f"p{i % 30}" for i in range(ROWS)]
    names[12] = names[25] = "Total"
    found["label_totals.csv"] = case(
        with_outcome({"x": floats(1), "name": names}), asked={"name": "totals"}
    )
    accent = "Zo\u00eb"
    same = {
        "space": " male",
        "double_space": "ma  le",
        "nbsp": "male\u00a0",
        "zero_width": "ma\u200ble",
        "direction": "\u200emale",
        "byte_order": "\ufeffmale",
        "soft_hyphen": "ma\u00adle",
        "tab": "male\t",
    }
    for name, rare in same.items():
        usual = "ma le" if name == "double_space" else "male"
        cells = [usual if i % 2 else "female" for i in range(ROWS)]
        right = list(cells)
        cells[5] = rare
        found[f"label_{name}.csv"] = case(
            with_outcome({"x": floats(1), "sex": cells}), read={"sex": right}
        )
    cells = [accent if i % 2 else "Max" for i in range(ROWS)]
    right = list(cells)
    cells[5] = unicodedata.normalize("NFD", accent)
    found["label_unicode_form.csv"] = case(
        with_outcome({"x": floats(1), "child": cells}), read={"child": right}
    )
    return found


def identifiers() -> dict[str, Case]:
    """Columns that name or number the rows."""
    rng = random.Random(3)
    shuffled = rng.sample(range(1, ROWS + 1), ROWS)
    codes = rng.sample(range(10**6, 10**7), ROWS)
    columns = {
        "PassengerId": range(1, ROWS + 1),
        "RowNumber": range(ROWS),
        "row_id": range(ROWS),
        "Id": shuffled,
        "CustomerId": codes,
        "customerid": codes,
        "student_no": codes,
        "index": range(ROWS),
        "": range(ROWS),
        "Unnamed: 0": range(ROWS),
        "__index_level_0__": range(ROWS),
        "uuid": [f"{v:032x}" for v in codes],
        "email": [f"p{v}@example.org" for v in codes],
        "key": [f"k{v}" for v in codes],
        "account": [10**17 + v for v in codes],
        "zip_code": codes,
        "dist_cod": codes,
        "matriculation": codes,
    }
    found = {}
    for name, cells in columns.items():
        file = "".join(char if char.isalnum() else "_" for char in name) or "no_name"
        shown = name or "column 1"
        table = with_outcome({name: list(cells), "x": floats(1)})
        found[f"id_{file}{'_lower' if name == 'customerid' else ''}.csv"] = case(
            table, roles={shown: "id"}
        )
    households = [v % 13 for v in shuffled]
    for name, cells in {
        "Order": range(ROWS),
        "place": shuffled,
        "household_id": households,
    }.items():
        table = with_outcome({name: list(cells), "x": floats(1)})
        found[f"id_perhaps_{name}.csv"] = case(table, asked={name: "id"})
    table = with_outcome({"year": range(1980, 1980 + ROWS), "x": floats(1)})
    found["id_not_years.csv"] = case(table, roles={"year": "input"})
    names = [f"{v} Road, House" for v in codes]
    found["id_texts.csv"] = case(
        with_outcome({"address": names, "x": floats(1)}), roles={"address": "id"}
    )
    return found


def relations() -> dict[str, Case]:
    """Columns from which the outcome, or a group, can be read."""
    x, noise_ = floats(1), noise(11, ["no", "yes"])
    sex = noise(12, ["female", "male"])
    amounts = floats(2, 100, 900)
    parts = [
        [round(v * share, 3) for v in floats(seed, 10, 90)] for seed, share in ((3, 1), (4, 1))
    ]
    tables = {
        "copy": (
            {"x": x, "hint": [v == "yes" for v in noise_], "outcome": noise_},
            {"hint": "leak"},
        ),
        "numbers": (
            {"x": x, "hint": [2 if v == "yes" else 5 for v in noise_], "outcome": noise_},
            {"hint": "leak"},
        ),
        "threshold": (
            {"hint": x, "outcome": ["high" if v > 2000 else "low" for v in x]},
            {"hint": "leak"},
        ),
        "logarithm": (
            {"x": x, "hint": [round(v**0.5, 9) for v in amounts], "outcome": amounts},
            {"hint": "leak"},
        ),
        "unit": (
            {"x": x, "hint": [v * 2.54 for v in amounts], "outcome": amounts},
            {"hint": "leak"},
        ),
        "sum": (
            {
                "x": x,
                "a": parts[0],
                "b": parts[1],
                "outcome": [a + b for a, b in zip(*parts, strict=True)],
            },
            {"a": "leak", "b": "leak"},
        ),
        "nearly": (
            {
                "x": x,
                "hint": [("maybe" if i == 7 else v) for i, v in enumerate(noise_)],
                "outcome": noise_,
            },
            {"hint": "leak"},
        ),
        "finer": (
            {"x": x, "hint": [v + str(i % 3) for i, v in enumerate(noise_)], "outcome": noise_},
            {"hint": "leak"},
        ),
        "group_copy": (
            {"x": x, "sex": sex, "title": ["Mrs" if v == "female" else "Mr" for v in sex]},
            {"title": "proxy"},
        ),
        "group_finer": (
            {
                "x": x,
                "sex": sex,
                "title": [
                    ("Mr" if v == "male" else ("Mrs", "Ms")[i % 2]) for i, v in enumerate(sex)
                ],
            },
            {"title": "proxy"},
        ),
        "group_nearly": (
            {"x": x, "sex": sex, "dress": ["?x" if i == 3 else v[0] for i, v in enumerate(sex)]},
            {"dress": "proxy"},
        ),
        "inputs": ({"colour": noise(6, ["r", "g", "b"])}, {"code": "copy"}),
    }
    tables["inputs"][0]["code"] = [
        {"r": 7, "g": 3, "b": 9}[v] for v in tables["inputs"][0]["colour"]
    ]
    found = {}
    for name, (table, asked) in tables.items():
        whole = table if "outcome" in table else with_outcome(table)
        found[f"tells_{name}.csv"] = case(whole, asked=asked)
    return found


def roles() -> dict[str, Case]:
    """Columns that are no inputs by their meaning."""
    x = floats(1)
    split = ["train" if i % 4 else "test" for i in range(ROWS)]
    tables = {
        "weight": ({"fnlwgt": noise(1, range(9000, 99999)), "x": x}, {"fnlwgt": "weight"}),
        "split": ({"split": split, "x": x}, {"split": "split"}),
        "gender": ({"Gender": noise(2, ["F", "M"]), "x": x}, {"Gender": "sensitive"}),
        "race": ({"race": noise(3, ["White", "Black", "Asian"]), "x": x}, {"race": "sensitive"}),
        "by_levels": ({"v7": noise(2, ["Female", "Male"]), "x": x}, {"v7": "sensitive"}),
        "constant": ({"country": ["DE"] * ROWS, "x": x}, {"country": "ignore"}),
        "empty": ({"remark": [None] * ROWS, "x": x}, {"remark": "ignore"}),
        "free_text": (
            {"remark": [f"note {v % 30} of {v}" for v in noise(4, range(900))], "x": x},
            {"remark": "ignore"},
        ),
    }
    found = {
        f"role_{name}.csv": case(with_outcome(table), roles={**right, "outcome": "target"})
        for name, (table, right) in tables.items()
    }
    gaps = with_outcome(
        {"deck": [v if i % 5 == 0 else None for i, v in enumerate(noise(5, "ABC"))], "x": x}
    )
    found["role_gaps.csv"] = case(gaps, asked={"deck": "gaps"})
    codes = with_outcome({"cp": noise(6, range(4)), "x": x})
    found["role_codes.csv"] = case(codes, asked={"cp": "codes"})
    return found
