"""From declared parts to widgets: one small function for each kind."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field
from functools import singledispatch

import ipywidgets

from afif_explorer.notebook.context import ViewContext
from afif_explorer.notebook.drawing import Drawing
from afif_explorer.notebook.row_table import RowTable
from afif_explorer.screens import parts
from afif_explorer.screens.markup import markup

ICONS: dict[parts.Icon, str] = {
    "check": "check",
    "run": "play",
    "automatic": "magic",
    "retrain": "refresh",
    "remove": "trash",
    "close": "times",
    "undo": "undo",
    "again": "refresh",
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

    def update(self, changed: Container[str]) -> None:
        """Bring the parts up to date that show one of the fields that have changed."""
        for one in self.shown.values():
            if any(name in changed for name in one.part.hears):
                one.update()


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
            made.widgets.append(_group(item, inner.widgets))
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
def _rows(part: parts.Rows, context: ViewContext) -> Shown:
    table = RowTable(context.explorer)
    return Shown(part, table, table.update_rows)


def _show(widget: ipywidgets.DOMWidget, shown: bool) -> None:
    widget.layout.display = None if shown else "none"


@singledispatch
def _group(group: parts.Group, _widgets: list[ipywidgets.DOMWidget]) -> ipywidgets.Box:
    raise TypeError(f"the notebook has no layout for {type(group).__name__}")


@_group.register
def _card(group: parts.Card, widgets: list[ipywidgets.DOMWidget]) -> ipywidgets.Box:
    return _boxed(ipywidgets.VBox(widgets), group, "afif-card")


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
