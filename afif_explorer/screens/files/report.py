"""A report to take away: a self-contained HTML page with the figures of all current results."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from markupsafe import Markup

from afif_explorer import __version__
from afif_explorer.choices import label
from afif_explorer.choices.views import VIEWS
from afif_explorer.figures import CONFIG, FIGURES
from afif_explorer.screens.files.current import require
from afif_explorer.screens.markup import html, join, literal
from afif_explorer.state import Explorer
from afif_explorer.state.work import ALWAYS


def report(explorer: Explorer) -> io.StringIO:
    """A self-contained HTML page: headline, figures of all results for the current settings, what is left
    out, and how to reproduce it.
    """
    require(explorer, *ALWAYS)
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
        address=explorer.spec.to_query(),
        code=literal(explorer.as_python()),
    )
    return io.StringIO(PAGE.replace("{title}", html("{x}", x=explorer.sentence())) % body)


def _items(lines: Iterable[str]) -> Markup:
    return join(html("<li>{x}</li>", x=line) for line in lines)


def _left_out(explorer: Explorer) -> Iterator[str]:
    """A sentence for each result that was shown but is not in the report."""
    for name, figure in {figure.needs: figure.title for figure in FIGURES.values()}.items():
        title = label("view", name) if name in VIEWS else figure
        if not explorer.fresh(name) and getattr(explorer, name) is not None:
            yield f"{title} is left out: the results on screen belong to earlier settings."
        elif explorer.fresh(name) and getattr(explorer, name) is None:
            yield f"{title} is left out. {explorer.absence(name)}"


def _markup(figure: str) -> Markup:
    """A figure as trusted markup: its texts were escaped when it was drawn."""
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
