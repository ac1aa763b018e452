"""Renders declared parts as Panel objects: one function for each kind."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field
from functools import singledispatch
from typing import Any

import param

from afif_explorer.app.components import elements
from afif_explorer.app.components.fields import put
from afif_explorer.app.views.context import PageContext
from afif_explorer.app.views.figure_card import Drawing
from afif_explorer.app.views.row_table import RowTable
from afif_explorer.errors import AfifError
from afif_explorer.screens import parts
from afif_explorer.screens.markup import markup

ICONS: dict[parts.Icon, str] = {
    "check": "fact_check",
    "run": "play_arrow",
    "automatic": "auto_fix_high",
    "retrain": "model_training",
    "remove": "person_remove",
    "close": "close",
    "undo": "undo",
    "again": "refresh",
}


@dataclass(frozen=True, eq=False)
class Shown:
    """A part on the page: its panel and its update function."""

    part: parts.Part
    panel: Any
    update: Callable[[], None]
    drawing: Drawing | None = None  # if it is a figure


@dataclass(frozen=True, eq=False)
class Rendered:
    """Rendered items: their panels in order, and all parts in them."""

    panels: list[Any] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)


def render(items: Iterable[parts.Item], context: PageContext) -> Rendered:
    """Create the panels of ``items``, without content."""
    made = Rendered()
    for item in items:
        if isinstance(item, parts.Part):
            shown = _part(item, context)
            made.panels.append(shown.panel)
            made.shown.append(shown)
        else:
            inner = render(item.items, context)
            made.panels.append(_group(item, inner.panels))
            made.shown.extend(inner.shown)
    return made


def update(shown: Iterable[Shown], changed: Container[str]) -> None:
    """Update the parts that depend on one of the changed fields."""
    for one in shown:
        if any(name in changed for name in one.part.hears):
            one.update()


@singledispatch
def _part(part: parts.Part, _context: PageContext) -> Shown:
    raise TypeError(f"the dashboard has no renderer for {type(part).__name__}")


@_part.register
def _figure(part: parts.Figure, context: PageContext) -> Shown:
    drawing = Drawing(context, part)
    return Shown(part, drawing.panel, drawing.draw, drawing)


@_part.register
def _text(part: parts.Text, context: PageContext) -> Shown:
    scrolls = [f":host {{ max-height: {part.tallest}px; overflow-y: auto; }}"]
    text = elements.Text(stylesheets=[*_share(part), *(scrolls if part.tallest else ())])

    def update() -> None:
        text.put(markup(part.says(context.explorer)))
        text.visible = part.shown(context.explorer)

    return Shown(part, text, update)


@_part.register
def _action(part: parts.Action, context: PageContext) -> Shown:
    explorer = context.explorer

    def act() -> None:
        try:
            part.act(explorer)
        except (AfifError, ValueError) as error:
            context.complain(str(error))

    button = elements.button(part.label, ICONS[part.icon], act, main=part.main)

    def update() -> None:
        put(
            button,
            disabled=not part.enabled(explorer),
            label=part.called(explorer),
            visible=part.shown(explorer),
        )

    return Shown(part, button, update)


@_part.register
def _field(part: parts.Field, context: PageContext) -> Shown:
    explorer, fields = context.explorer, context.fields
    whole = isinstance(explorer.param[part.name], param.Integer)
    make = fields.whole if whole else fields.select
    # Its label lies on its upper edge.
    widget = make(part.name, stylesheets=_share(part), margin=(6, 0, 0, 0))

    def update() -> None:
        if not part.enabled(explorer):
            widget.disabled = True
        elif whole:
            widget.disabled = False  # a list is disabled by itself where there is no choice

    return Shown(part, widget, update)


@_part.register
def _rows(part: parts.Rows, context: PageContext) -> Shown:
    table = RowTable(context)
    return Shown(part, table.panel, table.update)


@singledispatch
def _group(group: parts.Group, _panels: list[Any]) -> Any:
    raise TypeError(f"the dashboard has no layout for {type(group).__name__}")


@_group.register
def _card(group: parts.Card, panels: list[Any]) -> Any:
    gap = f":host {{ gap: {group.gap}px; }}"
    return elements.card(*panels, width=group.width, grow=group.grow, stylesheets=[gap])


@_group.register
def _below(group: parts.Below, panels: list[Any]) -> Any:
    return elements.stack(*panels, gap=group.gap, stylesheets=_share(group))


@_group.register
def _beside(group: parts.Beside, panels: list[Any]) -> Any:
    align = "center" if group.centred else "stretch"
    return elements.flow(*panels, gap=group.gap, align=align, stylesheets=_share(group))


def _share(item: parts.Item) -> list[str]:
    return elements.share(item.width, item.grow) if item.width else []
