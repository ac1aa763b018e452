"""``Choices``: what is chosen for the columns of a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Choices:
    """Roles and kinds by column; whether the remedy of a problem, by column and code, is applied."""

    roles: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    decided: Mapping[tuple[str, str], bool] = field(default_factory=dict)

    def with_role(self, name: str, role: str) -> Choices:
        """With another role; there is one target, one column of weights and one split."""
        single = ("target", "weight", "split")
        roles = {n: r for n, r in self.roles.items() if r != role or role not in single}
        return replace(self, roles={**roles, name: role})

    def with_kind(self, name: str, kind: str) -> Choices:
        """With another kind."""
        return replace(self, kinds={**self.kinds, name: kind})

    def with_decision(self, name: str, code: str, applied: bool) -> Choices:
        """With a remedy applied or declined."""
        return replace(self, decided={**self.decided, (name, code): applied})

    def beside(self, other: Choices) -> Choices:
        """With the roles of another table's choices, which come before these."""
        roles = {
            name: role for name, role in self.roles.items() if role not in other.roles.values()
        }
        return replace(self, roles={**roles, **other.roles})
