"""Labels with an order of their own: names of months and days of the week, Q3, week 12, 2nd."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from afif_explorer.datasets.reading.forms import names

MONTHS, WEEKDAYS, COUNTED, NUMBERED = "months", "days of the week", "counted", "numbered"
_COUNTED = re.compile(
    r"(?:(?:quarter|qtr|quartal|trimestre|trim|q|t|week|woche|semaine|semana|kw|wk|w|day|tag|jour|month|monat|"
    r"year|jahr|grade|level|stage|step|wave|round|visit|phase|term|semester|rank|top|no|nr|fy|cy|ay|#)[\s._-]*(?P<after>\d{1,4})"
    r"|(?P<before>\d{1,3})(?:st|nd|rd|th|er|e|ème|º|ª)(?:\s+(?:grade|quarter|week|day|year|month|place|class))?)\.?",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"(?P<number>\d{1,2})(?:\s*[-–—.:=)]\s*|\s+)[^\W\d_].*", re.DOTALL)
_LONGEST, _LONGEST_NUMBERED = 30, 100


_WITH_WORD = re.compile(r"(?P<number>\d+(?:[.,]\d+)?)\s*(?P<word>[^\W\d_]{2,20})\.?", re.ASCII)


@dataclass(frozen=True)
class Labels:
    """Labels as their place in an order: ``what`` is one of ``MONTHS``, ``WEEKDAYS``, ``COUNTED`` and
    ``NUMBERED`` (a number, with or without words behind it).

    ``word``: stands behind the numbers that are counted, in the singular.
    """

    what: str
    word: str = ""

    def read(self, texts: Iterable[str]) -> np.ndarray:
        """Numbers ``[n]`` from 1; NaN for other texts."""
        return np.array([self._place(text.strip()) for text in texts], dtype=np.float64)

    def changes(self, texts: Iterable[str]) -> list[str]:
        """What reading these texts does, as words."""
        return {
            MONTHS: ["names of months as 1 to 12"],
            WEEKDAYS: ["days of the week as 1 (Monday) to 7"],
            COUNTED: ["labels as the number in them"],
            NUMBERED: ["labels as the number before them"],
        }[self.what]

    def _place(self, text: str) -> float:
        found: int | None = None
        if self.what == NUMBERED:
            words = _NUMBERED.fullmatch(text) if len(text) <= _LONGEST_NUMBERED else None
            number = words["number"] if words else text
            return float(number) if number.isdecimal() and len(number) < 3 else np.nan
        if len(text) > _LONGEST:
            return np.nan
        if self.what == COUNTED:
            counted = _COUNTED.fullmatch(text)
            if counted is not None:
                found = int(counted["after"] or counted["before"])
            elif (with_word := _WITH_WORD.fullmatch(text)) and _stem(
                with_word["word"]
            ) == self.word:
                return float(with_word["number"].replace(",", "."))
        elif any(char.isalpha() for char in text):
            found = (names.month if self.what == MONTHS else names.weekday)(text)
        return np.nan if found is None else float(found)


def with_word(texts: Iterable[str]) -> Labels:
    """Labels with numbers before one word: 1 room, 2 rooms."""
    found = {
        _stem(match["word"]) for text in texts if (match := _WITH_WORD.fullmatch(text.strip()))
    }
    return Labels(COUNTED, found.pop() if len(found) == 1 else "")


def _stem(word: str) -> str:
    return word.casefold().removesuffix("s").removesuffix("e")


NAMED = tuple(map(Labels, (MONTHS, WEEKDAYS)))
WITH_NUMBERS = Labels(NUMBERED)
