"""The content of text parts, as plain data: blocks of raw text that :mod:`markup` escapes.

Nothing here is HTML. Numbers are already formatted, so that both user interfaces show the same digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Tone = Literal["plain", "hint", "fair", "poor"]
Level = Literal["good", "fair", "poor"]
Pairs = tuple[tuple[str, str], ...]  # (name, value)


class Strong(str):
    """A piece of a line in bold."""

    __slots__ = ()


@dataclass(frozen=True)
class Badge:
    """A short verdict; ``about`` is its tooltip."""

    text: str
    level: Level
    about: str = ""


Piece = str | Badge


@dataclass(frozen=True)
class Headline:
    """A one-sentence summary of what is shown."""

    text: str


@dataclass(frozen=True)
class Heading:
    """The heading of the following blocks."""

    text: str


@dataclass(frozen=True)
class Line:
    """A paragraph, made by :func:`line` or :func:`hint`."""

    pieces: tuple[Piece, ...]
    tone: Tone


@dataclass(frozen=True)
class Statistics:
    """A row of labelled numbers in large type."""

    pairs: Pairs


@dataclass(frozen=True)
class Facts:
    """Labelled numbers in a line, with an optional badge."""

    pairs: Pairs
    badge: Badge | None = None


@dataclass(frozen=True)
class Values:
    """A list of names and values."""

    pairs: Pairs


@dataclass(frozen=True)
class Picture:
    """A small picture in shades of grey: ``pixels`` ``[h][w]``, 0 (light) to 1 (dark)."""

    pixels: tuple[tuple[float, ...], ...]
    about: str


@dataclass(frozen=True)
class TableRow:
    """One row: its name, cells, unit, and a note below the name."""

    name: str
    cells: tuple[str, ...]
    unit: str = ""
    note: str = ""


@dataclass(frozen=True)
class Table:
    """A small table; ``columns`` are the headings of the cells. ``wordy``: cells are sentences."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    wordy: bool = False


Block = Headline | Heading | Line | Statistics | Facts | Values | Picture | Table
Content = tuple[Block, ...]


def line(*pieces: Piece, tone: Tone = "plain") -> Line:
    """A paragraph of text, strong text and badges."""
    return Line(pieces, tone)


def hint(*pieces: Piece) -> Line:
    """A paragraph in small print."""
    return Line(pieces, "hint")
