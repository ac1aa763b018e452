"""Text and numbers for figures: untrusted text is escaped, numbers are formatted for reading.

plotly interprets a small subset of HTML (``<b>``, ``<a href>``, ``<br>``, entities) and ``%{...}`` in
hover templates. Text from data must be shown literally, so it is escaped here, once.
"""

from __future__ import annotations

import math
import re
import textwrap
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from afif_explorer.wording import SPACE

ELLIPSIS = "…"
_BIDI = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_PREFIXES = {-9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G"}
_PREFIX_WORDS = {
    -9: "n = billionth",
    -6: "µ = millionth",
    -3: "m = thousandth",
    6: "M = million",
    9: "G = billion",
}
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def clean(text: object) -> str:
    """One line without control, direction-changing or unpaired surrogate characters."""
    return _clean(str(text))


# Cached: a figure cleans the same few outcomes and groups for thousands of rows.
@lru_cache(maxsize=4096)
def _clean(text: str) -> str:
    kept = (
        " " if c in "\n\r\t" else c
        for c in text
        if c in "\n\r\t" or (c not in _BIDI and unicodedata.category(c) not in ("Cc", "Cs"))
    )
    return re.sub(" +", " ", "".join(kept)).strip()


def short(text: object, width: int = 28) -> str:
    """Clean text of at most ``width`` characters, cut with an ellipsis; not yet escaped."""
    line = clean(text)
    return line if len(line) <= width else line[: width - 1].rstrip() + ELLIPSIS


def escape(text: str) -> str:
    """Text that plotly shows literally: no tag, no entity, no template variable."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("%{", "%&#123;")


def safe(text: object, width: int = 28) -> str:
    """Untrusted text for any place in a figure: cleaned, truncated, escaped once."""
    return escape(short(text, width))


def wrapped(text: str, width: int = 46) -> str:
    """Text wrapped over several lines, escaped; words longer than a line are broken."""
    return "<br>".join(escape(line) for line in textwrap.wrap(clean(text), width))


@lru_cache(maxsize=8192)  # thousands of hover texts repeat the same numbers
def number(value: float | None, digits: int = 3) -> str:
    """A number to ``digits`` significant digits: ``0.847``, ``12 270``, ``2.1×10⁻⁹``."""
    if value is None or not math.isfinite(value):
        return "not defined"
    if value != 0 and not 1e-4 <= abs(value) < 1e7:
        mantissa, exponent = f"{value:.{max(digits - 2, 0)}e}".split("e")
        power = "10" + str(int(exponent)).translate(_SUPERSCRIPT)
        one = abs(float(mantissa)) == 1
        head = mantissa[: mantissa.startswith("-")] if one else f"{mantissa}×"
        return f"{head}{power}".replace("-", "−")
    whole = len(str(int(abs(value))))
    decimals = max(digits - whole, 0) if abs(value) >= 1 else _decimals(value, digits)
    text = f"{value:,.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace(",", SPACE).replace("-", "−")


def numbers(values: Iterable[float], digits: int = 4) -> list[str]:
    """Numbers with the same number of decimals, as the largest needs for ``digits``."""
    values = list(values)
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    if largest != 0 and not 1e-4 <= largest < 1e7:
        return [number(value, digits) for value in values]
    decimals = max(_decimals(largest, digits), 0)
    return [
        f"{value:,.{decimals}f}".replace(",", SPACE).replace("-", "−")
        if math.isfinite(value)
        else number(value)
        for value in values
    ]


def percent(share: float | None, digits: int = 2) -> str:
    """A share as a percentage: ``2.3 %``."""
    if share is None or not math.isfinite(share):
        return "not defined"
    return f"{number(100 * share, digits)}{SPACE}%"


def _decimals(value: float, digits: int) -> int:
    return digits if value == 0 else digits - 1 - math.floor(math.log10(abs(value)))


@dataclass(frozen=True)
class Scale:
    """One SI prefix for all numbers of an axis and its hover texts, and the unit they carry."""

    exponent: int  # the prefix is worth 10**exponent
    unit: str  # untrusted text, escaped where it is shown

    @classmethod
    def of(cls, values: np.ndarray, unit: str) -> Scale:
        """The prefix that plotly's own ticks take for the range of ``values``."""
        finite = np.abs(values[np.isfinite(values)])
        largest = float(finite.max()) if finite.size else 0.0
        if largest == 0 or 1e-3 <= largest < 1e4:
            return cls(0, unit)
        power = math.floor(math.log10(largest) + 0.01)
        return cls(int(np.clip(3 * math.floor((power - 1) / 3 + 0.5), -9, 9)), unit)

    @property
    def title(self) -> str:
        """The unit in brackets after an axis title: ``nats; µ = millionth``; not escaped."""
        prefix = _PREFIX_WORDS.get(self.exponent, "").replace(" ", SPACE)
        return "; ".join(filter(None, (short(self.unit), prefix)))

    def short(self, value: float) -> str:
        """``+12µ``: without the unit."""
        sign = "" if value < 0 else "+"
        return f"{sign}{number(value / 10**self.exponent, 2)}{_PREFIXES[self.exponent]}"

    def tick(self, value: float) -> str:
        """``12µ``: for an axis, without the unit and a plus."""
        return f"{number(value / 10**self.exponent)}{_PREFIXES[self.exponent] if value else ''}"

    def texts(self, values: Iterable[float]) -> list[str]:
        """:meth:`text` of every value."""
        unit = f"{_PREFIXES[self.exponent]}{SPACE}{safe(self.unit)}".rstrip(SPACE)
        factor = 10.0**-self.exponent
        return [f"{value * factor:+.3g}{unit}".replace("-", "−") for value in values]
