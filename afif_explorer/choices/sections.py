"""The controls of all settings, in order, for every user interface."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """Controls under one heading; fields in a nested tuple are grouped."""

    title: str
    fields: tuple[str | tuple[str, ...], ...]

    @property
    def about(self) -> str:
        """The section's main field."""
        return next(self.names())

    def names(self) -> Iterator[str]:
        """All its fields, in order."""
        for part in self.fields:
            yield from (part,) if isinstance(part, str) else part


SECTIONS = (
    Section("Data", ("dataset", "seed")),
    Section("Model", ("model", "hidden", "penalty", "strength")),
    Section(
        "Target",
        ("target", "split", "row", "favourable", "sensitive", "pair", "minimum", "merge_small"),
    ),
    Section(
        "Method",
        (
            "method",
            "solver",
            ("scale", "depth", "batch_size", "repeats"),
            "damping",
            "leverage_correction",
        ),
    ),
)
REMOVAL = Section("Removal", ("rule", "count"))
