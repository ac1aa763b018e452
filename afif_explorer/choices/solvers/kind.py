"""The declaration of a solver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from afif_explorer.choices.call import Call
from afif_explorer.choices.option import Option


@dataclass(frozen=True)
class Used:
    """The settings that a recursion ran with, and the rows ``n`` that it ran over."""

    scale: float | None
    depth: int | None
    n: int


@dataclass(frozen=True, kw_only=True)
class SolverOption(Option):
    """One solver; ``public`` is its class, among the public names of the package."""

    choice: ClassVar[str] = "solver"

    public: str

    def call(self, used: Used) -> Call:
        """The solver, with the settings that were used."""
        return Call(self.public)
