"""The memory needed to read a Parquet file, from its headers, before anything is decompressed.

A small file can expand to gigabytes: compressed pages, run-length encoded values, lists, and
prefix-encoded text. The sizes in the footer can be wrong, so the page headers are used, which the decoder
relies on. Specification: the Apache Parquet format (``parquet.thrift``).
"""

from __future__ import annotations

from dataclasses import dataclass

from afif_explorer.datasets.reading.limits import check_shape
from afif_explorer.datasets.reading.parquet.thrift import DAMAGED, Reader, Struct
from afif_explorer.datasets.reading.text import clean
from afif_explorer.errors import DataError

MOST_PARTS = 300_000  # values in the footer; a column of a row group has about 35
MOST_CHUNKS = 50_000  # columns times row groups
MOST_PAGES = 100_000
_PAGE_PARTS = 200  # values in the header of a page
_MAGIC = b"PAR1"
_WIDTHS = {0: 8, 1: 8, 2: 8, 3: 12, 4: 8, 5: 8}  # bytes of a value by physical type
_BYTES, _FIXED = 6, 7  # physical types of text and of values of a fixed number of bytes
_OBJECT = 64  # bytes of a Python object besides its content
_POINTER = 12  # bytes of a repeated text in a table: its code, then a pointer
_REPEATED = 2
_DICTIONARY_PAGE, _DATA_PAGES = 2, (0, 3)
_DEEPEST = 50
_BY_DICTIONARY = {0, 2, 8}  # PLAIN, PLAIN_DICTIONARY, RLE_DICTIONARY


@dataclass
class Leaf:
    """A column to read, and the sizes of its pages."""

    name: str
    kind: int  # physical type
    width: int  # bytes of a decoded value; for text, of its code and pointer
    unpacked: int = 0  # bytes of all pages, uncompressed
    largest: int = 0  # of the largest page
    encodings: frozenset[int] = frozenset()  # of the data pages

    @property
    def is_text(self) -> bool:
        """Whether values have a variable number of bytes."""
        return self.kind == _BYTES

    @property
    def by_dictionary(self) -> bool:
        """Whether it can be read as a dictionary, in which repeated values are stored once."""
        return self.is_text and self.encodings <= _BY_DICTIONARY


@dataclass(frozen=True)
class Sizes:
    """The columns that can be read, those that cannot (nested values), and the memory needed."""

    leaves: tuple[Leaf, ...]
    nested: tuple[str, ...]
    rows: int

    @property
    def bytes(self) -> int:
        """A lower bound on the memory of all values: pages, then cells."""
        return sum(leaf.unpacked + self.rows * leaf.width for leaf in self.leaves)


def sizes_of(data: bytes) -> Sizes:
    """The sizes of a Parquet file. Raises :class:`DataError` if it is damaged or exceeds the limits."""
    try:
        return _sizes(data)
    except (TypeError, AttributeError, OverflowError, MemoryError):  # fields of other kinds
        raise DataError(DAMAGED) from None


