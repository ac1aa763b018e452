"""Whether the removal of a pattern is to lower or to raise the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from afif_explorer.choices.option import Option, by_key


@dataclass(frozen=True, kw_only=True)
class DirectionOption(Option):
    """A direction of ``ax.patterns``."""

    choice: ClassVar[str] = "direction"


DIRECTIONS = by_key(
    DirectionOption(key="lower", label="Removal lowers the target", order=1),
    DirectionOption(key="raise", label="Removal raises the target", order=2),
)
