"""``Problem``: something noticed about a column, and its remedy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

APPLIED, OPEN, DECLINED = "applied", "open", "declined"


@dataclass(frozen=True)
class Problem:
    """Something noticed about a column.

    Attributes:
        column: its name. code: what was noticed, unique within the column ("id", "leak", "missing", ...).
        text: a sentence. remedy: what can be done, in words; "" if nothing can be done here.
        sure: whether the remedy is applied unless it is declined.
        change, undo: what the remedy, or declining it, sets: "role", "kind", "missing" or "merge".
        state: "applied", "open" or "declined".
    """

    column: str
    code: str
    text: str
    remedy: str = ""
    sure: bool = False
    change: Mapping[str, Any] = field(default_factory=dict)
    undo: Mapping[str, Any] = field(default_factory=dict)
    state: str = OPEN

    @property
    def effect(self) -> Mapping[str, Any]:
        """What is set in this state."""
        return {APPLIED: self.change, DECLINED: self.undo}.get(self.state, {})