def _sizes(data: bytes) -> Sizes:
    footer = _footer(data)
    leaves, nested, count = _columns(footer)
    groups = [group.get(1, []) for group in footer.get(4, [])]
    rows = max(sum(group.get(3, 0) for group in footer.get(4, [])), footer.get(3, 0))
    check_shape(rows, count)
    if not count or any(len(group) != count for group in groups):
        raise DataError(DAMAGED)
    if len(groups) * count > MOST_CHUNKS:
        raise DataError("The Parquet file has too many row groups; save it with fewer.")
    values = sum(chunk.get(3, {}).get(5, 0) for group in groups for chunk in group)
    check_shape(-(-values // count), count)  # lists can have more values than rows
    budget = MOST_PAGES
    for group in groups:
        for place, leaf in leaves.items():
            budget = _walk(data, group[place].get(3, {}), leaf, budget)
    return Sizes(tuple(leaves.values()), nested, rows)


def _footer(data: bytes) -> Struct:
    length = int.from_bytes(data[-8:-4], "little")
    start = len(data) - 8 - length
    if not data.endswith(_MAGIC) or start < len(_MAGIC):
        raise DataError(DAMAGED)
    return Reader(data[start:-8], budget=MOST_PARTS).struct()


def _columns(footer: Struct) -> tuple[dict[int, Leaf], tuple[str, ...], int]:
    """Columns of plain values by their index among all leaves, nested ones, and the number of leaves."""
    schema = footer.get(2, [])
    flat: dict[int, Leaf] = {}
    nested: dict[str, None] = {}
    taken: set[str] = set()
    place, count = 1, 0
    while place < len(schema):
        element, start = schema[place], place
        name = _name(element)
        place, paths = _below(schema, place, name)
        if place == start + 1 and element.get(3) != _REPEATED:
            flat[count] = _leaf(element, name)
            names = {name}
        else:
            nested[name] = None
            names = {part for path in paths for part in _beginnings(path)}
        if not taken.isdisjoint(names):
            raise DataError(f"Two columns are named '{clean(name)}'; give each a unique name.")
        taken |= names
        count += len(paths)
    return flat, tuple(nested), count


def _below(schema: list[Struct], place: int, path: str, depth: int = 0) -> tuple[int, list[str]]:
    """The index after the column at ``place``, and the dotted paths of its leaves."""
    children = schema[place].get(5, 0)
    if depth > _DEEPEST:
        raise DataError(DAMAGED)
    place += 1
    if not children:
        return place, [path]
    paths: list[str] = []
    for _ in range(children):
        if place >= len(schema):
            raise DataError(DAMAGED)
        place, found = _below(schema, place, f"{path}.{_name(schema[place])}", depth + 1)
        paths += found
    return place, paths


def _beginnings(path: str) -> list[str]:
    """``a.b.c``: ``a``, ``a.b``, ``a.b.c``."""
    parts = path.split(".")
    return [".".join(parts[: i + 1]) for i in range(len(parts))]


def _name(element: Struct) -> str:
    name: bytes = element.get(4, b"")
    return name.decode("utf-8", "replace")


def _leaf(element: Struct, name: str) -> Leaf:
    kind = element.get(1, -1)
    if kind == _BYTES:
        return Leaf(name, kind, _POINTER)
    if kind == _FIXED:
        return Leaf(name, kind, _OBJECT + 2 * max(0, element.get(2, 0)))
    if kind not in _WIDTHS:
        raise DataError(DAMAGED)
    return Leaf(name, kind, _WIDTHS[kind])


def _walk(data: bytes, chunk: Struct, leaf: Leaf, most: int) -> int:
    """Add the pages of a chunk to its column; returns the remaining page budget."""
    starts = [chunk.get(9, 0), *([chunk[11]] if chunk.get(11, 0) > 0 else [])]
    reader = Reader(data, min(starts), budget=0)
    end = min(starts) + chunk.get(7, 0)
    while reader.place < min(end, len(data)):
        reader.allow(_PAGE_PARTS)
        header = reader.struct()
        unpacked, packed = header.get(2, 0), header.get(3, 0)
        held: Struct = next((header[part] for part in (5, 7, 8) if part in header), {})
        most -= 1
        if most < 0:
            raise DataError("The Parquet file has too many pages; save it with larger ones.")
        if unpacked < 0 or packed < 0:
            raise DataError(DAMAGED)
        if header.get(1) == _DICTIONARY_PAGE and held.get(1, 0) > unpacked:
            raise DataError(DAMAGED)  # more values than bytes
        if header.get(1) in _DATA_PAGES:
            leaf.encodings |= {held.get(4 if header[1] == 3 else 2, 0)}
        leaf.unpacked += unpacked
        leaf.largest = max(leaf.largest, unpacked)
        reader.place += packed
    return most
