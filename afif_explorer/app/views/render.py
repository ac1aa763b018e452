"""Renders declared parts as Panel objects: one function for each kind."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field
from functools import singledispatch
from typing import Any

import param

from afif_explorer.app import panel_patches
from afif_explorer.app.components import elements, toolkit
from afif_explorer.app.components.fields import WIDE, put
from afif_explorer.app.components.scenes import ScenePane
from afif_explorer.app.views.context import PageContext
from afif_explorer.app.views.figure_card import Drawing
from afif_explorer.app.views.row_table import RowTable
from afif_explorer.screens import parts
from afif_explorer.screens.markup import markup

ICONS: dict[parts.Icon, str] = {
    "check": "fact_check",
    "run": "play_arrow",
    "automatic": "auto_fix_high",
    "retrain": "model_training",
    "remove": "person_remove",
    "close": "close",
    "delete": "delete",
    "undo": "undo",
    "redo": "redo",
    "save": "bookmark_add",
    "search": "search",
    "again": "refresh",
    "select": "select_all",
    "learn": "school",
    "add": "add",
}

# On a phone it would hide most of the page, so it scrolls in itself there until it is used.
STICKY = """
:host { position: sticky; top: 0; z-index: 5; }
@media (max-width: 900px) {
  :host { max-height: 15dvh !important; overflow-y: auto; }
  :host(:focus-within) { max-height: 60dvh !important; }
}
"""


@dataclass(frozen=True, eq=False)
class Shown:
    """A part on the page, or a group whose parts are made later: its panel and its update function."""

    part: parts.Item
    panel: Any
    update: Callable[[], None]
    drawing: Drawing | None = None  # if it is a figure
    inner: list[Shown] = field(default_factory=list)  # the parts of a group, once they are made


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
            elements.name_place(shown.panel, item.name)
            made.panels.append(shown.panel)
            made.shown.append(shown)
        elif not _any_shown(item, context):
            later = _later(item, context)
            made.panels.append(later.panel)
            made.shown.append(later)
        else:
            inner = render(item.items, context)
            made.panels.append(_group(item, _aligned(item, inner.panels)))
            made.shown.extend(inner.shown)
    return made


def update(shown: Iterable[Shown], changed: Container[str]) -> None:
    """Update the parts that depend on one of the changed fields."""
    for one in shown:
        if any(name in changed for name in one.part.hears):
            one.update()


def _any_shown(group: parts.Group, context: PageContext) -> bool:
    return any(part.shown(context.explorer) for part in parts.parts_of((group,)))


def _later(group: parts.Group, context: PageContext) -> Shown:
    """A group without content, which gets it when one of its parts is to be seen: pages open sooner."""
    panel = _group(group, [])
    inner: list[Shown] = []

    def update() -> None:
        visible = _any_shown(group, context)
        if visible and not inner:
            made = render(group.items, context)
            inner.extend(made.shown)
            panel.objects = _aligned(group, made.panels)
        for one in inner:
            one.update()
        panel.visible = visible

    return Shown(group, panel, update, inner=inner)


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
        content = part.says(context.explorer)
        text.put(markup(content))
        text.visible = bool(content) and part.shown(context.explorer)

    return Shown(part, text, update)


@_part.register
def _action(part: parts.Action, context: PageContext) -> Shown:
    explorer = context.explorer

    def act() -> None:
        context.attempt(lambda: part.act(explorer))

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
def _menu(part: parts.Menu, context: PageContext) -> Shown:
    explorer = context.explorer
    look = WIDE | {"margin": (6, 0, 0, 0), "stylesheets": _share(part)}
    widget = toolkit.Select(label=part.label, description=part.about, size="small", **look)

    def chosen(event: Any) -> None:
        if event.new == part.value(explorer):
            return  # an update from the explorer, not the user
        context.attempt(lambda: part.act(explorer, event.new))
        refresh()

    def refresh() -> None:
        options = part.offered(explorer)
        renamed = widget.options != options
        put(
            widget,
            options=options,
            value=part.value(explorer),
            disabled=len(options) < 2,
            visible=part.shown(explorer),
        )
        if renamed:
            widget.param.trigger("value")  # otherwise it keeps showing the previous label

    refresh()
    panel_patches.send_value_at_once(widget)
    widget.param.watch(chosen, "value")
    return Shown(part, widget, refresh)


@_part.register
def _entry(part: parts.Entry, context: PageContext) -> Shown:
    explorer = context.explorer
    look = WIDE | {"margin": (6, 0, 0, 0), "stylesheets": _share(part)}
    field = toolkit.TextInput(label=part.label, placeholder=part.example, size="small", **look)

    def entered(event: Any) -> None:
        if event.new == part.value(explorer):
            return  # an update from the explorer, not the user
        context.attempt(lambda: part.act(explorer, event.new or ""))

    def refresh() -> None:
        put(field, value=part.value(explorer), visible=part.shown(explorer))

    field.param.watch(entered, "value")
    return Shown(part, field, refresh)


@_part.register
def _rows(part: parts.Rows, context: PageContext) -> Shown:
    table = RowTable(context)
    return Shown(part, table.panel, table.update)


@_part.register
def _scenes(part: parts.Scenes, context: PageContext) -> Shown:
    pane = ScenePane(dark=context.dark(), link=context.explorer.scene[0])
    return Shown(part, pane, lambda: put(pane, dark=context.dark(), link=context.explorer.scene[0]))


@singledispatch
def _group(group: parts.Group, _panels: list[Any]) -> Any:
    raise TypeError(f"the dashboard has no layout for {type(group).__name__}")


@_group.register
def _card(group: parts.Card, panels: list[Any]) -> Any:
    sheets = [f":host {{ gap: {group.gap}px; }}", *([STICKY] if group.sticky else [])]
    return elements.card(*panels, width=group.width, grow=group.grow, stylesheets=sheets)


@_group.register
def _below(group: parts.Below, panels: list[Any]) -> Any:
    return elements.stack(*panels, gap=group.gap, stylesheets=_share(group))


@_group.register
def _beside(group: parts.Beside, panels: list[Any]) -> Any:
    align = "center" if group.centred else "stretch"
    return elements.flow(*panels, gap=group.gap, align=align, stylesheets=_share(group))


def _aligned(group: parts.Group, panels: list[Any]) -> list[Any]:
    """The panels as the group has them: the toolkit puts each at the top by itself."""
    if isinstance(group, parts.Beside) and group.centred:
        for panel in panels:
            panel.align = "center"
    return panels


def _share(item: parts.Item) -> list[str]:
    if item.width:
        return elements.share(item.width, item.grow)
    return [] if item.grow else [elements.NATURAL]
