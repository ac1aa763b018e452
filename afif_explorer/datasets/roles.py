"""What each column of a table is for, and how it is read, as chosen in ``Dataset.from_frame``."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, TypeVar

from afif_explorer.datasets.columns.guesses import (
    ID,
    IGNORE,
    INPUT,
    ROLES,
    SENSITIVE,
    SPLIT,
    TARGET,
    WEIGHT,
)  # fmt: skip
from afif_explorer.datasets.columns.recipe import KINDS
from afif_explorer.datasets.reading import text
from afif_explorer.errors import DataError, InvalidChoice
from afif_explorer.numeric import is_name

_T = TypeVar("_T")


class ColumnOptions(TypedDict, total=False):
    """The options of ``Dataset.from_frame`` about single columns, by their names."""

    roles: Mapping[Hashable, str] | None
    kinds: Mapping[Hashable, str] | None
    missing: Mapping[Hashable, Collection[Any]] | None
    merge: Mapping[Hashable, Mapping[str, str]] | None


@dataclass(frozen=True)
class Roles:
    """The positions of the columns by role; ``chosen`` has the roles that were given."""

    target: int
    sensitive: tuple[int, ...]
    weight: int | None
    split: int | None
    ignored: frozenset[int]  # and identifiers
    chosen: Mapping[int, str]


def roles_of(
    raw: Sequence[Hashable],
    names: Sequence[str],
    target: Hashable | None,
    sensitive: Sequence[Hashable] | str,
    roles: Mapping[Hashable, str] | None,
) -> Roles:
    """The role of each column. Raises DataError for unknown columns, InvalidChoice for roles that clash."""
    chosen = by_place(raw, names, roles, "role")
    for place, role in chosen.items():
        if role not in ROLES:
            raise InvalidChoice(
                f"Unknown role {text.clean(role)!r} of '{names[place]}'; choose one of: {', '.join(ROLES)}; "
                "or a kind, such as 'category'."
            )
    targets = [place for place, role in chosen.items() if role == TARGET]
    if target is not None:
        targets = list(dict.fromkeys([find(target, raw, names, "target"), *targets]))
    if len(targets) != 1:
        raise InvalidChoice(
            "Say which column is the target: target='name'."
            if not targets
            else f"There can be only one target, not {text.listing([names[p] for p in targets])}."
        )
    asked = [sensitive] if isinstance(sensitive, str) else list(sensitive)
    who = [find(each, raw, names, "sensitive column") for each in asked]
    who += [place for place, role in chosen.items() if role == SENSITIVE]
    place = targets[0]
    if place in who:
        raise DataError(f"'{names[place]}' cannot be both the target and a sensitive column.")
    for each in (place, *who):
        wanted = TARGET if each == place else SENSITIVE
        if chosen.get(each, wanted) != wanted:
            raise InvalidChoice(f"'{names[each]}' cannot be both {wanted} and {chosen[each]}.")
    return Roles(
        target=place,
        sensitive=tuple(dict.fromkeys(who)),
        weight=_single(chosen, names, WEIGHT),
        split=_single(chosen, names, SPLIT),
        ignored=frozenset(place for place, role in chosen.items() if role in (ID, IGNORE)),
        chosen=chosen,
    )


def apart(options: ColumnOptions) -> ColumnOptions:
    """The options with roles and kinds apart: a role that is a kind is an input of that kind."""
    roles, kinds = options.get("roles"), options.get("kinds")
    if not isinstance(roles, Mapping) or not isinstance(kinds, Mapping | None):
        return options
    also = {name: kind for name, kind in roles.items() if is_name(kind, KINDS)}
    return {
        **options,
        "roles": {**roles, **dict.fromkeys(also, INPUT)},
        "kinds": {**also, **(kinds or {})},
    }


def by_place(
    raw: Sequence[Hashable], names: Sequence[str], given: Mapping[Hashable, _T] | None, what: str
) -> dict[int, _T]:
    """What is given for columns by name, by their positions."""
    if given is not None and not isinstance(given, Mapping):
        raise InvalidChoice(f"Give the {what} of each column as a mapping from its name.")
    return {find(name, raw, names, what): value for name, value in (given or {}).items()}


def find(wanted: Hashable, raw: Sequence[Hashable], names: Sequence[str], role: str) -> int:
    """Position of a column by its raw name or its display name."""
    for known in (raw, names):
        places = [place for place, name in enumerate(known) if str(name) == str(wanted)]
        if len(places) == 1:
            return places[0]
        if places:
            raise DataError(
                f"{len(places)} columns are named '{text.clean(wanted)}'; give the {role} a unique "
                "name."
            )
    raise DataError(
        f"There is no column '{text.clean(wanted)}' to use as the {role}; {text.near(wanted, names)}"
    )


def _single(chosen: Mapping[int, str], names: Sequence[str], role: str) -> int | None:
    places = [place for place, each in chosen.items() if each == role]
    if len(places) > 1:
        raise InvalidChoice(
            f"There can be only one column with the role {role}, not "
            f"{text.listing([names[place] for place in places])}."
        )
    return places[0] if places else None
