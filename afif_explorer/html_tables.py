"""Results as HTML tables for notebooks; all text is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import numpy as np

WIDEST = 200  # characters of a cell


def html_table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    notes: Iterable[str] = (),
) -> str:
    """A title, a table with one heading per column, and sentences below it.

    Numbers have four significant digits; texts of more than 200 characters are cut.
    """
    head = "".join(f"<th>{_text(one)}</th>" for one in columns)
    body = "".join(
        f"<tr>{''.join(f'<td>{_text(_shown(cell))}</td>' for cell in row)}</tr>" for row in rows
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>" if body else ""
    below = "".join(f"<div>{escape(note)}</div>" for note in notes if note)
    return f"<div><strong>{escape(title)}</strong></div>{table}{below}"


def _shown(cell: object) -> str:
    if isinstance(cell, bool | np.bool_):
        return "yes" if cell else "no"
    return f"{cell:.4g}" if isinstance(cell, float | np.floating) else str(cell)


def _text(text: str) -> str:
    return escape(text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}\u2026")
