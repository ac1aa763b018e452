"""The memory held by Python objects, including arrays and frames."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Iterator, Mapping
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
import pandas as pd

_ATOMS = (str, bytes, int, float)
_TABULAR = (pd.DataFrame, pd.Series, pd.Index)
_CODE = (FunctionType, BuiltinFunctionType, MethodType, ModuleType)
_TABLES: dict[int, int] = {}  # id of a frame, series or index that exists: its bytes


def leaves(value: Any) -> Iterator[tuple[Any, int]]:
    """Every object inside ``value`` that holds memory, once, with its bytes.

    An array view counts as its underlying buffer; containers and objects as the sum of their contents.
    """
    seen: set[int] = set()
    queue = [value]
    while queue:
        item = queue.pop()
        if item is None or isinstance(item, (bool, type)):
            continue
        while isinstance(item, np.ndarray) and isinstance(item.base, np.ndarray):
            item = item.base
        if id(item) in seen:
            continue
        seen.add(id(item))
        yield item, _own_size(item)
        if not isinstance(item, _ATOMS):
            queue.extend(_inside(item))


def _own_size(item: Any) -> int:
    if isinstance(item, _ATOMS):
        return sys.getsizeof(item)
    if isinstance(item, _TABULAR):
        return _table_size(item)
    nbytes = getattr(item, "nbytes", None)  # NumPy arrays and torch tensors
    return int(nbytes) if isinstance(nbytes, int) else sys.getsizeof(item, 64)


def _table_size(item: Any) -> int:
    """The bytes of a frame, series or index, which pandas takes a millisecond to count."""
    known = _TABLES.get(id(item))
    if known is None:
        known = _TABLES[id(item)] = int(np.sum(item.memory_usage(deep=True)))
        weakref.finalize(item, _TABLES.pop, id(item)).atexit = False
    return known


def _inside(item: Any) -> list[Any]:
    if isinstance(item, np.ndarray):
        return list(item.flat) if item.dtype == object else []
    if isinstance(item, _TABULAR):
        return []
    if isinstance(item, Mapping):
        return [*item.keys(), *item.values()]
    if isinstance(item, (list, tuple, set, frozenset)):
        return list(item)
    if isinstance(item, _CODE) or hasattr(item, "nbytes"):
        return []
    slots = [getattr(item, name, None) for name in getattr(type(item), "__slots__", ())]
    return [*slots, *getattr(item, "__dict__", {}).values()]
