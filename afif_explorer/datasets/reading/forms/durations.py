"""Durations as people write them: 3h 20m, 2 days, 125:30, P1DT2H."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from afif_explorer.datasets.reading.forms.parts import Parts
from afif_explorer.datasets.reading.forms.shapes import Texts

_DAY = 86_400.0
_SECONDS = {  # of each unit, the largest first
    "years": 365.25 * _DAY, "months": 365.25 / 12 * _DAY, "weeks": 7 * _DAY, "days": _DAY,
    "hours": 3600.0, "minutes": 60.0, "seconds": 1.0,
}  # fmt: skip
_WORDS = {
    "years": r"years?|yrs?|y|jahre?n?|ans?|années?|años?|ann[oi]|anos?|jaar|jaren",
    "months": r"months?|mos?|monate?n?|mois|mes(?:es)?|mes[ei]|mês|maand(?:en)?",
    "weeks": r"weeks?|wks?|w|wochen?|semaines?|semanas?|settiman[ae]|weken",
    "days": r"days?|d|tage?n?|jours?|j|d[ií]as?|giorn[oi]|dag(?:en)?",
    "hours": r"hours?|hrs?|h|stunden?|std|heures?|horas?|or[ae]|uur|uren",
    "minutes": r"minutes?|mins?|m|minuten?|minuto?s?|minut[oi]|minuut",
    "seconds": r"seconds?|secs?|s|sekunden?|sek|secondes?|segundos?|second[oi]",
}
_NUMBER = r"\d+(?:[.,]\d+)?"
_BETWEEN = r"[\s,]*(?:(?:and|und|et|y|e|en)\s+)?"
_SIGN = r"(?P<sign>-)?\s*"


def _unit(name: str, words: str = "") -> str:
    return rf"(?:(?P<{name}>{_NUMBER})\s*(?:{words or _WORDS[name]})(?![^\W0-9_])\.?)?"


def _after_years(name: str, words: str) -> str:
    years, months = _unit("years").removesuffix("?"), _unit(name, words).removesuffix("?")
    return years + _BETWEEN + months


_IN_WORDS = _BETWEEN.join(
    [*map(_unit, ("years", "months", "weeks", "days", "hours", "minutes", "seconds"))]
)
_FORMS = tuple(
    re.compile(form.replace(r"\d", "[0-9]"), re.IGNORECASE)
    for form in (
        _SIGN + _after_years("months", "m"),  # beside years, m stands for months
        _SIGN + _IN_WORDS,
        _SIGN + r"(?P<hours>\d+)\s*(?:h|std|hrs?)\.?\s*(?P<minutes>\d\d)",
        _SIGN
        + rf"(?:(?P<days>\d+)\s*(?:{_WORDS['days']})\.?,?\s+|(?P<whole_days>\d+)\.(?=\d\d:))?"
        + r"(?P<hours>\d+):(?P<minutes>\d\d)(?::(?P<seconds>\d\d(?:[.,]\d+)?))?",
        _SIGN
        + r"P(?:(?P<years>N)Y)?(?:(?P<months>N)M)?(?:(?P<weeks>N)W)?(?:(?P<days>N)D)?"
        r"(?:T(?:(?P<hours>N)H)?(?:(?P<minutes>N)M)?(?:(?P<seconds>N)S)?)?".replace("N", _NUMBER),
    )
)
_COLON = re.compile(r"-?[0-9]+:[0-9]{2}")
_UNPADDED = re.compile(r"-?[0-9]:[0-9]{2}")
_LONGEST = 50


@dataclass(frozen=True)
class Durations:
    """Durations as numbers of one ``unit``; ``minutes_first``: 1:30 is a minute and a half."""

    unit: str = "hours"
    minutes_first: bool = False

    def read(self, texts: Iterable[str]) -> np.ndarray:
        """Numbers ``[n]`` of the unit; NaN for other texts."""
        texts = Texts.of(texts)
        found = np.full(len(texts), np.nan)
        for match, group in texts.groups(_match):
            seconds = _seconds(Parts(match, group))
            if self.minutes_first and _COLON.fullmatch(match.string):
                seconds = seconds / 60
            found[group.places] = seconds / _SECONDS[self.unit]
        return found

    def changes(self, texts: Iterable[str]) -> list[str]:
        """What reading these texts does, as words."""
        texts = Texts.of(texts)
        example = next((text for text in texts.examples if _match(text) is not None), "")
        if not example:
            return []
        (value,) = self.read([example])
        return [f"durations as {self.unit} ({example} is {value:.4g})"]


def are_durations(texts: Iterable[str]) -> np.ndarray:
    """Whether each text is written like a duration."""
    return Texts.of(texts).each(lambda text: _match(text) is not None)


def best(texts: Iterable[str], minutes_first: bool = False) -> Durations:
    """The way to read durations: the number of hours if some have any, else of the smallest unit."""
    found = [match for text in Texts.of(texts).examples if (match := _match(text)) is not None]
    present = {unit for match in found for unit in _SECONDS if match.groupdict().get(unit)}
    if minutes_first:
        return Durations("minutes", True)
    if "hours" in present or not present:
        return Durations("hours")
    unit = "minutes" if "minutes" in present else [unit for unit in _SECONDS if unit in present][-1]
    return Durations(unit)


def may_be_minutes(texts: Iterable[str]) -> bool:
    """Whether two numbers around a colon may be minutes and seconds: 1:30, but not 01:30 or 1:30 pm."""
    examples = Texts.of(texts).examples
    return any(map(_UNPADDED.fullmatch, examples)) and all(map(_COLON.fullmatch, examples))


def _match(text: str) -> re.Match[str] | None:
    text = text.strip()
    if len(text) > _LONGEST or not any(char in "0123456789" for char in text):
        return None
    return next((match for form in _FORMS if (match := form.fullmatch(text))), None)


def _seconds(parts: Parts) -> np.ndarray:
    """Seconds ``[m]``; NaN for minutes or seconds of 60 and more beside a larger unit with a colon."""
    amounts = {unit: parts.amount(unit) for unit in _SECONDS}
    amounts["days"] = amounts["days"] + parts.amount("whole_days")
    total = np.zeros(len(parts))
    for unit, seconds in _SECONDS.items():
        total += amounts[unit] * seconds
    if ":" in parts.text:
        total[(amounts["minutes"] >= 60) | (amounts["seconds"] >= 61)] = np.nan
    return -total if parts.has("sign") else total
