"""Basic page elements. All markup comes from :mod:`afif_explorer.screens.markup`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import panel as pn
import param
from markupsafe import Markup

from afif_explorer.app import panel_costs, theme
from afif_explorer.app.components import toolkit
from afif_explorer.screens.markup import html, join

NO_MARGIN = (0, 0, 0, 0)
# Panel limits elements to the height of the window; taller ones would be overlapped by the next.
# The button is that of a scrolling log; empty as it is, it would take a gap of every stack.
TALL = ":host { max-height: none !important; } .scroll-button { display: none; }"
NATURAL = ":host { flex: 0 1 auto !important; width: auto !important; }"  # as wide as its content
CARD = """
:host {
  background: var(--mui-palette-background-paper);
  border: 1px solid var(--mui-palette-divider);
  border-radius: 10px;
  padding: 12px 14px;
  overflow: hidden;
}
"""


@panel_costs.sends_text_alone
class Text(pn.pane.HTML):
    """Markup made by :func:`html`; anything else is shown as plain text."""

    def __init__(self, content: str | Markup = "", **params: Any) -> None:
        settings = {"sizing_mode": "stretch_width", "margin": NO_MARGIN} | params
        sheets = [theme.SHEET, *settings.pop("stylesheets", ())]
        super().__init__(str(html("{x}", x=content)), stylesheets=sheets, **settings)

    def put(self, content: str | Markup) -> None:
        """Show ``content`` instead."""
        self.object = str(html("{x}", x=content))


def card(*objects: Any, width: int = 0, grow: float = 1, **params: Any) -> pn.Column:
    """A card on the page. Below ``width`` px it takes a row of its own."""
    sheets = [TALL, CARD, *(share(width, grow) if width else ()), *params.pop("stylesheets", ())]
    return pn.Column(
        *objects, stylesheets=sheets, margin=NO_MARGIN, sizing_mode="stretch_width", **params
    )


def flow(*objects: Any, gap: int = 14, align: str = "stretch", **params: Any) -> pn.Row:
    """Elements side by side that wrap if the window is too narrow."""
    sheet = f":host {{ flex-wrap: wrap; gap: {gap}px; align-items: {align} !important; }}"
    sheets = [TALL, sheet, *params.pop("stylesheets", ())]
    return pn.Row(
        *objects, stylesheets=sheets, margin=NO_MARGIN, sizing_mode="stretch_width", **params
    )


def stack(*objects: Any, gap: int = 14, **params: Any) -> pn.Column:
    """Elements below each other."""
    return pn.Column(*objects, **_stacked(gap, params))


def _stacked(gap: int, params: dict[str, Any]) -> dict[str, Any]:
    sheets = [TALL, f":host {{ gap: {gap}px; }}", *params.pop("stylesheets", ())]
    return {"stylesheets": sheets, "margin": NO_MARGIN, "sizing_mode": "stretch_width", **params}


class TabPanel(pn.Column):
    """A stack that screen readers know as what the tab ``title`` shows."""

    html_attributes = param.Dict(default={}, doc="Attributes of the element on the page.")

    def __init__(self, title: str, gap: int = 14, **params: Any) -> None:
        attributes = {"role": "tabpanel", "aria-label": title}
        super().__init__(html_attributes=attributes, **_stacked(gap, params))


class Lazy:
    """A container whose content ``make()`` creates on first use."""

    def __init__(self, make: Callable[[], Any], **params: Any) -> None:
        self._make = make
        self.panel = stack(visible=False, **params)

    def show(self, wanted: bool) -> None:
        """Show or hide the content."""
        if wanted and not self.panel.objects:
            self.panel.objects = [self._make()]
        self.panel.visible = wanted


def share(width: int, grow: float = 1) -> list[str]:
    """The style sheet of an element in a flow: from ``width`` px upwards it shares a row and grows."""
    return [
        f":host {{ flex: {grow} 1 {width}px !important; min-width: min({width}px, 100%) !important; "
        "align-self: auto !important; height: auto !important; }"
    ]


def ask(topic: str, action: Callable[[], None], **params: Any) -> Any:
    """The button that opens the explanation of ``topic``."""
    return toolkit.IconButton(
        icon="help_outline",
        label=f"About: {topic}",
        description=f"About: {topic}",
        size="small",
        icon_size="18px",
        margin=NO_MARGIN,
        sx={"color": "text.secondary", "p": "4px"},
        on_click=pressed(action),
        **params,
    )


def button(
    label: str, icon: str, action: Callable[[], None], *, main: bool = False, **params: Any
) -> Any:
    """A small button; ``main``: the primary action."""
    settings: dict[str, Any] = {"size": "small", "margin": NO_MARGIN} | params
    return toolkit.Button(
        label=label,
        icon=icon,
        variant="contained" if main else "outlined",
        on_click=pressed(action),
        **settings,
    )


def name_place(panel: Any, name: str) -> None:
    """Make ``panel`` the place of the part or setting ``name``, to which a step of the tour can point."""
    panel.css_classes = [*panel.css_classes, f"afif-at-{name}"]


def banner(kind: str, title: str, lines: Sequence[str] = ()) -> Markup:
    """A notice of ``kind`` "info", "warning" or "error"."""
    items = join(html("<li>{line}</li>", line=line) for line in lines)
    body = html("<ul>{items}</ul>", items=items) if len(lines) > 1 else "".join(lines)
    return html(
        '<div class="banner {kind}" role="{role}"><b>{title}</b>{body}</div>',
        kind=kind,
        role="alert" if kind == "error" else "status",
        title=title,
        body=body,
    )


Press = Callable[[], None]


def pressed(action: Press) -> Callable[[Any], None]:
    """A click handler for ``action``, which takes no event."""

    def handler(_event: Any) -> None:
        action()

    return handler
