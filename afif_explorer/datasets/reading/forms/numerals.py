"""Numbers as people write them: decimal comma, thousands, percent, currencies, units."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from afif_explorer.datasets.reading.forms.shapes import Texts

_PLAIN = re.compile(r"[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_INFINITE = re.compile(r"[+-]?inf(?:inity)?", re.IGNORECASE)
_CURRENCY = (
    r"US\$|A\$|C\$|R\$|[$€£¥₹₽₩]|(?:USD|EUR|GBP|JPY|CNY|INR|CHF|AUD|CAD|SEK|NOK|DKK|PLN|BRL|RUB|Fr\.|"
    r"kr)\b"
)
_UNIT = (
    r"[%‰°][a-z]{0,2}|(?!uhr)[a-zµ]{1,4}[23²³]?(?:/[a-zµ]{1,4}[23²³]?)?|(?:percent|percentage|years?|months?|weeks?|days?|"
    r"hours?|minutes?|seconds?|people|persons?|euros?|dollars?|miles?|met(?:er|re)s?|pounds?|points?|million|"
    r"billion|thousand|units?|items?)\.?"
)
_CELL = re.compile(
    rf"(?:(?P<outer>{_CURRENCY})\s*(?=\())?"
    rf"(?P<open>\()?\s*(?P<sign>[+-]?)\s*(?P<before>{_CURRENCY})?\s*(?P<inner>[+-]?)"
    r"(?P<body>\d[\d.,'’ ]*(?<! )|[.,]\d+)(?P<exponent>[eE][+-]?\d+)?(?P<even>[.,]--?(?!\d))?"
    rf"(?P<behind>(?<=\d)-(?=\s*(?:{_CURRENCY})?$))?\s*(?P<after>{_CURRENCY}|{_UNIT})?\s*(?P<close>\))?",
    re.ASCII | re.IGNORECASE,
)
_WHOLE = {
    ".": r"0|[1-9]\d*|[1-9]\d{0,2}(?:([, '’])\d{3})(?:\1\d{3})*|[1-9]\d?(?:,\d{2})+,\d{3}",
    ",": r"0|[1-9]\d*|[1-9]\d{0,2}(?:([. '’])\d{3})(?:\1\d{3})*",
}
_BODY = {
    mark: re.compile(rf"(?:{whole})?(?:{re.escape(mark)}\d*)?", re.ASCII)
    for mark, whole in _WHOLE.items()
}
_PADDED = {
    mark: re.compile(rf"\d*(?:{re.escape(mark)}\d*)?", re.ASCII) for mark in _WHOLE
}  # also with zeros in front
_VERSION = re.compile(r"(?P<first>\d{1,3})(?:\.(?P<second>0|[1-9]\d{0,2}))?", re.ASCII)
_MOST_VERSIONS = 100
_LEADING_ZEROS = re.compile(r"0+[1-9]\d*", re.ASCII)
_HEXADECIMAL = re.compile(r"(?=[0-9]*[A-F])[0-9A-F]{4,}|(?=[0-9]*[a-f])[0-9a-f]{4,}")
_CODE = re.compile(r"\d+[eE]\d+|\+\d{7,15}", re.ASCII)
_SPACES = str.maketrans(
    dict.fromkeys("\u00a0\u2007\u2009\u202f", " ")
    | dict.fromkeys("\u2212\u2012\u2013\ufe63\uff0d", "-")
)
_MULTIPLES = {"k", "m", "bn", "mio", "mrd", "million", "thousand", "billion"}


@dataclass(frozen=True)
class Numbers:
    """A way of writing numbers: the decimal mark, and a unit that every cell has (``%``, ``€``, ``kg``).

    ``padded``: 007 is a number too.
    """

    decimal: str = "."
    unit: str = ""
    padded: bool = False

    def read(self, texts: Iterable[str]) -> np.ndarray:
        """The numbers ``[n]``; NaN for texts that are not written in this way."""
        texts = Texts.of(texts)
        values = np.full(len(texts), np.nan)
        for found, group in texts.groups(self._written):
            values[group.places] = found.values(group.characters)
        return values

    def _written(self, text: str) -> _Written | None:
        found = _written(text, self.decimal, self.padded)
        return found if found is not None and found.unit == self.unit else None

    def changes(self, texts: Iterable[str]) -> list[str]:
        """What reading these texts removes or replaces, as words."""
        told = []
        if self.unit:
            told.append(f"'{self.unit}' removed" + _about(self.unit))
        normal = [_normal(text) for text in Texts.of(texts).examples]
        mark = self.decimal
        cells = [found for text in normal if (found := _CELL.fullmatch(text))]
        bodies = [found["body"] for found in cells]
        if self.decimal == "," and any("," in body for body in bodies):
            told.append("decimal commas")
        if any(set(body) & (set(".,'’ ") - {mark}) for body in bodies):
            told.append("thousands separators removed")
        if any(found["open"] for found in cells):
            told.append("numbers in parentheses are negative")
        if any(found["behind"] for found in cells):
            told.append("numbers before a minus are negative")
        return told


def are_numbers(texts: Iterable[str], decimal: str) -> np.ndarray:
    """Whether each text is a number with any unit."""
    return Texts.of(texts).each(
        lambda text: bool(_PLAIN.fullmatch(text)) or _written(text, decimal) is not None
    )


def may_be_codes(texts: Iterable[str]) -> np.ndarray:
    """Whether each text, read as a number, may be a code or a telephone number: 12E3, +4930123456.

    Programs write an exponent with its sign.
    """
    return Texts.of(texts).each(lambda text: bool(_CODE.fullmatch(text.strip())))


def have_codes(texts: Iterable[str]) -> bool:
    """Whether whole numbers with zeros in front, or hexadecimal ones as long as others, are among the texts.

    Zeros alone are not meant.
    """
    examples = [*map(_normal, Texts.of(texts).examples)]
    if any(map(_LEADING_ZEROS.fullmatch, examples)):
        return True
    lengths = {len(text) for text in examples if text.isdecimal()}
    letters = [text for text in examples if _HEXADECIMAL.fullmatch(text)]
    return len(lengths) == 1 and any(len(text) in lengths for text in letters)


def are_versions(texts: Sequence[str]) -> bool:
    """Whether distinct texts rather count in two steps, as versions and chapters do: 1.1, 1.2, ..., 1.10.

    So do those of which one differs from another only by a zero at its end.
    """
    if not 2 < len(texts) <= _MOST_VERSIONS:
        return False
    found = [_VERSION.fullmatch(text) for text in texts]
    known = {(one["first"], one["second"]) for one in found if one is not None}
    if len(known) < len(texts):
        return False
    return any(
        second and len(second) > 1 and second[-1] == "0" and (first, second.rstrip("0")) in known
        for first, second in known
    )


def best(texts: Iterable[str], counts: np.ndarray, decimal: str, padded: bool = False) -> Numbers:
    """The way in which most cells are written, given the decimal mark."""
    texts = Texts.of(texts)
    units: Counter[str] = Counter()
    for text, times in zip(texts.examples, texts.counts(counts), strict=True):
        if _PLAIN.fullmatch(text):
            units[""] += int(times)
        elif (found := _written(text, decimal, padded)) is not None:
            units[found.unit] += int(times)
    return Numbers(decimal, units.most_common(1)[0][0] if units else "", padded)


def units(texts: Iterable[str], decimal: str) -> tuple[str, ...]:
    """The units of those texts that are numbers, the most common first; "" for none."""
    texts, found = Texts.of(texts), Counter[str]()
    for text, times in zip(texts.examples, texts.counts(), strict=True):
        if (written := _written(text, decimal)) is not None:
            found[written.unit] += int(times)
    return tuple(unit for unit, _ in found.most_common())


def marks(texts: Iterable[str]) -> tuple[int, int]:
    """How many texts have a decimal point, and how many a decimal comma, without any doubt.

    "1.050" may be either; "1.05", "0.105" and "1,050.5" have a decimal point; "1.050.000" cannot have one.
    """
    texts, found = Texts.of(texts), Counter[str]()
    for text, times in zip(texts.examples, texts.counts(), strict=True):
        cell = _CELL.fullmatch(_normal(text))
        found["" if cell is None else _mark(cell["body"])] += int(times)
    return found["."], found[","]


def doubtful(texts: Iterable[str]) -> bool:
    """Whether a number with one comma or point before exactly three digits is among the texts."""
    normal = map(_normal, Texts.of(texts).examples)
    bodies = [found["body"] for text in normal if (found := _CELL.fullmatch(text))]
    return any(re.fullmatch(r"[1-9]\d{0,2},\d{3}", body) for body in bodies)


def _mark(body: str) -> str:
    point, comma = body.rfind("."), body.rfind(",")
    if point >= 0 and comma >= 0:
        return "." if point > comma else ","
    if point < 0 and comma < 0:
        return ""
    mark, other = (".", ",") if point >= 0 else (",", ".")
    if body.count(mark) > 1:
        return other if _BODY[other].fullmatch(body) else ""
    whole, _, rest = body.partition(mark)
    in_thousands = len(rest) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0")
    return "" if in_thousands else mark


def parse(text: str, decimal: str, padded: bool = False) -> tuple[float, str] | None:
    """A number and its unit."""
    found = _written(text, decimal, padded)
    if found is None:
        return None
    (value,) = found.values(np.array([text]).view(np.uint32)[None])
    return float(value), found.unit


class _Written(NamedTuple):
    """How the texts of a shape are numbers: the places of the characters that ``float`` reads."""

    unit: str
    negative: bool
    places: list[int]
    mark: int  # which of them is the decimal mark; -1: none

    def values(self, characters: np.ndarray) -> np.ndarray:
        """The numbers of texts ``[m, length]`` of this shape."""
        plain = np.ascontiguousarray(characters[:, self.places])
        if self.mark >= 0:
            plain[:, self.mark] = ord(".")
        values = plain.view(f"U{len(self.places)}")[:, 0].astype(np.float64)
        return -values if self.negative else values


def _written(text: str, decimal: str, padded: bool = False) -> _Written | None:
    normal = _normal(text)
    start = _normal_digits(text.translate(_SPACES)).find(normal)
    if _INFINITE.fullmatch(normal):
        return _Written("", False, list(range(start, start + len(normal))), -1)
    found = _CELL.fullmatch(normal)
    if found is None or bool(found["open"]) != bool(found["close"]):
        return None
    body = found["body"]
    if (found["sign"] != "") + (found["inner"] != "") + bool(found["behind"] or found["open"]) > 1:
        return None
    if not _BODY[decimal].fullmatch(body) and not (padded and _PADDED[decimal].fullmatch(body)):
        return None
    before, after = found["outer"] or found["before"] or "", found["after"] or ""
    if body[-1] in ".," and after:
        return None  # "1. White" is a level
    if before and after.casefold() in _MULTIPLES:
        before, after = "", before + after  # $1.5M
    if before and after and before != after:
        return None
    skipped = {"," if decimal == "." else ".", "'", "’", " "}
    places = [place for place in range(*found.span("body")) if normal[place] not in skipped]
    mark = next((at for at, place in enumerate(places) if normal[place] == decimal), -1)
    if found["exponent"]:
        places += range(*found.span("exponent"))
    negative = "-" in (found["sign"], found["inner"], found["behind"]) or bool(found["open"])
    return _Written(before or after, negative, [start + place for place in places], mark)


def _normal(text: str) -> str:
    text = text.translate(_SPACES).strip()
    if text[:1] == "'":  # the mark of text cells in spreadsheets, or a quotation mark
        text = text.removeprefix("'").removesuffix("'").strip()
    return _normal_digits(text)


def _normal_digits(text: str) -> str:
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text)


def _about(unit: str) -> str:
    if unit == "%":
        return ", so that 45% is 45"
    multiple = re.sub(_CURRENCY, "", unit).casefold() in _MULTIPLES
    return ", so that the numbers count these" if multiple else ""
