"""The page of a report: its style, lists, and the table of what was removed."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from afif_explorer.figures.drawing.text import number
from afif_explorer.results import Unlearning
from afif_explorer.screens.markup import html, join
from afif_explorer.wording import count

LISTED = 500  # ids of removed rows


def items(lines: Iterable[str]) -> Markup:
    """The items of a list."""
    return join(html("<li>{x}</li>", x=line) for line in lines)


def sentences(lines: Iterable[str]) -> Markup:
    """A paragraph each."""
    return join(html("<p>{x}</p>", x=line) for line in lines)


def removed(found: Unlearning | None) -> Markup:
    """The rule, every metric before and after, and the ids of the rows."""
    if found is None or not len(found.ids):
        return sentences(["No rows were removed."])
    ids = ", ".join(map(str, found.ids[:LISTED]))
    more = len(found.ids) - LISTED
    return html(
        "<p>{rule}: {count} of {n} training rows.</p>{table}<p>Ids: {ids}{more}</p>",
        rule=found.rule,
        count=count(len(found.ids)),
        n=count(found.n_train),
        table=_metrics(found),
        ids=ids,
        more=f", and {count(more)} more." if more > 0 else ".",
    )


def _metrics(found: Unlearning) -> Markup:
    cells = found.metrics.apply(lambda column: column.map(number))
    rows = join(
        html(
            "<tr><th>{name} <small>{unit}</small></th>{values}</tr>",
            name=name,
            unit=found.units.get(str(name), ""),
            values=join(html("<td>{x}</td>", x=value) for value in row),
        )
        for name, row in zip(cells.index, cells.to_numpy(), strict=True)
    )
    heads = join(html("<th>{x}</th>", x=name) for name in ("", *cells.columns))
    return html(
        "<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>",
        heads=heads,
        rows=rows,
    )


PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 1000px; margin: 2em auto; padding: 0 1em;
  color: #16191d; background: #fff; }
h2 { margin-top: 2em; border-bottom: 1px solid #dfe3e8; }
section { border: 1px solid #dfe3e8; border-radius: 10px; margin: 1em 0; overflow: hidden; }
.pick { padding: 0.5em 1em; } .pick input { max-width: 100%%; font: inherit; }
table { border-collapse: collapse; } th, td { padding: 3px 12px; text-align: right; }
tr > th:first-child { text-align: left; font-weight: normal; } tr { border-bottom: 1px solid #dfe3e8; }
small { color: #59636e; }
pre { background: #f3f5f8; padding: 1em; overflow-x: auto; } code { overflow-wrap: anywhere; }
</style></head><body>%s</body></html>
"""
