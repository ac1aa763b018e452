"""The declaration of a penalty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from afif_explorer.choices.call import Call
from afif_explorer.choices.option import Asked, Option


@dataclass(frozen=True, kw_only=True)
class PenaltyOption(Option):
    """One penalty.

    Attributes:
        public: its class, among the public names of the package; empty for none.
        nonsmooth: whether it sets parameters to exactly zero, so that a removal takes proximal steps.
    """

    choice: ClassVar[str] = "penalty"

    public: str
    needs: tuple[str, ...] = ("strength",)
    nonsmooth: bool = False

    def call(self, asked: Asked) -> Call | None:
        """The penalty, for these settings; None if there is none."""
        return Call(self.public, asked.strength) if self.public else None

    def words(self, asked: Asked) -> str:
        """Its name and strength, for use inside a sentence."""
        return f"{self.label.lower()} {asked.strength:g}" if self.public else self.label.lower()


@dataclass(frozen=True, kw_only=True)
class NonsmoothPenaltyOption(PenaltyOption):
    """A penalty with which removals are predicted by proximal steps, without a choice of solver."""

    ignores: tuple[str, ...] = ("solver", "scale", "depth", "batch_size")
    nonsmooth: bool = True
