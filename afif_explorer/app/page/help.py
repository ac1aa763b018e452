"""Dialogs: help pages, and code to copy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn

from afif_explorer import explain
from afif_explorer.app.components import toolkit
from afif_explorer.app.components.elements import (
    NO_MARGIN,
    Text,
    button,
    stack,
)
from afif_explorer.screens.markup import html, literal
from afif_explorer.screens.tour import OFFER

GUIDE, GLOSSARY = "guide", "glossary"
SHEET = """
:host { font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 21px; margin: 4px 0 10px; } h2, h3 { font-size: 16px; margin: 16px 0 6px; }
code { font-size: 13px; } table { border-collapse: collapse; }
td, th { border-bottom: 1px solid var(--mui-palette-divider); padding: 4px 12px 4px 0; }
"""


class Help:
    """A dialog for the pages of :mod:`afif_explorer.explain`; the guide offers the tour as well."""

    def __init__(self, take_tour: Callable[[], None]) -> None:
        self._page = pn.pane.Markdown(
            "",
            renderer_options={"html": False},
            stylesheets=[SHEET],
            sizing_mode="stretch_width",
            margin=NO_MARGIN,
        )
        self._tour = button(OFFER, "tour", take_tour)
        self.dialog = Dialog("About", lambda: stack(self._tour, self._page, gap=0))

    def show(self, *names: str) -> None:
        """Open these pages, one below the other."""
        self._tour.visible = GUIDE in names
        self._page.object = "\n\n".join(map(explain.page, names))
        self.dialog.open()


class Code:
    """A dialog that shows Python code and copies it."""

    def __init__(self, copy: Callable[[str], None]) -> None:
        self._code = ""
        self._text = Text()
        copier = button(
            "Copy", "content_copy", lambda: copy(self._code), main=True, margin=(12, 0, 8, 0)
        )
        self.dialog = Dialog("Python code for this view", lambda: stack(self._text, copier, gap=0))

    def show(self, code: str) -> None:
        """Open the dialog with ``code``."""
        self._code = code
        self._text.put(html('<pre class="code" tabindex="0">{code}</pre>', code=literal(code)))
        self.dialog.open()


class Dialog:
    """A dialog with a title; Escape or the close button closes it. ``make()`` creates its content.

    ``width``: at most "md" (900 px) or "xl" (1536 px). Its ``panel`` is empty until it is first opened.
    """

    def __init__(self, title: str, make: Callable[[], Any], width: str = "md") -> None:
        self._title, self._make, self._width = title, make, width
        self._dialog: Any = None
        self.panel = stack()

    def open(self) -> None:
        """Open it."""
        if self._dialog is None:
            self._dialog = self._made()
            self.panel.objects = [self._dialog]
        else:
            self._dialog.open = True

    def close(self) -> None:
        """Close it."""
        if self._dialog is not None:
            self._dialog.open = False

    def _made(self) -> Any:
        return toolkit.Dialog(
            self._make(),
            title=self._title,
            title_variant="h6",
            show_close_button=True,
            close_on_click=True,
            width_option=self._width,
            sizing_mode="stretch_width",
            open=True,
        )
