"""Groups of rows by one or several sensitive attributes: intersections, merging, and a choice by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np

from afif_explorer.engine.targets.bound import Sample
from afif_explorer.errors import InvalidChoice
from afif_explorer.wording import quoted

JOINT = ", "  # between the parts of a name
_MOST_JOINED = 4
_MOST_NAMED = 12
GroupName = str | tuple[str, ...]
Merge = Mapping[str, Sequence[GroupName]] | tuple[tuple[str, tuple[GroupName, ...]], ...]
Merged = tuple[
    tuple[str, tuple[GroupName, ...]], ...
]  # a new name, and the groups that it stands for


@dataclass(frozen=True, eq=False)
class Grouping:
    """The group of each row.

    Attributes:
        codes: index into ``names`` of each row ``[n]``, -1 if unknown.
        names: of the groups. levels: the values that each of them stands for, one per attribute.
        merged: the groups that were merged into ``joint``; empty if none were. merged_levels: their values.
    """

    codes: np.ndarray
    names: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]
    merged: tuple[str, ...] = ()
    merged_levels: tuple[tuple[str, ...], ...] = ()
    joint: int | None = None

    @property
    def sizes(self) -> np.ndarray:
        """The number of rows of each group, ``[groups]``."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.names))

    def place(self, name: GroupName) -> int | None:
        """The index of a group, or of the one it was merged into; None if there is none.

        ``name`` is its display name or its values.
        """
        wanted = (name,) if isinstance(name, str) else name
        if wanted in self.levels:
            return self.levels.index(wanted)
        if wanted in self.merged_levels or name in self.merged:
            return self.joint
        return self.names.index(name) if name in self.names else None


def as_attributes(names: str | Sequence[str]) -> str | tuple[str, ...]:
    """One sensitive attribute, or several without repetitions.

    Raises :class:`InvalidChoice` for anything else.
    """
    if isinstance(names, str):
        return names
    several = list(names) if isinstance(names, Iterable) else []
    if not several or not all(isinstance(name, str) for name in several):
        raise InvalidChoice(
            f"Expected the name of a sensitive attribute, or a list of names, got {quoted(names)}."
        )
    found = tuple(dict.fromkeys(several))
    return found[0] if len(found) == 1 else found


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
            f"groups names the two groups to compare, as ('F', 'M') does, not {quoted(names)}."
        )
    return tuple(dict.fromkeys(found))


def as_merged(merge: Merge | None) -> Merged:
    """Groups to merge by name, as tuples. Raises :class:`InvalidChoice` for anything else."""
    given = merge.items() if isinstance(merge, Mapping) else (merge or ())
    found: list[tuple[str, tuple[GroupName, ...]]] = []
    for pair in given:
        name, members = pair if isinstance(pair, tuple) and len(pair) == 2 else ("", ())
        several: list[Any] = list(members) if isinstance(members, Iterable) else []
        if not isinstance(name, str) or isinstance(members, str) or len(several) < 2:
            raise InvalidChoice(
                "merge names the groups that become one, two or more, as {'young': ['18-25', '26-35']} does, "
                f"not {quoted(merge)}."
            )
        found.append((name, tuple(tuple(one) if isinstance(one, list) else one for one in several)))
    every = [member for _, members in found for member in members]
    if len(set(every)) < len(every):
        raise InvalidChoice("merge puts a group into two others; name each group once.")
    return tuple(found)


def group_name(attributes: Sequence[str], levels: Sequence[str]) -> str:
    """The display name of a group: its value, or ``sex=F, race=Black`` for those of several attributes."""
    if len(attributes) == 1:
        return levels[0]
    return JOINT.join(f"{name}={level}" for name, level in zip(attributes, levels, strict=True))


def grouping(sample: Sample, attributes: Sequence[str]) -> Grouping:
    """The groups of one attribute, or the intersections of several that have rows in the sample.

    Raises :class:`InvalidChoice` for an unknown attribute.
    """
    for name in attributes:
        if name not in sample.groups:
            known = ", ".join(map(repr, sample.groups)) or "none"
            raise InvalidChoice(
                f"{quoted(name)} is not a sensitive attribute of these data; there are: {known}."
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
    return Grouping(codes, _names(attributes, levels), levels)


def merge_named(
    groups: Grouping, merged: Merged, sample: Sample, attributes: Sequence[str]
) -> Grouping:
    """The same with the named groups as one each, in place of the first of them.

    Raises :class:`InvalidChoice` for a name that is none of the groups, or taken by another one.
    """
    if not merged:
        return groups
    members = [member for _, several in merged for member in several]
    groups = with_absent(groups, members, sample, attributes)
    into = np.arange(len(groups.names))
    renamed: dict[int, str] = {}
    for name, several in merged:
        places = chosen(groups, several, " and ".join(map(repr, attributes)))
        into[places] = min(places)
        renamed[min(places)] = name
    kept = np.unique(into)
    names = tuple(renamed.get(place, groups.names[place]) for place in kept.tolist())
    if len(set(names)) < len(names):
        raise InvalidChoice(
            f"merge gives a name that another group has; the groups would be: {', '.join(map(repr, names))}."
        )
    codes = np.append(np.searchsorted(kept, into), -1)  # the last entry: rows of unknown group
    levels = tuple(
        (renamed[place],) if place in renamed else groups.levels[place] for place in kept.tolist()
    )
    return replace(groups, codes=codes[groups.codes], names=names, levels=levels)


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
    return Grouping(
        codes=codes[groups.codes],
        names=(*names, joint),
        levels=(*levels, (joint,)),
        merged=merged,
        merged_levels=tuple(groups.levels[place] for place in small),
        joint=len(kept),
    )


def with_absent(
    groups: Grouping, names: Sequence[GroupName], sample: Sample, attributes: Sequence[str]
) -> Grouping:
    """The same with those of the named intersections that have no rows in this sample, as empty groups."""
    missing = {name for name in names if groups.place(name) is None}
    if not missing or len(attributes) == 1:
        return groups
    every = product(*(sample.group_names[attribute] for attribute in attributes))
    found = [row for row in every if row in missing or group_name(attributes, row) in missing]
    return replace(
        groups,
        names=(*groups.names, *(group_name(attributes, row) for row in found)),
        levels=(*groups.levels, *found),
    )


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
                f"{quoted(name)} is not a group of {attribute}; there are: {shown}"
                f"{f' and {more} more' if more > 0 else ''}."
            )
    return [place for place in places if place is not None]


def _names(attributes: Sequence[str], levels: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Display names of intersections; values are quoted if the names would not be distinct."""
    plain = tuple(group_name(attributes, row) for row in levels)
    if len(set(plain)) == len(plain):
        return plain
    return tuple(group_name(attributes, tuple(map(repr, row))) for row in levels)


def _joined(names: Sequence[str]) -> str:
    if len(names) > _MOST_JOINED:
        return f"other ({len(names)} groups)"
    between = "; " if any(JOINT in name for name in names) else JOINT
    return f"other ({between.join(names)})"


def _unused(name: str, taken: Sequence[str]) -> str:
    while name in taken:
        name += " (merged)"
    return name
