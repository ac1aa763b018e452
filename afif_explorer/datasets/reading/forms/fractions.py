"""Fractions and scores as people write them: 3/4, 1 1/2, ½, 7 out of 10."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from afif_explorer.datasets.reading.forms import numerals

_NUMBER = r"\d+(?:[.,]\d+)?"
_FORM = re.compile(
    rf"(?P<sign>[+-])?(?:(?P<whole>\d+)\s+)?(?P<above>{_NUMBER})\s*(?:/|⁄|:|out of|of|von|sur|de|su|van)\s*"
    rf"(?P<below>{_NUMBER})",
    re.IGNORECASE | re.ASCII,
)
_VULGAR = re.compile("([¼-¾⅐-⅞])")
_LONGEST = 30


@dataclass(frozen=True)
class Fractions:
    """Fractions as numbers: 3/4 as 0.75."""

    decimal: str = "."

    def read(self, texts: Iterable[str]) -> np.ndarray:
        """Numbers ``[n]``; NaN for texts that are neither fractions nor numbers."""
        return np.array([fraction_of(text, self.decimal) for text in texts], dtype=np.float64)

    def changes(self, texts: Iterable[str]) -> list[str]:
        """What reading these texts does, as words."""
        return ["fractions as numbers (3/4 is 0.75)"]


def fraction_of(text: str, decimal: str) -> float:
    """The number that a fraction says, or a number without one; NaN for other texts."""
    text = text.strip()
    if len(text) > _LONGEST:
        return np.nan
    if (plain := numerals.parse(text, decimal)) is not None:
        return plain[0] if not plain[1] else np.nan
    found = _FORM.fullmatch(unicodedata.normalize("NFKC", _VULGAR.sub(r" \1", text)).strip())
    if found is None:
        return np.nan
    whole, above, below = (
        float((found[part] or "0").replace(",", ".")) for part in ("whole", "above", "below")
    )
    if not below:
        return np.nan
    value = whole + above / below
    return -value if found["sign"] == "-" else value
