"""Levels that may be one label with a typing error, in the plural, or written as one word."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

import pandas as pd

from afif_explorer.datasets.columns.guesses import GROUPS, is_sensitive
from afif_explorer.datasets.columns.slips import one_slip
from afif_explorer.datasets.columns.spellings import counts_of, letters, visible

_MOST_LEVELS = 200
_RARE, _TIMES = 0.03, 10  # a very rare level beside one that is so many times more common
_UNCOMMON, _SOME_TIMES = 0.1, 3  # the same for a slip behind the first letter
_LEAST_LETTERS = 5
_LEAST_PLURAL = 3
_NEGATION = "a"  # typical and atypical are two things
_GENDERED = {"a", "e", "o"}  # last letters that tell actors from actresses in many languages
_KNOWN = frozenset(word for words in GROUPS for word in words if len(word) > 3)


def similar(series: pd.Series, name: str) -> dict[str, str]:
    """The levels that may be another one by mistake, and that one, which is the more common."""
    same = visible(series)
    counts: Counter[str] = Counter()
    for level, times in counts_of(series).items():
        counts[same.get(level, level)] += times
    if not 2 <= len(counts) <= _MOST_LEVELS:
        return {}
    levels = _Levels(counts, is_sensitive(name))
    found: dict[str, str] = {}
    for rare in sorted(counts, key=lambda level: counts[level]):
        usual = levels.usual(rare, found)
        if usual is not None:
            found[rare] = usual
    return found


class _Levels:
    """The levels of a column with their words, and which of them are close to each other."""

    def __init__(self, counts: Mapping[str, int], sensitive: bool) -> None:
        self._counts, self._sensitive = counts, sensitive
        self._total = sum(counts.values())
        self._words = {level: letters(level) for level in counts}
        self._near: dict[str, list[str]] = defaultdict(list)
        for level, word in self._words.items():
            for key in set(_keys(word)):
                self._near[key].append(level)

    def usual(self, rare: str, taken: Mapping[str, str]) -> str | None:
        """The level that ``rare`` may stand for: the most common of them."""
        close = {other for key in set(_keys(self._words[rare])) for other in self._near[key]}
        able = [
            other
            for other in close - taken.keys()
            if self._words[other] != self._words[rare]
            and (self._counts[other], -len(other), other) > (self._counts[rare], -len(rare), rare)
            and self._same(rare, other)
        ]
        return max(able, key=lambda level: self._counts[level], default=None)

    def _same(self, rare: str, usual: str) -> bool:
        a, b = self._words[rare], self._words[usual]
        if a.replace(" ", "") == b.replace(" ", ""):
            return a.replace(" ", "").isalpha()
        ours, theirs = a.split(), b.split()
        if len(ours) != len(theirs):
            return False
        pairs = [(x, y) for x, y in zip(ours, theirs, strict=True) if x != y]
        if len(pairs) != 1 or not all(map(str.isalpha, pairs[0])):
            return False
        (one, other) = pairs[0]
        return _are_plural(one, other) or self._is_slip(one, other, rare, usual)

    def _is_slip(self, one: str, other: str, rare: str, usual: str) -> bool:
        if not one_slip(one, other):
            return False
        if other in _KNOWN and one not in _KNOWN and len(one) > 2:
            return True
        few, many = self._counts[rare], self._counts[usual]
        shorter = min(len(one), len(other))
        if _is_negation(one, other) or shorter < _LEAST_LETTERS - self._sensitive:
            return False
        if few <= max(1, _RARE * self._total) and many >= _TIMES * few:
            return True
        if one[0] != other[0] or _is_ending(one, other):
            return False
        if self._sensitive:
            return True
        return few <= _UNCOMMON * self._total and many >= _SOME_TIMES * few


def _keys(label: str) -> Iterator[str]:
    """Texts of which two labels share one if they may be the same."""
    yield label.replace(" ", "")
    for place in range(len(label)):
        yield label[:place] + label[place + 1 :]
    yield " ".join(map(_stem, label.split()))


def _stem(word: str) -> str:
    """A word without the ending of the plural."""
    for ending, instead in (("ies", "y"), ("es", ""), ("s", "")):
        if word.endswith(ending) and len(word) - len(ending) + len(instead) >= _LEAST_PLURAL:
            return (word[: -len(ending)] + instead).removesuffix("e")
    return word.removesuffix("e")


def _are_plural(one: str, other: str) -> bool:
    """Whether one of two words is the plural of the other."""
    short, long = sorted((one, other), key=len)
    if len(short) < _LEAST_PLURAL or (short.endswith("s") and not long.endswith("es")):
        return False
    plurals: Iterable[str] = (short + "s", short + "es", short.removesuffix("y") + "ies")
    return long in plurals


def _is_negation(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return long == _NEGATION + short


def _is_ending(one: str, other: str) -> bool:
    """Whether two words differ in the last letter only, as the forms of one word for men and women do."""
    if len(one) == len(other):
        return one[:-1] == other[:-1] and {one[-1], other[-1]} <= _GENDERED
    short, long = sorted((one, other), key=len)
    return long[:-1] == short and long[-1] in _GENDERED
