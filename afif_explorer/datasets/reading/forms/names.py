"""Names of months and days of the week in many languages, from the Unicode locale data."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("names.json")  # written by tools/make_names.py


def month(name: str) -> int | None:
    """The number of a month, from 1, by its name or an unambiguous abbreviation of it."""
    return _numbers()["months"].get(folded(name))


def weekday(name: str) -> int | None:
    """The number of a day of the week, Monday is 1, by its name."""
    return _numbers()["weekdays"].get(folded(name))


def folded(name: str) -> str:
    """A name without case, accents and points."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in letters if not unicodedata.combining(char)).strip(". ")


@cache
def _numbers() -> Mapping[str, Mapping[str, int]]:
    """The number of each folded name."""
    found = json.loads(_FILE.read_text(encoding="utf-8"))
    return {
        what: {name: i for i, names in enumerate(lines, 1) for name in names.split(" | ")}
        for what, lines in found.items()
    }
