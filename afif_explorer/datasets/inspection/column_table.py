"""``ColumnTable``: what was understood of a table, column by column; a value that is changed by copying."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import pandas as pd

from afif_explorer.datasets.columns import recipe as recipes
from afif_explorer.datasets.columns.guesses import ROLES
from afif_explorer.datasets.inspection.choices import Choices
from afif_explorer.datasets.inspection.html import html
from afif_explorer.datasets.inspection.problem import APPLIED, OPEN, Problem
from afif_explorer.datasets.inspection.row import ColumnRow
from afif_explorer.datasets.inspection.understanding import Columns, Understanding, understand
from afif_explorer.datasets.reading import text
from afif_explorer.errors import DataError, InvalidChoice


@dataclass(frozen=True, eq=False)
class ColumnTable:
    """What was understood of a table: each column's kind, role and values, and what was noticed about it.

    ``with_role``, ``with_kind``, ``apply`` and ``decline`` return a changed table; ``options()`` are the
    arguments of :meth:`Dataset.from_frame` for it. See :func:`~afif_explorer.inspect`.

    Attributes:
        columns: the columns as they were read; ``frame`` has them as a data frame.
        reader_notes: what was changed in reading a file.
        found: how a file was understood (separator, encoding, ...), a phrase for each property.
        title: the name of the file, if there is one.
        choices: what is chosen for single columns.

    >>> import pandas as pd, afif_explorer as ax
    >>> frame = pd.DataFrame({"id": range(40), "age": [30, 41, -999, 58] * 10, "hired": [0, 1, 1, 0] * 10})
    >>> table = ax.inspect(frame, target="hired")
    >>> table
    <ColumnTable: 40 rows, 3 columns, target 'hired', 3 open problems>
    >>> data = ax.Dataset.from_frame(table.frame, **table.options())
    >>> data.feature_names
    ('age',)
    """

    columns: Columns = field(repr=False)
    reader_notes: tuple[str, ...] = ()
    found: dict[str, str] = field(default_factory=dict)
    title: str = ""
    choices: Choices = field(default_factory=Choices)

    def __repr__(self) -> str:
        rows, columns = self.frame.shape
        waiting = len(self.open)
        return (
            f"<ColumnTable: {rows} rows, {columns} columns, target {self.target!r}, {waiting} open "
            f"{'problem' if waiting == 1 else 'problems'}>"
        )

    def _repr_html_(self) -> str:
        return html(self.rows, self.notes, self.found)

    def __iter__(self) -> Iterator[ColumnRow]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, name: str) -> ColumnRow:
        return self.rows[self._place(name)]

    @property
    def frame(self) -> pd.DataFrame:
        """The data frame as it was read, under display names."""
        return self.columns.frame

    @cached_property
    def _understood(self) -> Understanding:
        return understand(self.columns, self.choices, self.title)

    @property
    def rows(self) -> tuple[ColumnRow, ...]:
        """One for each column."""
        return self._understood.rows

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that was noticed, column by column."""
        return tuple(problem for row in self.rows for problem in row.problems)

    @property
    def open(self) -> tuple[Problem, ...]:
        """The problems whose remedy is neither applied nor declined."""
        return tuple(problem for problem in self.problems if problem.state == OPEN)

    @property
    def target(self) -> str:
        """The target; "" if no column can be one."""
        return next((row.name for row in self.rows if row.role == "target"), "")

    @property
    def sensitive(self) -> tuple[str, ...]:
        """The sensitive columns."""
        return tuple(row.name for row in self.rows if row.role == "sensitive")

    @property
    def notes(self) -> tuple[str, ...]:
        """What was changed in reading the file, and what was noticed about the table as a whole."""
        return (*self.reader_notes, *self._understood.notes)

    def with_role(self, name: str, role: str) -> ColumnTable:
        """The table with another role of a column.

        Args:
            name: of the column.
            role: "input", "target", "sensitive", "weight", "split", "id" or "ignore".

        Returns:
            A new table.

        Raises:
            DataError: no such column.
            InvalidChoice: no such role.
        """
        if role not in ROLES:
            raise InvalidChoice(
                f"Unknown role {text.clean(role)!r}; choose one of: {', '.join(ROLES)}."
            )
        return self._with(self.choices.with_role(self._name(name), role))

    def with_kind(self, name: str, kind: str) -> ColumnTable:
        """The table with another kind of a column.

        Args:
            name: of the column.
            kind: "number", "category", "date", "yes/no" or "text", or, where the cells leave a doubt,
                "number with decimal comma", "number with decimal point", "date, day first", "date, month
                first" or "duration, minutes first". "number" also reads ranges, fractions and names of
                months.

        Returns:
            A new table.

        Raises:
            DataError: no such column, or no cell that can be read in this way.
            InvalidChoice: no such kind.
        """
        if kind not in recipes.KINDS or kind == recipes.CONSTANT:
            known = ", ".join(one for one in recipes.KINDS if one != recipes.CONSTANT)
            raise InvalidChoice(f"Unknown kind {text.clean(kind)!r}; choose one of: {known}.")
        changed = self._with(self.choices.with_kind(self._name(name), kind))
        changed.columns.read(changed._name(name), kind=kind)
        return changed

    def apply(self, name: str, code: str) -> ColumnTable:
        """The table with the remedy of a problem applied.

        Args:
            name: of the column.
            code: of the problem.

        Returns:
            A new table.

        Raises:
            DataError: no such column.
            InvalidChoice: no such problem, or one without a remedy.
        """
        problem = self._problem(name, code)
        if not problem.remedy:
            raise InvalidChoice(
                f"The problem '{code}' of '{problem.column}' can only be mended in the table itself."
            )
        return self._with(self.choices.with_decision(problem.column, code, True))

    def decline(self, name: str, code: str) -> ColumnTable:
        """The table with the remedy of a problem declined; see :meth:`apply`.

        Args:
            name: of the column.
            code: of the problem.

        Returns:
            A new table.

        Raises:
            DataError: no such column.
            InvalidChoice: no such problem.
        """
        problem = self._problem(name, code)
        return self._with(self.choices.with_decision(problem.column, code, False))

    def options(self) -> dict[str, Any]:
        """The arguments of :meth:`Dataset.from_frame` for ``frame``: plain values, also as JSON.

        Returns:
            ``target`` and ``sensitive``; ``roles``, ``kinds``, ``missing`` and ``merge`` where they are
            needed; and ``notes`` on what was read, guessed and left out.

        Raises:
            DataError: no column is the target.
        """
        if not self.target:
            raise DataError("No column is the target; choose one: table.with_role(name, 'target').")
        found: dict[str, Any] = {"target": self.target, "sensitive": list(self.sensitive)}
        found |= {name: value for name, value in self._understood.options.items() if value}
        left_out = [
            f"{one.text} It was left out."
            for one in self.problems
            if one.state == APPLIED and one.change.get("role") in ("id", "ignore")
        ]
        if notes := [*self.notes, *left_out]:
            found["notes"] = notes
        return found

    def to_frame(self) -> pd.DataFrame:
        """The table as a data frame, one row per column.

        Returns:
            A data frame with the index ``name`` and the columns ``kind``, ``role``, ``missing``,
            ``distinct``, ``values``, ``examples`` and ``problems`` (sentences with their state).
        """
        rows = [
            {
                "name": row.name,
                "kind": row.kind,
                "role": row.role,
                "missing": row.missing,
                "distinct": row.distinct,
                "values": row.values,
                "examples": ", ".join(row.examples),
                "problems": " ".join(f"{one.text} ({one.state})" for one in row.problems),
            }
            for row in self.rows
        ]
        return pd.DataFrame(rows).set_index("name")

    def _with(self, choices: Choices) -> ColumnTable:
        return replace(self, choices=choices)

    def _problem(self, name: str, code: str) -> Problem:
        problems = {problem.code: problem for problem in self[name].problems}
        if code not in problems:
            raise InvalidChoice(
                f"'{self._name(name)}' has no problem {text.clean(code)!r}; {text.near(code, problems)}"
            )
        return problems[code]

    def _name(self, name: str) -> str:
        return self.columns.names[self._place(name)]

    def _place(self, name: str) -> int:
        names = self.columns.names
        if name not in names:
            raise DataError(f"There is no column '{text.clean(name)}'; {text.near(name, names)}")
        return names.index(name)
