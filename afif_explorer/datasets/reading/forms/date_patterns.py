"""The forms of dates: in figures, with names of months, and whole months, quarters and weeks."""

from __future__ import annotations

import re

from afif_explorer.datasets.reading.forms import names

TIME = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"\s*(?P<half>[ap]\.?m\.?)?"
)
ZONES = {  # hours ahead of UTC
    "wet": 0, "west": 1, "cet": 1, "cest": 2, "mez": 1, "mesz": 2, "eet": 2, "eest": 3, "msk": 3, "jst": 9,
    "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
}  # fmt: skip
_ZONE = (
    rf"\s*(?P<zone>z|(?:utc|gmt)?[+-]\d{{1,2}}(?::?\d\d)?|utc|gmt|{'|'.join(ZONES)})?"
    r"(?:\[[a-z_]+(?:/[a-z_]+)*\])?"
)
_YEAR = r"(?:(?P<year>\d{4})|(?P<short>\d\d))"
_LETTERS = r"[^\W0-9_](?:[^\W0-9_]|[\u0300-\u036f])"  # with combining accents
_NAME = rf"(?P<name>{_LETTERS}{{2,}})\.?"
_BEFORE = rf"(?:(?P<weekday>{_LETTERS}+(?:-feira)?)\.?,?\s+)?(?:(?:le|den|der|am|el|il|the|on)\s+)?"
_NTH = r"(?:st|nd|rd|th|er|º|\.)?"
_NTH_PART = r"(?:st|nd|rd|th|er|e|º|°|ème|\.)?"
_JOINED = r",?\s+(?:de|del|of|di|du)\s+|\s+d['’]\s*"
_OF = rf"(?:{_JOINED}|[\s./-]*)"
_OF_YEAR = rf"(?:{_JOINED}|[\s,./-]*)"
_OF_QUOTED = rf"(?:{_JOINED}|[\s,./’'-]*)"
_OF_MARKED = rf"(?:{_JOINED}|[\s,./-]+)"
_QUARTER = r"(?:quarter|qtr|quartal|trimestre|trim|kwartaal|kvartal|q|t|kv)\.?"
_HALF = r"(?:half(?:[ -]?year)?|halbjahr|semestre|semester|halvår|hj|h|s)\.?"
_WEEK = r"(?:week|woche|semaine|semana|settimana|kw|wk|w)\.?"
_FIGURES = (
    r"(?P<year>\d{4})(?P<sep>[-/.])(?P<month>\d{1,2})(?P=sep)(?P<day>\d{1,2})",
    r"(?P<first>\d{1,2})(?P<sep>[-/.])(?P<second_>\d{1,2})(?P=sep)(?P<year>\d{4})",
    r"(?P<first>\d{1,2})(?P<sep>[/.])(?P<second_>\d{1,2})(?P=sep)(?P<short>\d\d)",
    r"(?P<year>\d{4})-(?P<month>\d\d)",
    r"(?P<month>\d{1,2})/(?P<year>\d{4})",
    r"(?P<year>\d{4})年\s*(?P<month>\d{1,2})月\s*(?:(?P<day>\d{1,2})日)?",
)
_NAMED = (
    rf"{_BEFORE}(?P<day>\d{{1,2}}){_NTH}{_OF}{_NAME}"
    rf"(?:{_OF_YEAR}(?P<year>\d{{4}})|[\s,./-]*'?(?P<short>\d\d))",
    rf"{_BEFORE}{_NAME}\s+(?P<day>\d{{1,2}}){_NTH},?\s+(?P<year>\d{{4}})",
    rf"{_BEFORE}{_NAME}\s+(?P<day>\d{{1,2}}){_NTH},\s+'?(?P<short>\d\d)",
    rf"(?P<year>\d{{4}})[\s./-]*{_NAME}[\s./-]*(?P<day>\d{{1,2}})",
    rf"{_NAME}{_OF_YEAR}(?P<year>\d{{4}})",
    rf"{_NAME}[\s.-]*[-'’](?P<short>\d\d)",
    rf"(?P<year>\d{{4}})[\s./-]*{_NAME}",
    rf"(?P<weekday>{_LETTERS}+)\.?,?\s+(?:{_FIGURES[0]})",
    rf"(?P<weekday>{_LETTERS}+)\.?,?\s+(?:{_FIGURES[1]})",
)
_PERIODS = (
    r"(?P<year>\d{4})[\s-]?M(?P<month>\d{1,2})",
    rf"{_QUARTER}\s*(?P<quarter>\d){_OF_YEAR}(?P<year>\d{{4}})",
    rf"{_QUARTER}\s*(?P<quarter>\d)[\s,./'’-]+(?P<short>\d\d)",
    rf"(?P<year>\d{{4}})[\s,./-]*{_QUARTER}\s*(?P<quarter>\d)",
    rf"(?P<quarter>\d){_NTH_PART}[\s-]*{_QUARTER}{_OF_QUOTED}{_YEAR}",
    rf"{_HALF}\s*(?P<half_year>\d){_OF_YEAR}(?P<year>\d{{4}})",
    rf"(?P<year>\d{{4}})[\s,./-]*{_HALF}\s*(?P<half_year>\d)",
    rf"(?P<half_year>\d){_NTH_PART}[\s-]*{_HALF}{_OF_QUOTED}(?P<year>\d{{4}})",
    rf"(?P<year>\d{{4}})[\s/-]*{_WEEK}[\s-]*(?P<week>\d{{1,2}})(?:-(?P<day_of_week>\d))?",
    r"(?P<year>\d{4})W(?P<week>\d\d)(?P<day_of_week>\d)",
    rf"{_WEEK}\s*(?P<week>\d{{1,2}}){_OF_MARKED}(?P<year>\d{{4}})",
)

