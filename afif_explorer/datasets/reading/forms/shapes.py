"""Texts by their shape: those that differ only in their digits are matched with a pattern once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, overload

import numpy as np
import pandas as pd

_FEW = 16  # of so few texts, each is its own shape
_LONGEST = 50  # longer ones are their own shape
_BATCH = 1 << 15
_ZERO, _NINE, _LETTERS = ord("0"), ord("9"), ord("A")


class Group(NamedTuple):
    """The texts of one shape: one of them, the places of all, and their characters ``[m, length]``."""

    example: str
    places: np.ndarray
    characters: np.ndarray


@dataclass(frozen=True, eq=False)
class Texts(Sequence[str]):
    """Texts with the shape of each.

    In a shape, a digit is 9 if it follows another one, or if it is not 0 and follows no letter; so a pattern
    of ``\\d``, of numbers without leading zeros, or of units such as m2 matches all texts of a shape, in the
    same places, or none.
    """

    texts: Sequence[str]
    codes: np.ndarray  # [n]: the shape of each text
    examples: Sequence[str]  # [k]: the first text of each shape, in order of appearance

    @classmethod
    def of(cls, texts: Iterable[str]) -> Texts:
        """Any texts; those that already have their shapes are returned as they are."""
        if isinstance(texts, Texts):
            return texts
        texts = list(texts)
        if len(texts) <= _FEW:
            return cls(texts, np.arange(len(texts)), texts)
        known: dict[str, int] = {}
        examples: list[str] = []
        codes = np.empty(len(texts), dtype=np.intp)
        for start in range(0, len(texts), _BATCH):
            shapes = _shapes(texts[start : start + _BATCH])
            local, found = pd.factorize(shapes)
            _, first = np.unique(local, return_index=True)
            for shape, place in zip(found, first, strict=True):
                if shape not in known:
                    known[shape] = len(examples)
                    examples.append(texts[start + int(place)])
            own = np.array([known[shape] for shape in found])
            codes[start : start + len(shapes)] = own[local]
        return cls(texts, codes, examples)

    def __len__(self) -> int:
        return len(self.texts)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...
    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        return self.texts[place]

    def each(self, test: Callable[[str], Any]) -> np.ndarray:
        """The result of a test, which looks at the shape only, for each text."""
        return np.array([test(example) for example in self.examples])[self.codes]

    def counts(self, weights: np.ndarray | None = None) -> np.ndarray:
        """How many texts, or how much weight, each shape has."""
        return np.bincount(self.codes, weights, minlength=len(self.examples))

    def groups(self, wanted: Callable[[str], Any]) -> Iterator[tuple[Any, Group]]:
        """What ``wanted`` finds in a shape, and its texts, for each shape in which it finds something."""
        order = np.argsort(self.codes, kind="stable")
        ends = np.cumsum(self.counts())
        for example, start, end in zip(self.examples, [0, *ends[:-1]], ends, strict=True):
            found = wanted(example)
            if found is not None:
                places = order[start:end]
                yield found, Group(example, places, self._characters(places, len(example)))

    def _characters(self, places: np.ndarray, length: int) -> np.ndarray:
        texts = [self.texts[place] for place in places.tolist()]
        rows = np.array(texts, dtype=f"U{max(length, 1)}")
        return rows.view(np.uint32).reshape(len(places), -1)


def _shapes(texts: Sequence[str]) -> np.ndarray:
    """The shape of each text."""
    lengths = np.fromiter(map(len, texts), np.intp, len(texts))
    width = max(1, min(_LONGEST, int(lengths.max())))
    characters = np.array(texts, dtype=f"U{width}").view(np.uint32).reshape(len(texts), width)
    digit = (characters >= _ZERO) & (characters <= _NINE)
    after_digit, after_letter = np.zeros_like(digit), np.zeros_like(digit)
    after_digit[:, 1:] = digit[:, :-1]
    after_letter[:, 1:] = characters[:, :-1] >= _LETTERS
    any_digit = digit & (after_digit | (~after_letter & (characters != _ZERO)))
    shapes = (
        np.where(any_digit, np.uint32(_NINE), characters).view(f"U{width}").astype(object)[:, 0]
    )
    own = np.flatnonzero((characters != 0).sum(axis=1) != lengths)  # long, or with a NUL
    shapes[own] = [texts[place] for place in own.tolist()]
    return shapes
