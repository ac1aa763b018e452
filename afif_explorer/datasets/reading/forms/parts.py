"""The numbers in texts of one shape, found by one match."""

from __future__ import annotations

import re

import numpy as np

from afif_explorer.datasets.reading.forms.shapes import Group


class Parts:
    """The named parts of texts of one shape, found by one match."""

    def __init__(self, match: re.Match[str], group: Group) -> None:
        self.words = match.groupdict()
        self._spans = {name: match.span(name) for name in self.words}
        self._start = group.example.find(match.string)
        self.text = match.string
        self._characters = group.characters

    def __len__(self) -> int:
        return len(self._characters)

    def has(self, name: str) -> bool:
        """Whether the texts have a part."""
        return bool(self.words.get(name))

    def number(self, name: str, otherwise: int = 0) -> np.ndarray:
        """A part of digits as whole numbers ``[m]``."""
        digits = self.digits(name)
        if not digits.shape[1]:
            return np.full(len(digits), otherwise)
        return digits @ 10 ** np.arange(digits.shape[1])[::-1]

    def digits(self, name: str) -> np.ndarray:
        """The digits ``[m, k]`` of a part; none if the texts do not have it."""
        start, end = self._spans.get(name, (-1, -1))
        places = [place for place in range(start, end) if self._is_digit(name, place - start)]
        return self._characters[:, [self._start + p for p in places]].astype(np.int64) - ord("0")

    def amount(self, name: str) -> np.ndarray:
        """A part with at most one decimal mark as numbers ``[m]``; 0 if the texts do not have it."""
        start, end = self._spans.get(name, (-1, -1))
        if start == end:
            return np.zeros(len(self))
        plain = np.ascontiguousarray(self._characters[:, self._start + start : self._start + end])
        plain[plain == ord(",")] = ord(".")
        return plain.view(f"U{end - start}")[:, 0].astype(np.float64)

    def _is_digit(self, name: str, place: int) -> bool:
        return (self.words[name] or "")[place].isdigit()
