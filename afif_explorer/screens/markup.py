"""Conversion to HTML: text of any origin is escaped here, once, for both user interfaces.

:func:`markup` turns the content of a text part into the markup that ``static/content.css`` styles.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch

from markupsafe import Markup, escape

from afif_explorer.figures.drawing.text import clean
from afif_explorer.screens.content import (
    Badge,
    Content,
    Facts,
    Heading,
    Headline,
    Line,
    Pairs,
    Picture,
    Piece,
    Statistics,
    Strong,
    Table,
    TableRow,
    Tone,
    Values,
)

CLASSES: dict[Tone, str] = {
    "plain": "line",
    "hint": "hint",
    "fair": "hint fair",
    "poor": "line poor",
}


def html(template: str, /, **values: object) -> Markup:
    """``template`` with each ``{name}`` replaced by its escaped value (Markup is left as it is)."""
    shown = {
        name: value if isinstance(value, Markup) else clean(value) for name, value in values.items()
    }
    return Markup(template).format(**shown)


def literal(text: str) -> Markup:
    """Escaped text with its line breaks."""
    return Markup("\n").join(escape(line) for line in text.splitlines())


def join(parts: Iterable[Markup]) -> Markup:
    """Concatenated markup."""
    return Markup("").join(parts)


def markup(content: Content) -> Markup:
    """The blocks below each other."""
    return join(_block(block) for block in content)


@singledispatch
def _block(block: object) -> Markup:
    raise TypeError(f"{type(block).__name__} has no markup")


@_block.register
def _headline(block: Headline) -> Markup:
    return html('<h1 class="headline">{text}</h1>', text=block.text)


@_block.register
def _heading(block: Heading) -> Markup:
    return html('<h2 class="heading">{text}</h2>', text=block.text)


@_block.register
def _line(block: Line) -> Markup:
    body = join(map(_piece, block.pieces))
    return html('<p class="{kind}">{body}</p>', kind=CLASSES[block.tone], body=body)


def _piece(piece: Piece) -> Markup:
    if isinstance(piece, Badge):
        return _badge(piece)
    text = escape(_spaced(piece))
    return Markup("<b>{}</b>").format(text) if isinstance(piece, Strong) else text


def _spaced(piece: str) -> str:
    """The cleaned piece, with its leading and trailing space preserved."""
    return f"{' ' * piece[:1].isspace()}{clean(piece)}{' ' * piece[-1:].isspace()}"


def _badge(badge: Badge) -> Markup:
    about = html(' title="{about}"', about=badge.about) if badge.about else ""
    return html(
        '<span class="badge {level}"{about}>{text}</span>',
        level=badge.level,
        about=about,
        text=badge.text,
    )


@_block.register
def _statistics(block: Statistics) -> Markup:
    one = '<div class="stat"><div class="v">{value}</div><div class="k">{name}</div></div>'
    return html('<div class="stats">{body}</div>', body=_each(one, block.pairs))


@_block.register
def _facts(block: Facts) -> Markup:
    body = _each("<span>{name} <b>{value}</b></span>", block.pairs)
    badge = _badge(block.badge) if block.badge else ""
    return html('<div class="facts">{body}{badge}</div>', body=body, badge=badge)


@_block.register
def _values(block: Values) -> Markup:
    body = _each("<dt>{name}</dt><dd>{value}</dd>", block.pairs)
    return html('<dl class="values">{body}</dl>', body=body)


@_block.register
def _picture(block: Picture) -> Markup:
    height, width = len(block.pixels), len(block.pixels[0])
    dark = join(
        html(
            '<rect x="{x}" y="{y}" width="1" height="1" fill-opacity="{shade}"/>',
            x=x,
            y=y,
            shade=f"{shade:.3f}",
        )
        for y, line in enumerate(block.pixels)
        for x, shade in enumerate(line)
        if shade > 0
    )
    return html(
        '<svg class="picture" role="img" aria-label="{about}" viewBox="0 0 {width} {height}" '
        'shape-rendering="crispEdges"><title>{about}</title>{dark}</svg>',
        about=block.about,
        width=width,
        height=height,
        dark=dark,
    )


def _each(template: str, pairs: Pairs) -> Markup:
    return join(html(template, name=name, value=value) for name, value in pairs)


@_block.register
def _table(block: Table) -> Markup:
    heads = join(html('<th scope="col" class="n">{name}</th>', name=name) for name in block.columns)
    return html(
        '<div class="scroll" tabindex="0" role="region" aria-label="{caption}">'
        '<table class="{kind}"><caption>{caption}</caption>'
        "<thead><tr><td></td>{heads}</tr></thead><tbody>{rows}</tbody></table></div>",
        kind="plain wordy" if block.wordy else "plain",
        caption=block.caption,
        heads=heads,
        rows=join(map(_row, block.rows)),
    )


def _row(row: TableRow) -> Markup:
    unit = html(' <span class="unit">{unit}</span>', unit=row.unit) if row.unit else ""
    note = html('<div class="about">{note}</div>', note=row.note) if row.note else ""
    return html(
        '<tr><th scope="row">{name}{unit}{note}</th>{cells}</tr>',
        name=row.name,
        unit=unit,
        note=note,
        cells=join(html('<td class="n">{cell}</td>', cell=cell) for cell in row.cells),
    )
