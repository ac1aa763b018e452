"""Hexadecimal numbers: 0x1F."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

_FORM = re.compile(r"[+-]?0x[0-9a-f]{1,13}", re.IGNORECASE)


@dataclass(frozen=True)
class Hexadecimal:
    """Hexadecimal numbers with their mark."""

    def read(self, texts: Iterable[str]) -> np.ndarray:
        """Numbers ``[n]``; NaN for other texts."""
        return np.array(
            [int(text, 16) if _FORM.fullmatch(text.strip()) else np.nan for text in texts],
            dtype=np.float64,
        )

    def changes(self, texts: Iterable[str]) -> list[str]:
        """What reading these texts does, as words."""
        return ["hexadecimal numbers (0x1F is 31)"]
