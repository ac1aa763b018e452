"""The column table as HTML, for a notebook; all text from the data is escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from afif_explorer import wording
from afif_explorer.datasets.inspection.problem import Problem
from afif_explorer.datasets.inspection.row import ColumnRow

_HEAD = ("name", "kind", "role", "missing", "distinct", "values", "examples", "noticed")
_MOST_ROWS = 200
_CELL = 'style="text-align: left; vertical-align: top; white-space: normal"'


def html(rows: Sequence[ColumnRow], notes: Sequence[str], found: Mapping[str, str]) -> str:
    """The table, with what was understood of the file above it."""
    above = [f"{what}: {how}" for what, how in found.items() if what != "lines left out"]
    lines = [*(["; ".join(above) + "."] if above else []), *notes]
    told = "".join(f"<li>{escape(line)}</li>" for line in lines)
    head = "".join(f"<th {_CELL}>{name}</th>" for name in _HEAD)
    body = "".join(_row(row) for row in rows[:_MOST_ROWS])
    more = len(rows) - _MOST_ROWS
    end = f"<p>{wording.count(more)} more columns: see .to_frame().</p>" if more > 0 else ""
    return f"<ul>{told}</ul><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{end}"


def _row(row: ColumnRow) -> str:
    cells = (
        escape(row.name),
        row.kind,
        row.role,
        wording.count(row.missing),
        wording.count(row.distinct),
        escape(row.values),
        escape(", ".join(row.examples)),
        "<br>".join(map(_problem, row.problems)),
    )
    return "<tr>" + "".join(f"<td {_CELL}>{cell}</td>" for cell in cells) + "</tr>"


def _problem(problem: Problem) -> str:
    remedy = f" <i>{escape(problem.remedy)}: {problem.state}</i>" if problem.remedy else ""
    return f"{escape(problem.text)} <code>{escape(problem.code)}</code>{remedy}"
