"""The controls of all choices in the order in which people decide, for every interface."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """Controls under one heading; fields in a tuple of their own belong together."""

    title: str
    fields: tuple[str | tuple[str, ...], ...]

    @property
    def about(self) -> str:
        """The field that the section is about."""
        return next(self.names())

    def names(self) -> Iterator[str]:
        """All its fields, in order."""
        for part in self.fields:
            yield from (part,) if isinstance(part, str) else part


SECTIONS = (
    Section("Data", ("dataset", "seed")),
    Section("Model", ("model", "hidden", "penalty", "strength")),
    Section("Target", ("target", "split", "row", "sensitive")),
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
