"""Small parts that every view is made of. Text from data gets in through :func:`html` alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import panel as pn
from markupsafe import Markup, escape

from afif_explorer.app import theme
from afif_explorer.app.components import toolkit
from afif_explorer.figures.text import clean

NO_MARGIN = (0, 0, 0, 0)
# Panel limits every element to the height of the window; taller ones would be overlapped by the next.
TALL = ":host { max-height: none !important; }"
CARD = """
:host {
  background: var(--mui-palette-background-paper);
  border: 1px solid var(--mui-palette-divider);
  border-radius: 10px;
  padding: 12px 14px;
  overflow: hidden;
}
"""


def html(template: str, /, **values: object) -> Markup:
    """``template`` with each ``{name}`` replaced by its escaped value (Markup is left as it is)."""
    shown = {
        name: value if isinstance(value, Markup) else clean(value) for name, value in values.items()
    }
    return Markup(template).format(**shown)


def literal(text: str) -> Markup:
    """Text of several lines, escaped; the lines stay."""
    return Markup("\n").join(escape(line) for line in text.splitlines())


def join(parts: Iterable[Markup]) -> Markup:
    """Pieces of markup in a row."""
    return Markup("").join(parts)


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
    sheets = [TALL, f":host {{ gap: {gap}px; }}", *params.pop("stylesheets", ())]
    return pn.Column(
        *objects, stylesheets=sheets, margin=NO_MARGIN, sizing_mode="stretch_width", **params
    )


class Lazy:
    """A place for parts that are made when they are first needed: ``make()`` returns them."""

    def __init__(self, make: Callable[[], Any], **params: Any) -> None:
        self._make = make
        self.panel = stack(visible=False, **params)

    def show(self, wanted: bool) -> None:
        """Show the parts or hide them."""
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


def stats(pairs: Sequence[tuple[str, object]]) -> Markup:
    """A row of large figures, each (what it is, its value as text)."""
    one = '<div class="stat"><div class="v">{value}</div><div class="k">{name}</div></div>'
    body = join(html(one, name=name, value=value) for name, value in pairs)
    return html('<div class="stats">{body}</div>', body=body)


def table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Markup:
    """A small table; the first column names the rows, the others hold numbers as text."""
    head = join(
        html('<th scope="col" class="{kind}">{name}</th>', name=name, kind="n" if i else "")
        for i, name in enumerate(columns)
    )
    body = join(_table_row(row) for row in rows)
    return html(
        '<div class="scroll"><table class="plain"><caption>{caption}</caption>'
        "<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>",
        caption=caption,
        head=head,
        body=body,
    )


def _table_row(row: Sequence[object]) -> Markup:
    first, *rest = row
    cells = join(html('<td class="n">{cell}</td>', cell=cell) for cell in rest)
    return html('<tr><th scope="row">{first}</th>{cells}</tr>', first=first, cells=cells)


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


def absent(explorer: Any, result: str, waiting: str) -> Markup:
    """What stands in place of words about a result that is not there: why, or what it waits for."""
    why = explorer.absence(result)
    return html('<p class="{kind}">{text}</p>', kind="poor" if why else "hint", text=why or waiting)


Press = Callable[[], None]


def pressed(action: Press) -> Callable[[Any], None]:
    """A click handler for ``action``, which takes no event."""

    def handler(_event: Any) -> None:
        action()

    return handler
