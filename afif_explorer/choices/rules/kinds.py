"""The declaration of a removal rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from afif_explorer.choices.option import Option


@dataclass(frozen=True, kw_only=True)
class RuleOption(Option):
    """One rule."""

    choice: ClassVar[str] = "rule"


class SelectedRows(RuleOption):
    """Exactly the selected rows."""


class RandomRows(RuleOption):
    """Random rows."""


@dataclass(frozen=True, kw_only=True)
class RankedRows(RuleOption):
    """The rows with the largest effects of one sign.

    Attributes:
        verb: the effect of these rows' presence on the target: "raise" or "lower".
        target: the target that the effects are on; None: the chosen one.
    """

    verb: str
    target: str | None = None
