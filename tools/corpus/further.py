"""More notations of numbers, days, labels and gaps, tried after the rules for the other files were there."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Sequence
from typing import Any

from corpus.files import ROWS, Case, case, noise, with_outcome
from corpus.files import numbers as floats

_RNG = random.Random(2026)
_DAYS = [
    dt.datetime(2018, 1, 1) + dt.timedelta(days=_RNG.randrange(900), seconds=_RNG.randrange(86_400))
    for _ in range(ROWS)
]
_EVERY = 5  # rows between odd cells


def _column(cells: Sequence[Any], separator: str = ",", name: str = "v", **right: Any) -> Case:
    return case(with_outcome({name: cells, "x": floats(1)}), separator, **right)


def numbers() -> dict[str, Case]:
    """Signs, currencies and marks around numbers, and what only looks like a number."""
    values = floats(61, 1000, 9999)
    signed = [-v if i % _EVERY == 0 else v for i, v in enumerate(values)]
    prices = [float(v) if i % 3 else v + 0.5 for i, v in enumerate(noise(62, range(10, 99)))]
    forms: dict[str, Callable[[float], str]] = {
        "dollar_before_parentheses": lambda v: f"$({-v:,.2f})" if v < 0 else f"${v:,.2f}",
        "dollar_in_parentheses": lambda v: f"($ {-v:,.2f})" if v < 0 else f"$ {v:,.2f}",
        "minus_before_dollar": lambda v: f"-${-v:,.2f}" if v < 0 else f"${v:,.2f}",
        "minus_behind": lambda v: f"{abs(v):.2f}{'-' if v < 0 else ''}",
        "en_dash": lambda v: f"{v:.2f}".replace("-", "\u2013"),
        "minus_and_space": lambda v: f"- {-v:.2f}" if v < 0 else f"{v:.2f}",
        "real_minus_thousands": lambda v: f"{v:,.2f}".replace("-", "\u2212"),
        "full_width_minus": lambda v: f"{v:.2f}".replace("-", "\uff0d"),
    }
    found = {
        f"sign_{name}.csv": _column([write(v) for v in signed], read={"v": signed})
        for name, write in forms.items()
    }
    for name, dash in {"dash": ",-", "dashes": ",--", "long_dash": ",\u2013"}.items():
        cells = [f"{v:.2f}".replace(".", ",") if v % 1 else f"{v:.0f}{dash}" for v in prices]
        found[f"sign_even_price_{name}.csv"] = _column(cells, ";", read={"v": prices})
    francs = [f"CHF {v:,.2f}".replace(",", "'") for v in values]
    found["sign_francs.csv"] = _column(francs, read={"v": values})
    shares = [f"{v:.0f}%" if i % 2 else f"{v / 100:.2f}" for i, v in enumerate(prices)]
    houses = [f"{n}{('a', 'b', '')[i % 3]}" for i, n in enumerate(noise(65, range(1, 30)))]
    for name, cells, code in (
        ("currencies_in_words", [f"{'EUR' if i % 2 else 'USD'} {v}" for i, v in enumerate(values)], "units"),
        ("percent_and_shares", shares, "units"),
        ("celsius_and_fahrenheit", [f"{v:.1f}°{'CF'[i % 2]}" for i, v in enumerate(prices)], "units"),
        ("credit_and_debit", [f"{v:.2f} {'CR' if i % 3 else 'DR'}" for i, v in enumerate(prices)], "units"),
        ("versions", noise(63, ["1.1", "1.10", "1.2", "1.20", "2.0"]), "versions"),
        ("chapters", noise(64, ["3.1", "3.10", "3.2", "4", "4.1"]), "versions"),
        ("house_numbers", houses, "letters"),
        ("seats", [f"{n}{'ABCD'[i % 4]}" for i, n in enumerate(noise(66, range(1, 12)))], "letters"),
        ("short_days", [f"{d:%y%m%d}" for d in _DAYS], "short_dates"),
        ("short_births", [f"{d.replace(year=d.year - 60):%d%m%y}" for d in _DAYS], "short_dates"),
        ("metres", [f"{n}m" if i % 2 else n for i, n in enumerate(noise(60, range(5, 90)))], "units"),
        ("feet", noise(67, ["5'11\"", "6'0\"", "5'7\"", "5'4\""]), "digits"),
        ("pressure", noise(68, ["120/80", "135/85", "110/70", "150/95"]), "fractions"),
        ("clock", noise(69, [h * 100 + m for h in range(5, 23) for m in range(0, 60, 7)]), "clock"),
    ):  # fmt: skip
        column = "dep_time" if name == "clock" else "v"
        found[f"sign_{name}.csv"] = _column(cells, name=column, asked={column: code})
    thousands = noise(59, range(10, 900))
    found["sign_thousands_of_dollars.csv"] = _column(
        [f"${v}k" for v in thousands], read={"v": thousands}
    )
    industries = noise(58, [541_511, 722_511, 621_111, 238_220])
    found["sign_industries.csv"] = _column(industries, asked={"v": "codes"})
    steps = noise(57, ["1 - never", "2", "3", "4", "5 - always"])
    found["sign_steps_with_words.csv"] = _column(
        steps, mended={"v": ["ordered", [int(one[0]) for one in steps]]}
    )
    typed = [f"{v:.1f}" if v % 1 else f"{v:.0f}" for v in prices]
    found["sign_places_by_hand.csv"] = _column(typed, read={"v": prices})
    cents = noise(70, ["1.50", "1.05", "2.5", "3.00", "12.95"])
    found["sign_prices_are_no_versions.csv"] = _column(
        cents, read={"v": [float(v) for v in cents]}, quiet={"v": ["versions", "codes"]}
    )
    return found


def days() -> dict[str, Case]:
    """Days and moments as programs log them."""
    right = [f"{day:%Y-%m-%d}" for day in _DAYS]
    summer = [f"{day - dt.timedelta(hours=2):%Y-%m-%d}" for day in _DAYS]
    west = [f"{day + dt.timedelta(hours=5):%Y-%m-%d}" for day in _DAYS]
    forms: dict[str, tuple[str, list[str]]] = {
        "of_c": ("%a %b %d %H:%M:%S %Y", right),
        "of_unix": ("%a %b %d %H:%M:%S UTC %Y", right),
        "compact_zulu": ("%Y%m%dT%H%M%SZ", right),
        "compact_minutes": ("%Y%m%dT%H%M", right),
        "zone_name": ("%Y-%m-%d %H:%M CEST", summer),
        "zone_american": ("%m/%d/%Y %I:%M %p EST", west),
        "zone_gmt": ("%Y-%m-%d %H:%M GMT+2", summer),
        "zone_place": ("%Y-%m-%dT%H:%M:%S+02:00[Europe/Berlin]", summer),
        "zone_fraction": ("%Y-%m-%d %H:%M:%S.250+0200", summer),
        "short_year_behind_comma": ("%b %d, %y", right),
        "weekday_behind": ("%d of %B, %Y", right),
    }
    found = {
        f"day_{name}.csv": _column([day.strftime(form) for day in _DAYS], read={"v": cells})
        for name, (form, cells) in forms.items()
    }
    for name, form in {"minutes": "%Y%m%d%H%M", "seconds": "%Y%m%d%H%M%S"}.items():
        found[f"day_number_with_{name}.csv"] = _column(
            [day.strftime(form) for day in _DAYS],
            mended={"v": ["dates", right]},
            quiet={"v": ["id"]},
        )
    epoch = [int((day - dt.datetime(1970, 1, 1)).total_seconds()) for day in _DAYS]
    found["day_epoch.csv"] = _column(
        epoch, name="timestamp", read={"timestamp": epoch}, quiet={"timestamp": ["id"]}
    )
    ages = [(i % 80, i % 12) for i in noise(71, range(900))]
    found["day_years_and_months.csv"] = _column(
        [f"{y}y {m}m" for y, m in ages], name="age", read={"age": [12 * y + m for y, m in ages]}
    )
    zero = [cell if i % _EVERY else "0000-00-00" for i, cell in enumerate(right)]
    known = [None if cell[0] == "0" else cell for cell in zero]
    found["day_zero_among_days.csv"] = _column(zero, read={"v": known})
    return found


def labels() -> dict[str, Case]:
    """Spellings of one level that programs make, and levels that are not one."""
    pairs = {
        "initials": ("USA", "U.S.A."),
        "ampersand": ("R&D", "R & D"),
        "ampersand_word": ("Food & Drink", "Food and Drink"),
        "entity": ("Caf\u00e9", "Caf&eacute;"),
        "entity_ampersand": ("A&B", "A&amp;B"),
        "percent_twenty": ("New York", "New%20York"),
        "quoted": ("male", "'male'"),
        "comma": ("male", "male,"),
        "numbered": ("White", "1. White"),
        "decimal": ("2", "2.0"),
        "tag": ("gold", "<b>gold</b>"),
        "ligature": ("office", "o\ufb03ce"),
        "sharp_s": ("Stra\u00dfe", "Strasse"),
        "turkish": ("\u0130stanbul", "istanbul"),
    }
    found = {}
    for name, (usual, rare) in pairs.items():
        cells = [rare if i in (5, 11) else usual if i % 2 else "another" for i in range(ROWS)]
        found[f"level_pair_{name}.csv"] = _column(cells, asked={"v": "spelling"})
    for name, (usual, rare) in {
        "kashida": ("\u0630\u0643\u0631", "\u0630\u0640\u0643\u0631"),
        "variant": ("\u2764", "\u2764\ufe0f"),
        "wide_space": ("New York", "New\u3000York"),
        "joiner": ("ab", "a\u200db"),
    }.items():
        cells = [rare if i in (5, 11) else usual if i % 2 else "another" for i in range(ROWS)]
        right = [usual if cell == rare else cell for cell in cells]
        found[f"level_same_{name}.csv"] = _column(cells, read={"v": right})
    for name, (code, levels) in {
        "states": ("short", ["CA", "California", "NY", "New York", "TX", "Texas"]),
        "initials": ("short", ["EU", "European Union", "UN", "United Nations"]),
        "genes": ("spoilt", ["SEPT2", "2-Sep", "1-Mar", "TP53", "BRCA1"]),
    }.items():
        found[f"level_{name}.csv"] = _column(noise(74, levels), asked={"v": code})
    for name, levels in {
        "codes_only": ["CA", "NY", "TX", "Other state"],
        "languages": ["EN", "DE", "English (native)", "FR"],
        "grades": ["A", "A-", "A+", "B+", "B"],
        "blood": ["A+", "A-", "AB+", "0-", "0+"],
        "signs": ["+", "-"],
        "more_signs": ["+", "++", "-"],
        "norway": ["NO", "SE", "DK", "FI"],
        "grades_in_words": ["good", "very good", "poor"],
    }.items():
        cells = noise(72, levels)
        found[f"level_apart_{name}.csv"] = _column(
            cells, read={"v": cells}, quiet={"v": ["spelling", "missing", "similar", "short"]}
        )
    return found


def gaps() -> dict[str, Case]:
    """Marks and numbers for a missing value, and boxes that are ticked or empty."""
    values = floats(73, 1, 9)
    found = {}
    for mark in ("<null>", "(null)", "n/v", "*", "\u2013", "keine", ".a", "(blank)"):
        cells = [mark if i % _EVERY == 0 else v for i, v in enumerate(values)]
        right = [None if cell == mark else cell for cell in cells]
        name = "".join(f"{ord(char):x}" for char in mark)
        found[f"gap_mark_{name}.csv"] = _column(cells, read={"v": right})
        if mark == "n/v":
            cells = [str(cell).replace(".", ",") for cell in cells]
            found["gap_mark_decimal_comma.csv"] = _column(cells, ";", read={"v": right})
    numbers_ = {
        "times_96_98": [96 if i == 3 else 98 if i == 30 else v for i, v in enumerate(noise(74, range(12)))],
        "huge": [1e99 if i % _EVERY == 0 else v for i, v in enumerate(values)],
        "smallest_integer": [-(2**31) if i % 9 == 0 else v for i, v in enumerate(noise(75, range(900)))],
        "zero_of_fold": [0 if i % 4 == 0 else v for i, v in enumerate(noise(76, range(7, 25)))],
        "zero_of_half": [0 if i % 2 else v for i, v in enumerate(noise(77, range(300, 340)))],
    }  # fmt: skip
    for name, cells in numbers_.items():
        found[f"gap_number_{name}.csv"] = _column(cells, asked={"v": "missing"})
    for name, mark in {"cross": "x", "one": 1, "selected": "Selected"}.items():
        ticked = noise(78, [mark, None])
        right = [None if cell is None else str(cell) for cell in ticked]
        found[f"gap_tick_{name}.csv"] = _column(
            ticked, read={"v": right}, asked={"v": "ticks"}, roles={"v": "input"}
        )
    counts = noise(79, range(6))
    found["gap_none_in_counts.csv"] = _column(counts, read={"v": counts}, quiet={"v": ["missing"]})
    return found
