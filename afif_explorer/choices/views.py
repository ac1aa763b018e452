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
    ViewOption(key="agreement", label="Fisher vs Hessian", order=2, results=("agreement",)),
    ViewOption(key="lissa", label="LiSSA lab", order=3, results=("lissa",)),
    ViewOption(
        key="cross_validation", label="Cross-validation", order=4, results=("cross_validation",)
    ),
    ViewOption(key="unlearning", label="Unlearning and fairness", order=5, results=("unlearning",)),
)
