"""Names of months and days of the week in many languages, from the Unicode locale data."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cache

# The names of a language count only if none before it has them with another meaning. Croatian is not
# among them: its "listopad" is October, that of Czech and Polish November.
_MAIN = ("en", "de", "fr", "es", "it", "pt", "nl", "da", "nb", "sv")
_OTHERS = (
    "de_AT", "ca", "pl", "cs", "sk", "fi", "hu", "ro", "tr", "ru", "uk", "el", "id", "lt", "lv", "et",
    "bg", "sl",
)  # fmt: skip
_ALSO = {
    "mrz": 3,
    "maerz": 3,
    "jaenner": 1,
    "feber": 2,
    "setiembre": 9,
}  # written, but not in the locale data
_SHORTEST = 3  # letters of an abbreviation


def month(name: str) -> int | None:
    """The number of a month, from 1, by its name or an unambiguous abbreviation of it."""
    return months().get(folded(name))


def weekday(name: str) -> int | None:
    """The number of a day of the week, Monday is 1, by its name."""
    return weekdays().get(folded(name))


@cache
def months() -> Mapping[str, int]:
    """The months by their folded names; those of the main languages also by the first letters."""
    from babel.dates import get_month_names

    found = _known(_MAIN, get_month_names)
    shortened: dict[str, set[int]] = defaultdict(set)
    for name, number in found.items():
        for length in range(_SHORTEST, len(name)):
            shortened[name[:length]].add(number)
    only = {name: numbers.pop() for name, numbers in shortened.items() if len(numbers) == 1}
    return {**_known(_OTHERS, get_month_names), **only, **found, **_ALSO}


@cache
def weekdays() -> Mapping[str, int]:
    """The days of the week by their folded names."""
    from babel.dates import get_day_names

    main, others = (_known(these, get_day_names) for these in (_MAIN, _OTHERS))
    return {name: day + 1 for name, day in {**others, **main}.items()}


def folded(name: str) -> str:
    """A name without case, accents and points."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in letters if not unicodedata.combining(char)).strip(". ")


def _known(languages: Iterable[str], names_of: Callable[..., Mapping[int, str]]) -> dict[str, int]:
    """The number of each name, without names that stand for two numbers."""
    found: dict[str, set[int]] = defaultdict(set)
    for language in languages:
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                for number, name in names_of(width, context, language).items():
                    found[folded(name)].add(number)
    return {name: numbers.pop() for name, numbers in found.items() if len(numbers) == 1}
