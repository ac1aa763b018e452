"""Codes for "no answer" in questionnaires, and labels that may be one; false alarms too."""

from __future__ import annotations

from typing import Any

from corpus.files import ROWS, Case, case, noise, with_outcome
from corpus.files import numbers as floats

_QUIET = ["missing", "spelling", "similar"]


def _with(values: list[Any], codes: list[Any], every: int = 6) -> list[Any]:
    """Some of the values replaced by codes."""
    return [codes[i // every % len(codes)] if i % every == 2 else v for i, v in enumerate(values)]


def answers() -> dict[str, Case]:
    """Coded missing values among plausible numbers are asked about, with the codes and nothing else."""
    scale, binary, month_days = noise(31, range(1, 6)), noise(32, [1, 2]), noise(33, range(31))
    ages, words = noise(34, range(18, 81)), noise(35, ["agree", "neither", "disagree"])
    cases: dict[str, tuple[list[Any], list[Any]]] = {
        "scale_9": (scale, [9]),
        "scale_8_9": (scale, [8, 9]),
        "yes_no_9": (binary, [9]),
        "yes_no_7_9": (binary, [7, 9]),
        "zero_one_9": (noise(36, [0, 1]), [9]),
        "days_77_88_99": (month_days, [77, 88, 99]),
        "days_88": (month_days, [88]),
        "age_98_99": (ages, [98, 99]),
        "age_99": (ages, [99]),
        "hours_998": (noise(37, range(80)), [998, 999]),
        "income_9998": (noise(38, range(200, 4000)), [9998]),
        "score_999": (noise(39, range(300, 850)), [999]),
        "minus_1_of_two": (noise(40, [0, 1]), [-1]),
        "minus_9_of_four": (noise(41, range(1, 5)), [-9]),
        "minus_8_9": (noise(42, range(1, 5)), [-8, -9]),
        "minus_99_few": (binary, [-99]),
        "panel": (noise(43, range(11)), [-1, -2, -5, -8]),
        "text_99": (words, ["99"]),
        "text_minus_9": (words, ["-9"]),
        "text_refused": (words, ["Refused"]),
        "text_dont_know": (words, ["Don't know"]),
        "decimals_99": ([v + 0.5 for v in noise(44, range(40))], [99]),
    }
    found = {}
    for name, (values, codes) in cases.items():
        cells = _with(values, codes, every=8 if name == "minus_1_of_two" else 6)
        right = [None if cell in codes else cell for cell in cells]
        found[f"survey_{name}.csv"] = case(
            with_outcome({"q": cells}), read={"q": cells}, mended={"q": ["missing", right]}
        )
    return found


def regular() -> dict[str, Case]:
    """Regular values and levels, about which nothing may be asked."""
    ages = noise(45, range(18, 100))
    ages[3] = 99
    percent = noise(46, range(101))
    percent[5], percent[6] = 99, 98
    temperatures = noise(47, range(-3, 25))
    temperatures[8], temperatures[9], temperatures[10] = -1, -2, 0
    columns: dict[str, list[Any]] = {
        "ages": ages,
        "percentages": percent,
        "two_figures": noise(48, range(100)),
        "scale_of_ten": noise(49, range(1, 11)),
        "scale_of_nine": noise(50, range(1, 10)),
        "balance": noise(51, [-2, -1, 0, 1, 2]),
        "counts": [*noise(52, [0, 0, 0, 1, 1, 2, 3])[:-1], 8],
        "cylinders": noise(53, [3, 4, 5, 6, 8]),
        "temperatures": temperatures,
        "prices": noise(54, [499, 599, 699, 799, 899, 999]),
        "years": noise(55, range(70, 100)),
        "old": [*noise(56, range(20, 90))[:-1], 99],
        "groups": noise(57, ["group A", "group B", "group C", "group D"]),
        "pain": noise(58, ["typical", "atypical", "typical", "other"]),
        "directions": noise(59, ["northeast", "northwest", "southeast", "southwest"]),
        "genders": noise(60, ["maestro", "maestra", "maestro"]),
        "countries": noise(61, ["Austria", "Australia", "Slovakia", "Slovenia"]),
        "stages": noise(62, ["stage I", "stage II", "stage III", "stage IV"]),
        "two_ranges": noise(63, ["<=50K", ">50K"]),
        "levels_with_numbers": noise(64, ["1. White", "2. Black", "3. Asian"]),
        "plates": noise(65, ["AB12", "AC12", "AD12"]),
        "close": noise(66, ["inner", "outer", "other"]),
    }
    return {
        f"regular_{name}.csv": case(
            with_outcome({"v": cells, "x": floats(1)}), read={"v": cells}, quiet={"v": _QUIET}
        )
        for name, cells in columns.items()
    }


def slips() -> dict[str, Case]:
    """Labels that may be the same."""
    some = [i % 7 == 3 for i in range(ROWS)]
    pairs = {
        "plural": ("pet", "cat", "cats", "dog"),
        "plural_y": ("place", "city", "cities", "village"),
        "plural_words": ("job", "craft worker", "craft workers", "clerk"),
        "sex": ("sex", "Female", "Femal", "Male"),
        "sex_unnamed": ("v7", "female", "femlae", "male"),
        "race": ("race", "Hispanic", "Hispaic", "White"),
        "one_word": ("work", "self employed", "selfemployed", "private"),
        "letter": ("status", "married", "maried", "single"),
    }
    found = {}
    for name, (column, usual, odd, other) in pairs.items():
        right = [usual if i % 2 else other for i in range(ROWS)]
        cells = [odd if s and v == usual else v for s, v in zip(some, right, strict=True)]
        found[f"label_like_{name}.csv"] = case(
            with_outcome({"x": floats(1), column: cells}),
            read={column: cells},
            mended={column: ["similar", right]},
        )
    cells = [("Self-employed", "self employed")[i % 2] for i in range(ROWS)]
    cells[::3] = ["private"] * len(cells[::3])
    found["label_like_hyphen.csv"] = case(
        with_outcome({"x": floats(1), "work": cells}), asked={"work": "spelling"}
    )
    return found
