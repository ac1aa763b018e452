"""Groups of rows by one or several sensitive attributes: intersections, merging, and a choice by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from afif_explorer.engine.targets.bound import Sample
from afif_explorer.errors import InvalidChoice

JOINT = ", "  # between the levels of an intersection
_MOST_JOINED = 4
_MOST_NAMED = 12
GroupName = str | tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Grouping:
    """The group of each row.

    Attributes:
        codes: index into ``names`` of each row ``[n]``, -1 if unknown.
        names: of the groups. levels: the values that each of them stands for, one per attribute.
        merged: the groups that were merged into the last one; empty if none were.
    """

    codes: np.ndarray
    names: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]
    merged: tuple[str, ...] = ()

    @property
    def sizes(self) -> np.ndarray:
        """The number of rows of each group, ``[groups]``."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.names))

    def place(self, name: GroupName) -> int | None:
        """The index of a group, named as it is displayed or by its values; None if there is none."""
        wanted = (name,) if isinstance(name, str) else name
        if wanted in self.levels:
            return self.levels.index(wanted)
        return self.names.index(name) if name in self.names else None


def as_attributes(names: str | Sequence[str]) -> str | tuple[str, ...]:
    """One sensitive attribute, or several without repetitions.

    Raises :class:`InvalidChoice` for anything else.
    """
    if isinstance(names, str):
        return names
    several = tuple(dict.fromkeys(names)) if isinstance(names, Iterable) else ()
    if not several or not all(isinstance(name, str) for name in several):
        raise InvalidChoice(
            f"Expected the name of a sensitive attribute, or a list of names, got {names!r}."
        )
    return several[0] if len(several) == 1 else several


def as_group_names(names: Sequence[GroupName] | None) -> tuple[GroupName, ...] | None:
    """The groups to compare, as a tuple; None: all. Raises :class:`InvalidChoice` for fewer than two."""
    if names is None:
        return None
    several = isinstance(names, Iterable) and not isinstance(names, str)
    found: list[GroupName] = [
        tuple(map(str, name)) if isinstance(name, tuple | list) else str(name)
        for name in (names if several else ())
    ]
    if len(set(found)) < 2:
        raise InvalidChoice(
            f"groups names the two groups to compare, as ('F', 'M') does, not {names!r}."
        )
    return tuple(dict.fromkeys(found))


def grouping(sample: Sample, attributes: Sequence[str]) -> Grouping:
    """The groups of one attribute, or the intersections of several that have rows in the sample.

    Raises :class:`InvalidChoice` for an unknown attribute.
    """
    for name in attributes:
        if name not in sample.groups:
            known = ", ".join(map(repr, sample.groups)) or "none"
            raise InvalidChoice(
                f"{name!r} is not a sensitive attribute of these data; there are: {known}."
            )
    if len(attributes) == 1:
        [name] = attributes
        names = tuple(sample.group_names[name])
        return Grouping(np.asarray(sample.groups[name]), names, tuple((one,) for one in names))
    each = np.stack([np.asarray(sample.groups[name]) for name in attributes], axis=1)
    known_rows = (each >= 0).all(axis=1)
    found, inverse = np.unique(each[known_rows], axis=0, return_inverse=True)
    codes = np.full(len(each), -1)
    codes[known_rows] = inverse.reshape(-1)
    levels = tuple(
        tuple(sample.group_names[name][code] for name, code in zip(attributes, row, strict=True))
        for row in found
    )
    return Grouping(codes, _names(levels), levels)


def merge_small(groups: Grouping, minimum: int) -> Grouping:
    """The same with all groups of fewer than ``minimum`` rows as one; unchanged for fewer than two."""
    sizes = groups.sizes
    small = [place for place, size in enumerate(sizes) if 0 < size < minimum]
    if len(small) < 2:
        return groups
    kept = [place for place in range(len(sizes)) if place not in small]
    codes = np.full(len(sizes) + 1, -1)  # the last entry is that of rows of unknown group
    codes[kept] = np.arange(len(kept))
    codes[small] = len(kept)
    merged = tuple(groups.names[place] for place in small)
    names = tuple(groups.names[place] for place in kept)
    levels = tuple(groups.levels[place] for place in kept)
    joint = _unused(_joined(merged), names)
    return Grouping(codes[groups.codes], (*names, joint), (*levels, (joint,)), merged)


def chosen(groups: Grouping, names: Sequence[GroupName] | None, attribute: str) -> list[int]:
    """The indices of the named groups; all if None.

    Raises :class:`InvalidChoice` for a name that is none of them.
    """
    if names is None:
        return list(range(len(groups.names)))
    places = [groups.place(name) for name in names]
    for name, place in zip(names, places, strict=True):
        if place is None:
            shown = ", ".join(map(repr, groups.names[:_MOST_NAMED]))
            more = len(groups.names) - _MOST_NAMED
            raise InvalidChoice(
                f"{name!r} is not a group of {attribute}; there are: {shown}"
                f"{f' and {more} more' if more > 0 else ''}."
            )
    return [place for place in places if place is not None]


def _names(levels: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """Display names of intersections; quoted if they would not be distinct."""
    plain = tuple(JOINT.join(row) for row in levels)
    return plain if len(set(plain)) == len(plain) else tuple(map(repr, levels))


def _joined(names: Sequence[str]) -> str:
    if len(names) > _MOST_JOINED:
        return f"{len(names)} small groups"
    return " + ".join(names)


def _unused(name: str, taken: Sequence[str]) -> str:
    while name in taken:
        name += " (merged)"
    return name
