"""Rows found by a condition on their columns: written, or built from a column, a comparison and a value."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import param

from afif_explorer.datasets.rows.conditions import (
    COMPARE,
    CONTAINS,
    Comparison,
    Contains,
    is_ordered,
)
from afif_explorer.datasets.rows.cuts import cut
from afif_explorer.datasets.rows.parsing import parsed
from afif_explorer.errors import InvalidChoice
from afif_explorer.state.results import Results
from afif_explorer.state.rows import Ids
from afif_explorer.state.selection import How

MOST_VALUES = 300  # of a column that are offered
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)  # of a column of numbers that are offered
COMPUTED = ("effect", "loss", "prediction", "leverage", "self_influence")  # of Points
ROW = "row"  # the id, as a column
_WORD = re.compile(r"\w{2,60}")


class Filtering(Results):
    """A condition as text, and the parts of the next one: ``column``, ``operator``, ``level``."""

    finding = param.Boolean(default=False, doc="Whether rows are being looked for by a condition.")
    condition = param.String(default="", doc="The condition on columns, as in rows_where.")
    column = param.String(default="", doc="The column of the next condition.")
    operator = param.Selector(default="=", objects=[*COMPARE, CONTAINS], doc="How it is compared.")
    level = param.String(default="", doc="The value that it is compared with.")

    def table(self) -> pd.DataFrame:
        """The training rows with the columns that conditions are about: their own, and computed ones.

        A computed column gives way to an own one of its name. Raises :class:`InvalidChoice` while the data
        are not there.
        """
        frame, points = self.frame, self.points
        if frame is None or self.known_rows is None:
            raise InvalidChoice("The data are still being loaded; try again when they are ready.")
        more: dict[str, Any] = {ROW: frame.index}
        if points is not None and np.array_equal(points.ids, frame.index):
            more |= {name: getattr(points, name) for name in COMPUTED}
        new = {name: values for name, values in more.items() if name not in frame.columns}
        return frame.assign(**new)

    def matching(self, condition: str | None = None) -> Ids:
        """Ids of the rows that satisfy ``condition``; None: the current one.

        Raises :class:`~afif_explorer.errors.InvalidChoice` for text that is no condition on these columns.
        """
        table = self.table()
        text = self.condition if condition is None else condition
        return tuple(table.index[parsed(text).mask(table)].tolist())

    def write_condition(self, text: str) -> None:
        """Set the condition. Raises InvalidChoice if it is none on these columns; "" is no condition."""
        if text.strip():
            self.matching(text)
        self.condition = text.strip()

    def add_condition(self) -> None:
        """Join the condition that has been built to the current one by "and"."""
        new = str(
            Contains(self.column, self.level)
            if self.operator == CONTAINS
            else Comparison(self.column, self.operator, self.level)
        )
        held = str(parsed(self.condition)) if self.condition else ""
        both = f"({held})" if " or " in held else held
        self.write_condition(f"{both} and {new}" if held else new)

    def select_where(
        self, condition: str | None = None, by: Any = None, *, how: How = "replace"
    ) -> None:
        """Select the rows that satisfy a condition; None: the current one. ``how`` as for :meth:`select`."""
        self.select(self.matching(condition), by, how=how)

    def choose_column(self, name: str) -> None:
        """Begin a condition on a column, with the first of its values."""
        column = self.table()[name]
        fitting = comparisons(column)
        chosen = self.operator if self.operator in fitting else fitting[0]
        values = list(offered_values(column, chosen).values())
        self.param.update(column=name, operator=chosen, level=values[0] if values else "")


def comparisons(column: pd.Series) -> tuple[str, ...]:
    """How the values of a column can be compared."""
    return tuple(COMPARE) if is_ordered(column) else ("=", "!=", CONTAINS)


def offered_values(column: pd.Series, operator: str = "=") -> dict[str, str]:
    """The values of a column that a condition is built with: label -> text.

    Levels, or quantiles; for "contains" the words of the levels. The most frequent come first.
    """
    known = column.dropna()
    if operator == CONTAINS and not is_ordered(column):
        return {word: word for word in _words(known)}
    if not is_ordered(column):
        levels = known.astype(str).value_counts().index[:MOST_VALUES]
        return {level: level for level in map(str, levels)}
    found = known.quantile(list(QUANTILES), interpolation="lower")
    texts = {share: cut(value) for share, value in found.items()}
    return {f"{text} ({_place(share)})": text for share, text in texts.items()}


def _words(known: pd.Series) -> list[str]:
    """The words of the levels, of most rows first."""
    rows: Counter[str] = Counter()
    for level, count in known.astype(str).value_counts().items():
        for word in set(_WORD.findall(str(level))):
            rows[word] += int(count)
    return [word for word, _ in sorted(rows.items(), key=lambda one: (-one[1], one[0]))][
        :MOST_VALUES
    ]


def _place(share: Any) -> str:
    names = {0.0: "smallest", 0.5: "median", 1.0: "largest"}
    return names.get(share) or f"{share:.0%} of the rows below".replace("%", " %")
