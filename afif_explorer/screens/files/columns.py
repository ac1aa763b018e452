"""What is shown of somebody's own table: its columns for ``static/column_table.js``, and its first rows."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from afif_explorer.datasets.columns import recipe as recipes
from afif_explorer.datasets.columns.guesses import ROLES
from afif_explorer.datasets.inspection import ColumnTable
from afif_explorer.datasets.inspection.row import ColumnRow
from afif_explorer.datasets.reading.text import written
from afif_explorer.figures.drawing.text import short
from afif_explorer.screens.content import Table, TableRow
from afif_explorer.wording import count

LABEL = "Columns of the table"
PREVIEW = "First rows, as they were read"
_LONGEST_NAME = 60  # characters
_MOST_SENT = 2000  # columns
_PREVIEW_ROWS, _PREVIEW_COLUMNS, _PREVIEW_WIDTH = 5, 40, 24
_ROLES = {
    "input": "Input", "target": "Target", "sensitive": "Sensitive", "weight": "Row weight",
    "split": "Train/test split", "id": "Identifier", "ignore": "Leave out",
}  # fmt: skip
_WORDS = {
    "heads": ["Column", "Role", "Kind", "Missing", "Distinct", "Values", "Examples", "Noticed"],
    "role": "Role",
    "kind": "Kind",
    "keep": "Keep it as it is",
    "undo": "Undo",
    "apply": "Do it after all",
    "done": "Done",
    "not_done": "Not done",
    "find": "Find a column",
    "only": "Only columns with open questions",
    "label": LABEL,
}  # fmt: skip


def choosing(name: str) -> str:
    """The module that ``static/NAME`` and ``choosing.js`` make together, for the page and for a notebook."""
    static = files("afif_explorer") / "static"
    return "\n".join((static / one).read_text("utf-8") for one in (name, "choosing.js"))


def as_json(table: ColumnTable, before: str = "", focus: str = "") -> str:
    """The columns, what may be chosen for them, and the words of the page; ``focus``: the column to show.

    It differs from what was sent ``before``, so that a list that shows a refused choice is reset.
    """
    columns = [_column(place, row) for place, row in enumerate(table.rows[:_MOST_SENT])]
    roles = [(role, _ROLES[role]) for role in ROLES]
    kinds = [(kind, kind) for kind in recipes.KINDS]
    content = {"columns": columns, "roles": roles, "kinds": kinds, "words": _WORDS}
    if focus in table.columns.names:
        content["focus"] = table.columns.names.index(focus)
    found = json.dumps(content)
    return f"{found} " if found == before else found


def first_rows(table: ColumnTable, title: str = PREVIEW) -> Table:
    """The first rows and columns."""
    shown = table.frame.iloc[:_PREVIEW_ROWS, :_PREVIEW_COLUMNS]
    names = tuple(short(name, _PREVIEW_WIDTH) for name in shown.columns)
    rows = tuple(
        TableRow(str(number), tuple(map(_cell, row)))
        for number, row in enumerate(shown.itertuples(index=False), start=1)
    )
    return Table(title, names, rows)


def _column(place: int, row: ColumnRow) -> dict[str, Any]:
    return {
        "place": place,
        "name": short(row.name, _LONGEST_NAME) or f"column {place + 1}",
        "role": row.role,
        "column_kind": row.kind,
        "missing": count(row.missing),
        "distinct": count(row.distinct),
        "values": row.values,
        "examples": row.examples,
        "problems": [
            {"code": one.code, "text": one.text, "remedy": one.remedy, "state": one.state}
            for one in row.problems
        ],
    }


def _cell(value: object) -> str:
    missing = value is None or value != value
    return "" if missing else short(written(value), _PREVIEW_WIDTH)
