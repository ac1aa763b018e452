"""The memory held by Python objects, including arrays and frames."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
import pandas as pd

_CODE = (FunctionType, BuiltinFunctionType, MethodType, ModuleType)


def leaves(value: Any) -> Iterator[tuple[Any, int]]:
    """Every object inside ``value`` that holds memory, once, with its bytes.

    An array view counts as its underlying buffer; containers and objects as the sum of their contents.
    """
    seen: set[int] = set()
    queue = [value]
    while queue:
        item = queue.pop()
        while isinstance(item, np.ndarray) and isinstance(item.base, np.ndarray):
            item = item.base
        if id(item) in seen or item is None or isinstance(item, type | bool):
            continue
        seen.add(id(item))
        yield item, _own_size(item)
        queue.extend(_inside(item))


def _own_size(item: Any) -> int:
    if isinstance(item, pd.DataFrame):
        return int(item.memory_usage(index=True, deep=True).sum())
    if isinstance(item, pd.Series | pd.Index):
        return int(item.memory_usage(deep=True))
    nbytes = getattr(item, "nbytes", None)  # NumPy arrays and torch tensors
    return int(nbytes) if isinstance(nbytes, int) else sys.getsizeof(item, 64)


def _inside(item: Any) -> list[Any]:
    if isinstance(item, np.ndarray):
        return list(item.flat) if item.dtype == object else []
    if isinstance(item, str | bytes | int | float | pd.DataFrame | pd.Series | pd.Index):
        return []
    if isinstance(item, Mapping):
        return [*item.keys(), *item.values()]
    if isinstance(item, list | tuple | set | frozenset):
        return list(item)
    if isinstance(item, _CODE) or hasattr(item, "nbytes"):
        return []
    slots = [getattr(item, name, None) for name in getattr(type(item), "__slots__", ())]
    return [*slots, *getattr(item, "__dict__", {}).values()]
