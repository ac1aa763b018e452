"""Dates with names of months in many languages, and whole months, quarters and weeks."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable

from corpus.files import ROWS, Case, case, noise, with_outcome

_NAMES = {
    "french": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "french_short": "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
    "german_plain": "Januar Februar Maerz April Mai Juni Juli August September Oktober November Dezember",
    "austrian": "Jänner Feber März April Mai Juni Juli August September Oktober November Dezember",
    "spanish": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "spanish_short": "ene feb mar abr may jun jul ago set oct nov dic",
    "italian": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre "
    "dicembre",
    "portuguese": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "dutch": "jan. feb. mrt. apr. mei jun. jul. aug. sep. okt. nov. dec.",
    "polish": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października "
    "listopada grudnia",
    "russian": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "swedish": "januari februari mars april maj juni juli augusti september oktober november december",
}
_CROATIAN = (
    "siječnja veljače ožujka travnja svibnja lipnja srpnja kolovoza rujna listopada studenoga "
    "prosinca"
)
_ENGLISH = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
_ENDINGS = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}
_GERMAN_DAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")


def _days() -> list[dt.date]:
    rng = random.Random(17)
    return [dt.date(2012, 1, 1) + dt.timedelta(rng.randrange(3900)) for _ in range(ROWS)]


def dates() -> dict[str, Case]:
    """Days with the names of months in many languages and orders."""
    days, found = _days(), {}
    iso = [str(day) for day in days]

    def add(name: str, written: Callable[[dt.date], str]) -> None:
        table = with_outcome({"day": [written(day) for day in days]})
        found[f"date_in_{name}.csv"] = case(table, read={"day": iso})

    for language, joined in _NAMES.items():
        names = joined.split()
        between = " de " if language in ("spanish", "portuguese") else " "
        add(language, lambda d, n=names, b=between: f"{d.day}{b}{n[d.month - 1]}{b}{d.year}")
    english = _ENGLISH.split()
    french, german = _NAMES["french"].split(), _NAMES["german_plain"].split()
    add(
        "french_first", lambda d: f"{'1er' if d.day == 1 else d.day} {french[d.month - 1]} {d.year}"
    )
    add(
        "german_weekday",
        lambda d: f"{_GERMAN_DAYS[d.weekday()]}, {d.day}. {german[d.month - 1]} {d.year}",
    )
    add("german_weekday_short", lambda d: f"{_GERMAN_DAYS[d.weekday()][:2]}, {d:%d.%m.%Y}")
    add("capitals_without_space", lambda d: f"{d.day:02d}{english[d.month - 1].upper()}{d.year}")
    add("iso_order", lambda d: f"{d.year}-{english[d.month - 1]}-{d.day:02d}")
    add("server_log", lambda d: f"{d.day:02d}/{english[d.month - 1]}/{d.year}:00:00:00 +0000")
    add("chinese", lambda d: f"{d.year}年{d.month}月{d.day}日")
    add("english_ordinals", lambda d: f"{d.day}th of {english[d.month - 1]} {d.year}")
    croatian = _CROATIAN.split()
    table = with_outcome({"dan": [f"{d.day}. {croatian[d.month - 1]} {d.year}" for d in days]})
    found["date_in_unknown_language.csv"] = case(table, asked={"dan": "months"})
    return found


def periods() -> dict[str, Case]:
    """Months, quarters, half-years and weeks: as their first day; names without a year can be numbers."""
    days, found = _days(), {}
    german = _NAMES["german_plain"].split()

    def month(d: dt.date) -> dt.date:
        return d.replace(day=1)

    def quarter(d: dt.date) -> dt.date:
        return d.replace(month=(d.month - 1) // 3 * 3 + 1, day=1)

    def half(d: dt.date) -> dt.date:
        return d.replace(month=1 if d.month < 7 else 7, day=1)

    def monday(d: dt.date) -> dt.date:
        return d - dt.timedelta(d.weekday())

    forms: dict[str, tuple[Callable[[dt.date], str], Callable[[dt.date], dt.date]]] = {
        "quarter": (lambda d: f"{d.year}Q{(d.month + 2) // 3}", quarter),
        "quarter_first": (lambda d: f"Q{(d.month + 2) // 3} {d.year}", quarter),
        "quarter_short": (lambda d: f"{(d.month + 2) // 3}Q{d:%y}", quarter),
        "quarter_french": (lambda d: f"T{(d.month + 2) // 3} {d.year}", quarter),
        "quarter_german": (lambda d: f"{(d.month + 2) // 3}. Quartal {d.year}", quarter),
        "half_year": (lambda d: f"{d.year}-H{1 + d.month // 7}", half),
        "week": (lambda d: f"{d:%G-W%V}", monday),
        "week_day": (lambda d: f"{d:%G-W%V-%u}", lambda d: d),
        "week_german": (lambda d: f"KW {d:%V/%G}", monday),
        "month_code": (lambda d: f"{d:%YM%m}", month),
        "month_named": (lambda d: f"{german[d.month - 1]} {d.year}", month),
        "month_spreadsheet": (lambda d: f"{d:%b-%y}", month),
    }
    for name, (written, meant) in forms.items():
        table = with_outcome({"when": [written(day) for day in days]})
        found[f"period_{name}.csv"] = case(table, read={"when": [str(meant(day)) for day in days]})
    spanish = _NAMES["spanish"].split()
    labels: dict[str, tuple[list[str], list[int]]] = {
        "months": ([spanish[d.month - 1] for d in days], [d.month for d in days]),
        "weekdays": ([_GERMAN_DAYS[d.weekday()] for d in days], [d.isoweekday() for d in days]),
        "quarters": ([f"Q{(d.month + 2) // 3}" for d in days], [(d.month + 2) // 3 for d in days]),
        "weeks": ([f"week {d.day}" for d in days], [d.day for d in days]),
        "ordinals": ([f"{d.day}{_ENDINGS.get(d.day, 'th')}" for d in days], [d.day for d in days]),
    }
    for name, (cells, numbers) in labels.items():
        found[f"period_names_of_{name}.csv"] = case(
            with_outcome({"when": cells}),
            read={"when": cells},
            mended={"when": ["ordered", numbers]},
        )
    seasons = [f"{year}-{(year + 1) % 100:02d}" for year in noise(3, range(2009, 2012))]
    found["period_seasons.csv"] = case(with_outcome({"season": seasons}), read={"season": seasons})
    return found
