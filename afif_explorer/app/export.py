"""Files to take away: all rows with their effects, the rows that remain, a report."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from afif_explorer import __version__
from afif_explorer.app.parts import html, join, literal
from afif_explorer.datasets.text import distinct
from afif_explorer.figures import CONFIG, FIGURES
from afif_explorer.results import Points

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
MEASURES = {
    "effect": "effect if left out",
    "self_influence": "self-influence",
    "leverage": "leverage",
    "loss": "loss",
    "prediction": "prediction",
    "outcome": "observed",
    "group": "group",
}


def rows_csv(explorer: Any) -> io.StringIO:
    """Every training row with its effect and raw values, as CSV. Empty before the effects are known."""
    points: Points | None = explorer.points
    if points is None:
        return io.StringIO()
    content: dict[str, Any] = {"row": points.ids}
    for name, title in MEASURES.items():
        heading = f"{title} [{points.unit}]" if name == "effect" else title
        content[heading] = getattr(points, name)
    table = pd.DataFrame(content, index=points.ids)
    if explorer.frame is not None:
        raw = explorer.frame
        names = [f"{name} (raw)" if name in content else str(name) for name in raw.columns]
        names = distinct([*content, *names])[len(content) :]
        table = table.join(raw.set_axis(names, axis=1))
    return _csv(table)


def remaining_csv(explorer: Any) -> io.StringIO:
    """The raw training rows without those that the unlearning view removes, as CSV."""
    if explorer.frame is None or explorer.unlearning is None:
        return io.StringIO()
    frame = explorer.frame
    kept = frame[~np.isin(frame.index, explorer.unlearning.ids)]
    *_, heading = distinct([*map(str, frame.columns), "row"])
    return _csv(kept.rename_axis(heading).reset_index())


def harmless(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula gets a leading apostrophe; numbers stay."""
    if isinstance(value, str) and value.startswith(DANGEROUS):
        return f"'{value}"
    return value


def _csv(table: pd.DataFrame) -> io.StringIO:
    safe = pd.DataFrame(
        {
            name: column if _numeric(column) else column.map(harmless)
            for name, (_, column) in zip(
                distinct(harmless(str(name)) for name in table.columns), table.items(), strict=True
            )
        }
    )
    return io.StringIO(safe.to_csv(index=False, lineterminator="\n"))


def _numeric(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column)


def report(explorer: Any, address: str) -> io.StringIO:
    """One HTML page that needs nothing else: headline, figures of all results there are, and how to
    get them again.
    """
    made = datetime.now(UTC).strftime("%d %B %Y, %H:%M UTC")
    drawn = [f for f in FIGURES.values() if getattr(explorer, f.needs) is not None]
    figures = [
        f.draw(getattr(explorer, f.needs)).to_html(
            full_html=False, include_plotlyjs=(i == 0), config=CONFIG, default_width="100%"
        )
        for i, f in enumerate(drawn)
    ]
    notes = explorer.data.notes if explorer.data is not None else ()
    body = html(
        "<h1>{sentence}</h1><p>{made}, afif_explorer {version}.</p><ul>{notes}</ul>"
        "{figures}<h2>Get it again</h2><p>Choices: <code>{address}</code></p><pre>{code}</pre>",
        sentence=explorer.sentence(),
        made=made,
        version=__version__,
        notes=join(html("<li>{x}</li>", x=note) for note in notes),
        figures=join(html("<section>{x}</section>", x=_markup(x)) for x in figures),
        address=address,
        code=literal(explorer.as_python()),
    )
    return io.StringIO(PAGE.replace("{title}", html("{x}", x=explorer.sentence())) % body)


def _markup(figure: str) -> Any:
    """A figure as the page's own markup: its texts were escaped when it was drawn."""
    from markupsafe import Markup

    return Markup(figure)


PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 1000px; margin: 2em auto; padding: 0 1em;
  color: #16191d; }
section { border: 1px solid #dfe3e8; border-radius: 10px; margin: 1em 0; overflow: hidden; }
pre { background: #f3f5f8; padding: 1em; overflow-x: auto; } code { overflow-wrap: anywhere; }
</style></head><body>%s</body></html>
"""