_MOMENTS = (  # 20200403T101500Z, and as Unix writes them: Fri Apr 3 10:15:00 UTC 2020
    r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)T"
    r"(?P<hour>\d\d):?(?P<minute>\d\d)(?::?(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?"
    + _ZONE,
    rf"(?P<weekday>{_LETTERS}+)\.?,?\s+{_NAME}\s+(?P<day>\d{{1,2}})\s+{TIME}{_ZONE}\s+(?P<year>\d{{4}})",
)


def _compiled(forms: tuple[str, ...], after: str = "") -> tuple[re.Pattern[str], ...]:
    return tuple(
        re.compile(form.replace(r"\d", "[0-9]") + after.replace(r"\d", "[0-9]"), re.IGNORECASE)
        for form in forms
    )


_WITH_TIME = rf"(?:(?:[T,:]|\s+|,\s+){TIME}{_ZONE})?"
_IN_FIGURES = _compiled(_FIGURES, _WITH_TIME)
_WITH_NAMES = _compiled(_NAMED, _WITH_TIME)
_OF_PERIODS = _compiled(_PERIODS)
_OF_MOMENTS = _compiled(_MOMENTS)
_WORD = re.compile(r"[^\W0-9_]")
COMPACT = re.compile(
    r"(?P<compact>\d{4})(?P<month>\d\d)"
    r"(?:(?P<day>\d\d)(?:(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?)?)?",
    re.ASCII,
)
CLOCK = re.compile(TIME, re.ASCII | re.IGNORECASE)
CLOCK_IN_WORDS = re.compile(
    r"(?P<hour>\d{1,2})(?:[.:](?P<minute>\d\d))?\s*uhr", re.ASCII | re.IGNORECASE
)
_SHORTEST, _LONGEST = 4, 50


def match(text: str) -> re.Match[str] | None:
    """The parts of a text that is written like a date, except eight figures in a row."""
    text = text.strip()
    if not _SHORTEST <= len(text) <= _LONGEST or not any(char in "0123456789" for char in text):
        return None
    for form in _IN_FIGURES:
        if found := form.fullmatch(text):
            return found
    if not _WORD.search(text):
        return None
    for form in _OF_PERIODS:
        if found := form.fullmatch(text):
            return found
    for form in (*_OF_MOMENTS, *_WITH_NAMES):
        if (found := form.fullmatch(text)) and _are_known(found.groupdict()):
            return found
    return None


def is_period(match: re.Match[str]) -> bool:
    """Whether a match is a quarter, half-year or week."""
    words = match.groupdict()
    return bool(words.get("quarter") or words.get("half_year") or words.get("week"))


def _are_known(words: dict[str, str | None]) -> bool:
    """Whether the names of a match are those of a month and a day of the week."""
    name, weekday = words.get("name"), words.get("weekday")
    return (name is None or names.month(name) is not None) and (
        weekday is None or names.weekday(weekday) is not None
    )
