"""Which rows a target is measured on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from afif_explorer.choices.option import Option, by_key


@dataclass(frozen=True, kw_only=True)
class SplitOption(Option):
    """A part of the data; its key is the attribute of the data set."""

    choice: ClassVar[str] = "split"

    @property
    def rows(self) -> str:
        """Its rows inside a sentence: "training rows"."""
        return self.label[0].lower() + self.label[1:]


SPLITS = by_key(
    SplitOption(key="train", label="Training rows", order=1),
    SplitOption(key="validation", label="Validation rows", order=2),
    SplitOption(key="test", label="Test rows", order=3),
)
