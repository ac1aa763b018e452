"""``Check`` and ``Checks``: the results of checking a fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd

from afif_explorer.errors import InvalidChoice
from afif_explorer.html_tables import html_table
from afif_explorer.wording import quoted

OK, NOTE, WARNING, ERROR, UNKNOWN = LEVELS = ("ok", "note", "warning", "error", "unknown")
PROBLEMS = (WARNING, ERROR)


@dataclass(frozen=True)
class Check:
    """One check of a fit.

    Attributes:
        code: such as "AX305"; ``docs/codes.md`` describes each. title: what is checked, in a few words.
        level: "ok", "note", "warning", "error", or "unknown" where it could not be determined.
        seen: what was found, in a sentence. why: why it matters. remedy: what to do; empty where nothing is
            wrong.
        numbers: what was measured, by name.
    """

    code: str
    title: str
    level: str
    seen: str
    why: str
    remedy: str
    numbers: Mapping[str, float] = field(default_factory=dict, hash=False)

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong: neither a warning nor an error."""
        return self.level not in PROBLEMS

    def __str__(self) -> str:
        """The check as text of one to three lines."""
        text = f"{self.code} {self.level}: {self.seen}"
        return text if self.passed else f"{text}\n  {self.why}\n  {self.remedy}"


@dataclass(frozen=True, repr=False)
class Checks:
    """The checks of a fit in the order of their codes: the result of :func:`check`. Iterates over them.

    Attributes:
        all: every check that was made. muted: codes that were left out.
    """

    all: tuple[Check, ...]
    muted: tuple[str, ...] = ()

    @property
    def problems(self) -> tuple[Check, ...]:
        """The checks with a warning or an error."""
        return tuple(one for one in self.all if not one.passed)

    def __iter__(self) -> Iterator[Check]:
        return iter(self.all)

    def __len__(self) -> int:
        return len(self.all)

    def __getitem__(self, code: str) -> Check:
        """The check with a code. Raises :class:`InvalidChoice` if it was not made."""
        for one in self.all:
            if one.code == code:
                return one
        raise InvalidChoice(
            f"There is no check {quoted(code)} here; there are {', '.join(one.code for one in self.all)}."
        )

    def __repr__(self) -> str:
        found = ", ".join(f"{one.code} {one.level}" for one in self.problems) or "no problems"
        muted = f", {len(self.muted)} muted" if self.muted else ""
        return f"<{len(self)} Checks: {found}{muted}>"

    def __str__(self) -> str:
        """All checks as text, problems in full."""
        return "\n".join(map(str, self.all))

    def _repr_html_(self) -> str:
        """A row per check; problems with their remedy."""
        rows = [(one.code, one.level, one.seen, one.remedy) for one in self.all]
        return html_table(repr(self).strip("<>"), ("code", "level", "seen", "remedy"), rows)

    def to_frame(self) -> pd.DataFrame:
        """A row per check, indexed by code."""
        names = ("title", "level", "seen", "why", "remedy")
        return pd.DataFrame(
            [[getattr(one, name) for name in names] for one in self.all],
            columns=list(names),
            index=pd.Index([one.code for one in self.all], name="code"),
        )
