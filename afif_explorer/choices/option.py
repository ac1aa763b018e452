"""Base class of declared values, and the collection of the declarations in a folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from itertools import combinations
from pkgutil import iter_modules
from typing import Any, ClassVar, Protocol, TypeVar

import numpy as np

Declared = TypeVar("Declared", bound="Option")


class Facts(Protocol):
    """The properties of a data set used by declarations; of a ``Dataset`` or a ``DataSummary``."""

    @property
    def title(self) -> str: ...

    @property
    def task(self) -> str: ...

    @property
    def target(self) -> str: ...

    @property
    def classes(self) -> tuple[str, ...]: ...

    @property
    def sensitive(self) -> tuple[str, ...]: ...

    @property
    def group_names(self) -> tuple[tuple[str, ...], ...]: ...

    @property
    def row_ids(self) -> Mapping[str, np.ndarray]: ...


class Asked(Protocol):
    """The other settings used by declarations; those of a :class:`~afif_explorer.spec.Spec`."""

    @property
    def model(self) -> str: ...

    @property
    def hidden(self) -> int: ...

    @property
    def strength(self) -> float: ...

    @property
    def damping(self) -> float: ...

    @property
    def leverage_correction(self) -> bool: ...

    @property
    def split(self) -> str: ...

    @property
    def sensitive(self) -> int: ...

    @property
    def favourable(self) -> int: ...

    @property
    def pair(self) -> int: ...

    @property
    def minimum(self) -> int: ...

    @property
    def merge_small(self) -> bool: ...

    @property
    def row(self) -> int: ...


@dataclass(frozen=True, kw_only=True)
class Option:
    """One value of a setting.

    Attributes:
        key: the value in a ``Spec``, in links and in keys of results; never changed once released.
        label: its name for users.
        order: its position in lists, ascending.
        needs: fields of ``Spec`` that have an effect with this value and not without it.
        ignores: fields that have no effect with this value, whatever the others need.
    """

    choice: ClassVar[str]  # the field of Spec that it is a value of

    key: str
    label: str
    order: int
    needs: tuple[str, ...] = ()
    ignores: tuple[str, ...] = ()

    @property
    def page(self) -> str:
        """The page of :mod:`afif_explorer.explain` about it."""
        return f"choices/{self.choice}"


def declared(package: str, path: Iterable[str]) -> dict[str, Any]:
    """The ``OPTION`` of every module in a package that declares one, by key, in order."""
    modules = (import_module(f"{package}.{one.name}") for one in iter_modules(list(path)))
    return by_key(*(vars(module)["OPTION"] for module in modules if "OPTION" in vars(module)))


def by_key(*options: Declared) -> dict[str, Declared]:
    """Declarations by key, in order."""
    return {option.key: option for option in sorted(options, key=lambda option: option.order)}


def sensitive_sets(data: Facts) -> list[tuple[str, ...]]:
    """The columns whose groups can be compared, in the order of ``sensitive``: each, each two, and all."""
    columns = data.sensitive
    several = [*combinations(columns, 2), *([columns] if len(columns) > 2 else [])]
    return [*((name,) for name in columns), *several]


def sensitive_columns(data: Facts, asked: Asked) -> tuple[str, ...]:
    """The chosen sensitive column, or the several whose intersections are compared; none without any."""
    return sensitive_sets(data)[asked.sensitive] if data.sensitive else ()


def group_pairs(data: Facts, asked: Asked) -> list[tuple[str, str]]:
    """The pairs of groups of the chosen sensitive column, in the order of ``pair``; none of intersections."""
    columns = sensitive_columns(data, asked)
    if len(columns) != 1:
        return []
    return list(combinations(data.group_names[data.sensitive.index(columns[0])], 2))
