"""Durations, ranges, fractions, and codes that look like numbers."""

from __future__ import annotations

import random
from typing import Any

from corpus.files import ROWS, Case, case, noise, with_outcome
from corpus.files import numbers as floats

_HOURS = 24.0


def durations() -> dict[str, Case]:
    """Durations in every usual form."""
    minutes = noise(21, range(1, 3000))
    minutes[0], minutes[1] = 1500, 65
    h, m = [v // 60 for v in minutes], [v % 60 for v in minutes]
    hours = [v / 60 for v in minutes]
    late = [v + 1 / 120 for v in hours]
    weeks = noise(22, range(1, 9))
    forms: dict[str, tuple[list[str], list[float]]] = {
        "words": ([f"{a}h {b}m" for a, b in zip(h, m, strict=True)], hours),
        "words_long": ([f"{a} hours {b} min" for a, b in zip(h, m, strict=True)], hours),
        "french": ([f"{a}h{b:02d}" for a, b in zip(h, m, strict=True)], hours),
        "colon": ([f"{a:02d}:{b:02d}" for a, b in zip(h, m, strict=True)], hours),
        "colon_seconds": ([f"{a}:{b:02d}:30" for a, b in zip(h, m, strict=True)], late),
        "days_and_time": (
            [f"{a // 24} days {a % 24:02d}:{b:02d}:00" for a, b in zip(h, m, strict=True)], hours,
        ),
        "iso": ([f"PT{a}H{b}M" for a, b in zip(h, m, strict=True)], hours),
        "days": ([f"{v} day{'s' if v > 1 else ''}" for v in weeks], [float(v) for v in weeks]),
        "weeks_and_days": (
            [f"{v} weeks" if i % 2 else f"{v} d" for i, v in enumerate(weeks)],
            [v * (7.0 if i % 2 else 1.0) for i, v in enumerate(weeks)],
        ),
        "years_and_months": (
            [f"{v} years {i % 12} months" for i, v in enumerate(weeks)],
            [v * 12.0 + i % 12 for i, v in enumerate(weeks)],
        ),
        "german": ([f"{v} Tage" if v > 1 else "1 Tag" for v in weeks], [float(v) for v in weeks]),
    }  # fmt: skip
    found = {
        f"duration_{name}.csv": case(with_outcome({"v": cells}), read={"v": right})
        for name, (cells, right) in forms.items()
    }
    short = [f"{v % 9}:{v % 60:02d}" for v in minutes]
    found["duration_in_doubt.csv"] = case(
        with_outcome({"lap": short}),
        read={"lap": [v % 9 + v % 60 / 60 for v in minutes]},
        mended={"lap": ["minutes", [v % 9 + v % 60 / 60 for v in minutes]]},
    )
    return found


def ranges() -> dict[str, Case]:
    """Ranges, which can be read as their middle."""
    ages = noise(23, range(5, 90))

    def band(age: int) -> int:
        return 0 if age < 18 else min((age - 15) // 10, 5)

    middles = [18.0, 20.0, 29.5, 39.5, 49.5, 65.0]
    words = {
        "few": ["<18", "18-22", "25-34", "35-44", "45-54", "65+"],
        "words": ["under 18", "18 to 22", "25 to 34", "35 to 44", "45 to 54", "65 and over"],
        "german": ["unter 18", "18 bis 22", "25 bis 34", "35 bis 44", "45 bis 54", "ab 65"],
        "dashes": ["≤ 18", "18–22", "25–34", "35–44", "45–54", "≥65"],
        "years": ["<18 years", "18-22 years", "25-34 years", "35-44 years", "45-54 years", "65+ years"],
    }  # fmt: skip
    found = {}
    for name, levels in words.items():
        cells = [levels[band(age)] for age in ages]
        right = [middles[band(age)] for age in ages]
        found[f"range_{name}.csv"] = case(
            with_outcome({"age": cells}), read={"age": cells}, mended={"age": ["ranges", right]}
        )
    cells = [f"({age // 10 * 10}.0, {age // 10 * 10 + 10}.0]" for age in ages]
    right = [age // 10 * 10 + 5.0 for age in ages]
    found["range_intervals.csv"] = case(
        with_outcome({"age": cells}), read={"age": cells}, mended={"age": ["ranges", right]}
    )
    rng = random.Random(5)
    pay = [(rng.randrange(30, 90), rng.randrange(95, 180)) for _ in range(ROWS)]
    cells = [f"${a}K-${b}K" for a, b in pay]
    right = [(a + b) * 500.0 for a, b in pay]
    found["range_many.csv"] = case(with_outcome({"pay": cells}), mended={"pay": ["ranges", right]})
    values = floats(3, 0.5, 9)
    cells = [f"<{0.5}" if i % 4 == 1 else f"{v:.2f}" for i, v in enumerate(values)]
    right = [0.5 if i % 4 == 1 else v for i, v in enumerate(values)]
    found["range_detection_limit.csv"] = case(
        with_outcome({"lead": cells}), mended={"lead": ["ranges", right]}
    )
    return found


def fractions() -> dict[str, Case]:
    """Fractions and scores."""
    rng = random.Random(6)
    pairs = [(rng.randrange(1, 12), rng.randrange(12, 40)) for _ in range(ROWS)]
    few = noise(24, [(1, 2), (1, 4), (3, 4), (2, 3)])
    forms: dict[str, tuple[list[str], list[float]]] = {
        "few": ([f"{a}/{b}" for a, b in few], [a / b for a, b in few]),
        "many": ([f"{a}/{b}" for a, b in pairs], [a / b for a, b in pairs]),
        "scores": ([f"{a} out of 12" for a, _ in pairs], [a / 12 for a, _ in pairs]),
        "mixed": (
            [f"{a} 1/{b}" if i % 3 else f"{a}" for i, (a, b) in enumerate(pairs)],
            [a + 1 / b if i % 3 else float(a) for i, (a, b) in enumerate(pairs)],
        ),
        "characters": (noise(25, ["½", "¼", "2½", "3"]), []),
        "ratios": ([f"{a}:{b}" for a, b in few], [a / b for a, b in few]),
    }
    values = {"½": 0.5, "¼": 0.25, "2½": 2.5, "3": 3.0}
    forms["characters"] = forms["characters"][0], [values[v] for v in forms["characters"][0]]
    return {
        f"fraction_{name}.csv": case(with_outcome({"v": cells}), mended={"v": ["fractions", right]})
        for name, (cells, right) in forms.items()
    }


def codes() -> dict[str, Case]:
    """Codes that look like numbers: they stay what they are, and are asked about."""
    rng = random.Random(7)
    few = noise(26, [31, 160, 255, 4096])
    letters = [f"{rng.randrange(16**6):06X}" for _ in range(ROWS)]
    exponents = noise(27, ["1E5", "12E3", "3E7", "12E03"])
    regions = [f"{v:02d}" for v in noise(28, range(1, 13))]
    zips = [f"{rng.randrange(10000, 99999)}" for _ in range(ROWS)]
    zips[7] = "02134"
    plain = [str(v) for v in noise(29, range(100, 999))]
    plain[4] = "12E3"
    areas = [f"({rng.randrange(200, 999)}) 555-{rng.randrange(10000):04d}" for _ in range(ROWS)]
    world = [f"+49{rng.randrange(10**9, 10**10)}" for _ in range(ROWS)]
    cases: dict[str, tuple[list[Any], dict[str, Any]]] = {
        "hexadecimal_few": (
            [f"0x{v:X}" for v in few],
            {"read": [f"0x{v:X}" for v in few], "mended": ["hexadecimal", few]},
        ),
        "hexadecimal_without_mark": (letters, {"read": letters, "role": "id"}),
        "exponents": (exponents, {"read": exponents, "asked": "exponents"}),
        "exponents_among_numbers": (plain, {"asked": "exponents"}),
        "zeros_few": (regions, {"read": regions, "mended": ["zeros", [int(v) for v in regions]]}),
        "zeros_of_few_cells": (zips, {"read": zips}),
        "phone_area": (areas, {"read": areas, "role": "id"}),
        "phone_world": (world, {"read": world, "role": "id"}),
        "phone_groups": (
            [f"0{v[:3]} {v[3:6]} {v[6:9]}" for v in (w[3:] for w in world)], {"role": "id"},
        ),
        "phone_numbers": (
            [str(rng.randrange(600_000_000, 699_999_999)) for _ in range(ROWS)], {"asked": "id"},
        ),
        "postal_dutch": (
            noise(30, ["1234 AB", "1235 BC", "2511 CD", "3011 EF", "9711 GH", "6211 JK"]),
            {"quiet": ("units",)},
        ),
    }  # fmt: skip
    found = {}
    for name, (cells, right) in cases.items():
        said: dict[str, Any] = (
            {"read": {"v": right.get("read", cells)}} if "asked" not in right else {}
        )
        if "asked" in right:
            said["asked"] = {"v": right["asked"]}
        if "mended" in right:
            said["mended"] = {"v": right["mended"]}
        if "role" in right:
            said["roles"] = {"v": right["role"]}
        if "quiet" in right:
            said["quiet"] = {"v": list(right["quiet"])}
        found[f"code_{name}.csv"] = case(with_outcome({"v": cells, "x": floats(1)}), **said)
    return found
