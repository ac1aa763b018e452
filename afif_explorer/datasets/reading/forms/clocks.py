"""Times of day."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from afif_explorer.datasets.reading.forms.date_patterns import CLOCK, CLOCK_IN_WORDS
from afif_explorer.datasets.reading.forms.parts import Parts
from afif_explorer.datasets.reading.forms.shapes import Texts


@dataclass(frozen=True)
class Clock:
    """Times of day, as hours since midnight."""

    def read(self, texts: Iterable[str]) -> np.ndarray:
        """Hours ``[n]``; NaN for other texts."""
        texts = Texts.of(texts)
        hours = np.full(len(texts), np.nan)
        for match, group in texts.groups(_match):
            hours[group.places] = seconds_of(Parts(match, group)) / 3600
        return hours

    def changes(self, texts: Iterable[str]) -> list[str]:
        """What is done to these texts, as words."""
        return ["times of day as hours since midnight"]


def _match(text: str) -> re.Match[str] | None:
    return CLOCK.fullmatch(text) or CLOCK_IN_WORDS.fullmatch(text)


def seconds_of(parts: Parts) -> np.ndarray:
    """Seconds ``[m]`` since midnight; NaN where there is no such time."""
    hour, minute, second = (parts.number(name) for name in ("hour", "minute", "second"))
    usable = (minute <= 59) & (second <= 60)
    if half := parts.words.get("half"):
        usable &= (hour >= 1) & (hour <= 12)
        hour = hour % 12 + (12 if half[0] in "pP" else 0)
    usable &= hour <= 23
    fraction = parts.number("fraction") / 10.0 ** len(parts.words.get("fraction") or "")
    return np.where(usable, hour * 3600 + minute * 60 + second + fraction, np.nan)
