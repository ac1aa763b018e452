"""Exports: all rows with their effects, the remaining rows, a report.

Everything in a file belongs to the settings at the time of the export. Each function raises
:class:`InvalidChoice` if a result it needs belongs to earlier settings or does not exist.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from afif_explorer import __version__
from afif_explorer.choices import label
from afif_explorer.choices.views import VIEWS
from afif_explorer.datasets.reading.text import distinct
from afif_explorer.errors import InvalidChoice
from afif_explorer.figures import CONFIG, FIGURES
from afif_explorer.figures.solver import unsettled
from afif_explorer.results import Points
from afif_explorer.screens.markup import html, join, literal
from afif_explorer.state.work import ALWAYS

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
MEASURES = {
    "effect": "effect if removed",
    "self_influence": "self-influence",
    "leverage": "leverage",
    "loss": "loss",
    "prediction": "prediction",
    "outcome": "observed",
    "group": "group",
}


def rows_csv(explorer: Any) -> io.StringIO:
    """Every training row with its effect and raw values, as CSV."""
    points: Points = _now(explorer, "points")
    content: dict[str, Any] = {"row": points.ids}
    for name, title in MEASURES.items():
        content[_heading(points) if name == "effect" else title] = getattr(points, name)
    table = pd.DataFrame(content, index=points.ids)
    raw = _now(explorer, "frame")
    names = [f"{name} (raw)" if name in table else str(name) for name in raw.columns]
    names = distinct([*table, *names])[table.shape[1] :]
    return _csv(table.join(raw.set_axis(names, axis=1)))


def _heading(points: Points) -> str:
    """The heading of the effects, with their unit and a warning if the solver did not converge."""
    warning = unsettled(points.solver)
    return f"{MEASURES['effect']} [{points.unit}]" + (f" ({warning})" if warning else "")


def remaining_csv(explorer: Any) -> io.StringIO:
    """The raw training rows without those removed in the unlearning view, as CSV."""
    frame, removed = _now(explorer, "frame"), _now(explorer, "unlearning").ids
    kept = frame[~np.isin(frame.index, removed)]
    *_, heading = distinct([*map(str, frame.columns), "row"])
    return _csv(kept.rename_axis(heading).reset_index())


def _now(explorer: Any, name: str) -> Any:
    """The result ``name`` for the current settings, or :class:`InvalidChoice`."""
    if not explorer.fresh(name):
        raise InvalidChoice(_why_not(explorer, name))
    result = getattr(explorer, name)
    if result is None:
        raise InvalidChoice(f"There is nothing to export. {explorer.absence(name)}".strip())
    return result


def _why_not(explorer: Any, name: str) -> str:
    if explorer.status.kind == "running":
        return (
            "Results for the current settings are still being computed; export when they are ready."
        )
    if explorer.stale or name in ALWAYS:
        return "The results on screen belong to earlier settings; choose Try again, then export."
    return (
        f"Open {label('view', name)} first: its results have not been computed for these settings."
    )


def harmless(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula gets a leading apostrophe; numbers are unchanged."""
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
    """A self-contained HTML page: headline, figures of all results for the current settings, what is left
    out, and how to reproduce it.
    """
    for name in ALWAYS:
        if not explorer.fresh(name):
            raise InvalidChoice(_why_not(explorer, name))
    made = datetime.now(UTC).strftime("%d %B %Y, %H:%M UTC")
    there = {f.needs for f in FIGURES.values() if getattr(explorer, f.needs) is not None}
    drawn = [f for f in FIGURES.values() if f.needs in there and explorer.fresh(f.needs)]
    figures = [
        f.draw(getattr(explorer, f.needs)).to_html(
            full_html=False, include_plotlyjs=(i == 0), config=CONFIG, default_width="100%"
        )
        for i, f in enumerate(drawn)
    ]
    body = html(
        "<h1>{sentence}</h1><p>{made}, afif_explorer {version}.</p><ul>{notes}</ul>"
        "{figures}<ul>{left_out}</ul>"
        "<h2>Reproduce</h2><p>Settings: <code>{address}</code></p><pre>{code}</pre>",
        sentence=explorer.sentence(),
        made=made,
        version=__version__,
        notes=_items(explorer.data.notes),
        left_out=_items(_left_out(explorer)),
        figures=join(html("<section>{x}</section>", x=_markup(x)) for x in figures),
        address=address,
        code=literal(explorer.as_python()),
    )
    return io.StringIO(PAGE.replace("{title}", html("{x}", x=explorer.sentence())) % body)


def _items(lines: Iterable[str]) -> Any:
    return join(html("<li>{x}</li>", x=line) for line in lines)


def _left_out(explorer: Any) -> Iterator[str]:
    """A sentence for each result that was shown but is not in the report."""
    for name, figure in {figure.needs: figure.title for figure in FIGURES.values()}.items():
        title = label("view", name) if name in VIEWS else figure
        if not explorer.fresh(name) and getattr(explorer, name) is not None:
            yield f"{title} is left out: the results on screen belong to earlier settings."
        elif explorer.fresh(name) and getattr(explorer, name) is None:
            yield f"{title} is left out. {explorer.absence(name)}"


def _markup(figure: str) -> Any:
    """A figure as trusted markup: its texts were escaped when it was drawn."""
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
