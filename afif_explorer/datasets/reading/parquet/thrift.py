"""A reader for Thrift's compact protocol, as far as Parquet's metadata uses it.

The metadata is parsed here, not only by the Parquet library, so that a file's sizes are known before
memory is allocated. Specification: the Apache Thrift documentation, "Thrift Compact protocol encoding".
"""

from __future__ import annotations

from typing import Any

from afif_explorer.errors import DataError

DAMAGED = "The file is not a readable Parquet file; it may be damaged."
_DEEPEST = 16
_STOP, _TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _MAP, _STRUCT = 0, 1, 2, 3, 7, 8, 11, 12
_INTEGERS, _LISTS = (4, 5, 6), (9, 10)

Struct = dict[int, Any]  # number of a field -> its value


class Reader:
    """Reads structs from ``data``, starting at ``place``, which advances.

    Raises :class:`DataError` for malformed data, and after ``budget`` values.
    """

    def __init__(self, data: bytes, place: int = 0, *, budget: int = 0) -> None:
        self.place = place
        self._data = data
        self._budget = budget

    def allow(self, budget: int) -> None:
        """Start a new budget."""
        self._budget = budget

    def struct(self, depth: int = 0) -> Struct:
        """The next struct: its known and unknown fields by number."""
        found: Struct = {}
        number = 0
        while (head := self._byte()) != _STOP:
            step, kind = head >> 4, head & 15
            number = number + step if step else self._integer()
            found[number] = self._value(kind, depth + 1)
        return found

    def _value(self, kind: int, depth: int, *, in_list: bool = False) -> Any:
        self._budget -= 1
        if self._budget < 0 or depth > _DEEPEST:
            raise DataError(
                "The Parquet file has too many parts; save it with fewer columns or row groups."
            )
        if kind in (_TRUE, _FALSE):
            return (self._byte() if in_list else kind) == _TRUE
        if kind == _BYTE:
            return self._byte()
        if kind in _INTEGERS:
            return self._integer()
        if kind == _DOUBLE:
            return self._bytes(8)
        if kind == _BINARY:
            return self._bytes(self._varint())
        if kind in _LISTS:
            return self._list(depth)
        if kind == _MAP:
            return self._map(depth)
        if kind == _STRUCT:
            return self.struct(depth)
        raise DataError(DAMAGED)

    def _list(self, depth: int) -> list[Any]:
        head = self._byte()
        size = head >> 4 if head >> 4 < 15 else self._varint()
        return [self._value(head & 15, depth + 1, in_list=True) for _ in range(size)]

    def _map(self, depth: int) -> dict[Any, Any]:
        size = self._varint()
        kinds = self._byte() if size else 0
        pairs = (
            (self._value(kinds >> 4, depth + 1, in_list=True),
             self._value(kinds & 15, depth + 1, in_list=True))
            for _ in range(size)
        )  # fmt: skip
        return {str(key): value for key, value in pairs}

    def _byte(self) -> int:
        if not 0 <= self.place < len(self._data):
            raise DataError(DAMAGED)
        self.place += 1
        return self._data[self.place - 1]

    def _bytes(self, size: int) -> bytes:
        start, self.place = self.place, self.place + size
        if self.place > len(self._data):
            raise DataError(DAMAGED)
        return self._data[start : self.place]

    def _varint(self) -> int:
        value = 0
        for shift in range(0, 70, 7):
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
        raise DataError(DAMAGED)

    def _integer(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)
