"""Cells that stand for "no value"."""

from __future__ import annotations

# Missing in every column.
ALWAYS = frozenset(
    ("", "?", "na", "n/a", "#n/a", "nan", "null", "<na>", "\\n", "<null>", "(null)", "[null]")
)  # \\N: of databases
# Missing among numbers and dates; among other texts they may be levels.
AMONG_NUMBERS = frozenset(
    (
        "-", "--", "---", "–", "—", ".", "..", "...", "…", "*", "**", "(blank)", "(empty)", "none",
        "nil", "missing", "unknown", "n.a.", "n.a", "nd", "n.d.",
        "not available", "not applicable", "no data", "k.a.", "tbd", "tba", "#div/0!", "#value!", "#ref!",
        "#name?", "#num!", "#null!", "error", "undefined", "refused", "unspecified",
        "don't know", "don’t know", "dont know", "do not know", "no answer", "no response", "not asked",
        "not stated", "prefer not to say", "prefer not to answer", "keine angabe", "weiß nicht",
        "ne sait pas", "nsp", "ns/nc", "s/d", "n/d", "n/v", "n.v.", "keine", "kein wert", "aucun", "ninguno",
        *(f".{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"),  # of Stata
        "0000-00-00", "0000-00-00 00:00:00", "00/00/0000", "00.00.0000",
    )
)  # fmt: skip
_EITHER = ALWAYS | AMONG_NUMBERS
_LONGEST = max(map(len, _EITHER))
# The ISO code of Namibia, among other country codes.
_COUNTRY = "NA"


def is_missing(text: str) -> bool:
    """Whether a stripped text is missing in every column."""
    return len(text) <= _LONGEST and text.casefold() in ALWAYS


def says_nothing(text: str) -> bool:
    """Whether a stripped text is missing among numbers and dates."""
    return len(text) <= _LONGEST and text.casefold() in _EITHER


def missing_levels(levels: list[str]) -> list[str]:
    """The levels of a text column that are missing values: not "NA" among two-letter codes."""
    found = [level for level in levels if is_missing(level)]
    others = [level for level in levels if not is_missing(level)]
    codes = len(others) > 1 and all(
        len(level) == 2 and level.isalpha() and level.isupper() for level in others
    )
    return [level for level in found if level != _COUNTRY] if codes else found
