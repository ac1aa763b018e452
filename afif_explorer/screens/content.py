"""What a text part of a view says, as plain data: blocks of raw text that :mod:`markup` escapes.

Nothing here is HTML. Numbers are already texts, so that both user interfaces show the same digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Tone = Literal["plain", "hint", "fair", "poor"]
Level = Literal["good", "fair", "poor"]
Pairs = tuple[tuple[str, str], ...]  # (name, value)


class Strong(str):
    """A piece of a line that stands out."""

    __slots__ = ()


@dataclass(frozen=True)
class Badge:
    """A short verdict; ``about`` says more to those who point at it."""

    text: str
    level: Level
    about: str = ""


Piece = str | Badge


@dataclass(frozen=True)
class Headline:
    """What is on screen, in one sentence."""

    text: str


@dataclass(frozen=True)
class Heading:
    """The title of what follows."""

    text: str


@dataclass(frozen=True)
class Line:
    """A paragraph, made by :func:`line` or :func:`hint`."""

    pieces: tuple[Piece, ...]
    tone: Tone


@dataclass(frozen=True)
class Statistics:
    """A row of large figures."""

    pairs: Pairs


@dataclass(frozen=True)
class Facts:
    """Figures in a line, and a verdict behind them."""

    pairs: Pairs
    badge: Badge | None = None


@dataclass(frozen=True)
class Values:
    """Names and values below each other."""

    pairs: Pairs


@dataclass(frozen=True)
class TableRow:
    """One row: what it is about, its unit, a note below the name, and its cells."""

    name: str
    cells: tuple[str, ...]
    unit: str = ""
    note: str = ""


@dataclass(frozen=True)
class Table:
    """A small table; ``columns`` are the headings of the cells."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]


Block = Headline | Heading | Line | Statistics | Facts | Values | Table
Content = tuple[Block, ...]


def line(*pieces: Piece, tone: Tone = "plain") -> Line:
    """A paragraph of text, strong text and badges."""
    return Line(pieces, tone)


def hint(*pieces: Piece) -> Line:
    """A paragraph in small print."""
    return Line(pieces, "hint")
