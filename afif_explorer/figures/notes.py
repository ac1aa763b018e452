"""The notes on how a table was read, as markup for the dashboard and for notebooks."""

from __future__ import annotations

from html import escape

from afif_explorer.figures.drawing.text import clean
from afif_explorer.results import DataSummary
from afif_explorer.wording import count

FEW = 2  # notes that are shown without opening a list
UPLOADED = "upload-"


def notes_markup(data: DataSummary | None) -> str:
    """The notes of a data set, escaped; in a collapsible list if there are many, open for uploads."""
    if data is None or not data.notes:
        return ""
    items = "".join(f"<li>{escape(clean(note))}</li>" for note in data.notes)
    if len(data.notes) <= FEW:
        return f'<ul class="afif-notes">{items}</ul>'
    opened = " open" if data.name.startswith(UPLOADED) else ""
    return (
        f'<details class="afif-notes"{opened}><summary>{count(len(data.notes))} notes on the data</summary>'
        f'<ul tabindex="0">{items}</ul></details>'
    )
