"""What can be on screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from afif_explorer.choices.option import Option, by_key


@dataclass(frozen=True, kw_only=True)
class ViewOption(Option):
    """A view; ``results`` are what it shows beside the results that every view shows."""

    choice: ClassVar[str] = "view"

    results: tuple[str, ...] = ()

    @property
    def page(self) -> str:
        return f"views/{self.key}"


VIEWS = by_key(
    ViewOption(key="points", label="Influential points", order=1),
    ViewOption(key="patterns", label="Patterns", order=2, results=("patterns",)),
    ViewOption(key="decisions", label="Decisions", order=3, results=("decisions", "person")),
    ViewOption(key="unlearning", label="Unlearning and fairness", order=4, results=("unlearning",)),
    ViewOption(key="agreement", label="Fisher vs Hessian", order=5, results=("agreement",)),
    ViewOption(key="lissa", label="LiSSA lab", order=6, results=("lissa",)),
    ViewOption(
        key="cross_validation", label="Cross-validation", order=7, results=("cross_validation",)
    ),
    ViewOption(key="diagnostics", label="Diagnostics", order=8, results=("diagnostics", "checks")),
    ViewOption(key="compare", label="Compare", order=9, results=("comparison",)),
    ViewOption(key="learn", label="Learn", order=20),
)
