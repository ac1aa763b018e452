"""From declared parts to widgets: one small function for each kind."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field, replace
from functools import singledispatch
from typing import Any

import ipywidgets

from afif_explorer.notebook.context import ViewContext
from afif_explorer.notebook.drawing import Drawing
from afif_explorer.notebook.row_table import RowTable
from afif_explorer.notebook.scenes import scene
from afif_explorer.screens import parts
from afif_explorer.screens.markup import markup

_LETTER = 7  # px, of a label
ICONS: dict[parts.Icon, str] = {
    "check": "check",
    "run": "play",
    "automatic": "magic",
    "retrain": "refresh",
    "remove": "trash",
    "close": "times",
    "delete": "trash-o",
    "undo": "undo",
    "redo": "repeat",
    "save": "bookmark",
    "search": "search",
    "again": "refresh",
    "select": "check-square-o",
    "learn": "graduation-cap",
    "add": "plus",
}


@dataclass(frozen=True, eq=False)
class Shown:
    """A part in the notebook: its widget, and how to bring that up to date."""

    part: parts.Part
    widget: ipywidgets.DOMWidget
    update: Callable[[], None]


@dataclass(frozen=True, eq=False)
class Rendered:
    """Items as widgets in order, and all parts in them by name."""

    widgets: list[ipywidgets.DOMWidget] = field(default_factory=list)
    shown: dict[str, Shown] = field(default_factory=dict)
    groups: list[ipywidgets.Box] = field(default_factory=list)  # inner ones first

    def update(self, changed: Container[str]) -> None:
        """Bring the parts up to date that show one of the fields that have changed."""
        for one in self.shown.values():
            if any(name in changed for name in one.part.hears):
                one.update()
        for box in self.groups:
            _show(box, any(child.layout.display != "none" for child in box.children))


def render(items: Iterable[parts.Item], context: ViewContext) -> Rendered:
    """Make what ``items`` declare for a notebook. Nothing is brought up to date yet."""
    made = Rendered()
    for item in items:
        if isinstance(item, parts.Part):
            if "notebook" not in item.elsewhere:
                made.shown[item.name] = _part(item, context)
                made.widgets.append(made.shown[item.name].widget)
        else:
            inner = render(item.items, context)
            box = _group(item, inner.widgets)
            made.widgets.append(box)
            made.groups.extend((*inner.groups, box))
            made.shown.update(inner.shown)
    return made


@singledispatch
def _part(part: parts.Part, _context: ViewContext) -> Shown:
    raise TypeError(f"the notebook has no renderer for {type(part).__name__}")


@_part.register
def _figure(part: parts.Figure, context: ViewContext) -> Shown:
    drawing = Drawing(context, part)
    _share(part, drawing.chart.layout)
    return Shown(part, drawing.chart, drawing.draw)


@_part.register
def _text(part: parts.Text, context: ViewContext) -> Shown:
    text = ipywidgets.HTML()
    _share(part, text.layout)
    if part.tallest:
        text.layout.max_height = f"{part.tallest}px"
        text.layout.overflow = "auto"

    def update() -> None:
        text.value = str(markup(part.says(context.explorer)))
        _show(text, bool(text.value) and part.shown(context.explorer))

    return Shown(part, text, update)


@_part.register
def _action(part: parts.Action, context: ViewContext) -> Shown:
    explorer = context.explorer
    button = ipywidgets.Button(
        description=part.label,
        tooltip=part.about,
        icon=ICONS[part.icon],
        button_style="primary" if part.main else "",
        layout=ipywidgets.Layout(width="auto", align_self="flex-start"),
    )
    button.on_click(lambda _: context.attempt(lambda: part.act(explorer)))

    def update() -> None:
        button.description = part.called(explorer)
        button.disabled = not part.enabled(explorer)
        _show(button, part.shown(explorer))

    return Shown(part, button, update)


@_part.register
def _menu(part: parts.Menu, context: ViewContext) -> Shown:
    explorer = context.explorer
    menu = ipywidgets.Dropdown(description=part.label, tooltip=part.about)
    _label(menu, part)

    def update() -> None:
        options = list(part.offered(explorer).items())
        if list(menu.options) != options:
            menu.options = options
        menu.value = part.value(explorer)
        menu.disabled = len(options) < 2
        _show(menu, part.shown(explorer))

    def chosen(change: Any) -> None:
        # While its options change, a widget reports values that nobody chose.
        if change.new is not None and not updating and change.new != part.value(explorer):
            context.attempt(lambda: part.act(explorer, change.new))

    updating: list[bool] = []

    def quietly() -> None:
        updating.append(True)
        try:
            update()
        finally:
            updating.pop()

    menu.observe(chosen, names="value")
    return Shown(part, menu, quietly)


@_part.register
def _entry(part: parts.Entry, context: ViewContext) -> Shown:
    explorer = context.explorer
    field = ipywidgets.Text(
        description=part.label, placeholder=part.example, continuous_update=False
    )
    _label(field, part)

    def update() -> None:
        field.value = part.value(explorer)
        _show(field, part.shown(explorer))

    def entered(change: Any) -> None:
        if change.new != part.value(explorer):
            context.attempt(lambda: part.act(explorer, change.new))

    field.observe(entered, names="value")
    return Shown(part, field, update)


@_part.register
def _rows(part: parts.Rows, context: ViewContext) -> Shown:
    table = RowTable(context.explorer)
    return Shown(part, table, table.update_rows)


@_part.register
def _scenes(part: parts.Scenes, context: ViewContext) -> Shown:
    widget = scene(dark=context.dark(), link=context.explorer.scene[0])

    def update() -> None:
        widget.dark, widget.link = context.dark(), context.explorer.scene[0]

    return Shown(part, widget, update)


def _label(widget: ipywidgets.DOMWidget, part: parts.Part) -> None:
    """The label stands before the field, which is as wide as declared."""
    widget.style.description_width = "auto"
    widget.layout.width = "auto"
    _share(
        replace(part, width=part.width and part.width + _LETTER * len(part.label)), widget.layout
    )


def _show(widget: ipywidgets.DOMWidget, shown: bool) -> None:
    widget.layout.display = None if shown else "none"


@singledispatch
def _group(group: parts.Group, _widgets: list[ipywidgets.DOMWidget]) -> ipywidgets.Box:
    raise TypeError(f"the notebook has no layout for {type(group).__name__}")


@_group.register
def _card(group: parts.Card, widgets: list[ipywidgets.DOMWidget]) -> ipywidgets.Box:
    box = _boxed(ipywidgets.VBox(widgets), group, "afif-card")
    if group.sticky:
        box.add_class("afif-sticky")
    return box


@_group.register
def _below(group: parts.Below, widgets: list[ipywidgets.DOMWidget]) -> ipywidgets.Box:
    return _boxed(ipywidgets.VBox(widgets), group, "afif-below")


@_group.register
def _beside(group: parts.Beside, widgets: list[ipywidgets.DOMWidget]) -> ipywidgets.Box:
    box = _boxed(ipywidgets.HBox(widgets), group, "afif-beside")
    box.layout.align_items = "center" if group.centred else "stretch"
    return box


def _boxed(box: ipywidgets.Box, group: parts.Group, name: str) -> ipywidgets.Box:
    box.add_class(name)
    box.layout.grid_gap = f"{group.gap}px"
    _share(group, box.layout)
    return box


def _share(item: parts.Item, layout: ipywidgets.Layout) -> None:
    """As wide as it needs, growing beside others."""
    if item.width:
        layout.flex = f"{item.grow} 1 {item.width}px"
        layout.min_width = f"min({item.width}px, 100%)"
