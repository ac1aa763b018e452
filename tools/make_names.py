"""Write ``afif_explorer/datasets/reading/forms/names.json``: names of months and days of the week.

They come from the Unicode locale data, through babel, which takes a tenth of a second to open the files of
all languages. Run ``python tools/make_names.py`` after a change of the languages below.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from babel.dates import get_day_names, get_month_names

from afif_explorer.datasets.reading.forms.names import folded

FILE = Path(__file__).parents[1] / "afif_explorer/datasets/reading/forms/names.json"
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


def names() -> str:
    """The text of the file: for each number from 1, the folded names that stand for it."""
    return json.dumps(
        {"months": _by_number(_months()), "weekdays": _by_number(_weekdays())},
        ensure_ascii=False,
        indent=1,
    )


def _months() -> dict[str, int]:
    """The months by their folded names; those of the main languages also by the first letters."""
    found = _known(_MAIN, get_month_names)
    shortened: dict[str, set[int]] = defaultdict(set)
    for name, number in found.items():
        for length in range(_SHORTEST, len(name)):
            shortened[name[:length]].add(number)
    only = {name: numbers.pop() for name, numbers in shortened.items() if len(numbers) == 1}
    return {**_known(_OTHERS, get_month_names), **only, **found, **_ALSO}


def _weekdays() -> dict[str, int]:
    """The days of the week by their folded names, Monday is 1."""
    main, others = (_known(these, get_day_names) for these in (_MAIN, _OTHERS))
    return {name: day + 1 for name, day in {**others, **main}.items()}


def _known(languages: Iterable[str], names_of: Callable[..., Mapping[int, str]]) -> dict[str, int]:
    """The number of each name, without names that stand for two numbers."""
    found: dict[str, set[int]] = defaultdict(set)
    for language in languages:
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                for number, name in names_of(width, context, language).items():
                    found[folded(name)].add(number)
    return {name: numbers.pop() for name, numbers in found.items() if len(numbers) == 1}


def _by_number(numbers: Mapping[str, int]) -> list[str]:
    """The names of each number in one line."""
    return [
        " | ".join(sorted(name for name, one in numbers.items() if one == number))
        for number in range(1, max(numbers.values()) + 1)
    ]


if __name__ == "__main__":
    FILE.write_text(names() + "\n", encoding="utf-8")
