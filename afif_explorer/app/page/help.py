"""The dialogs: pages of explanations, and code to copy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn

from afif_explorer import explain
from afif_explorer.app.components import toolkit
from afif_explorer.app.components.elements import (
    NO_MARGIN,
    Postponed,
    Text,
    button,
    stack,
)
from afif_explorer.screens.markup import html, literal

GUIDE = "guide"
SHEET = """
:host { font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 21px; margin: 4px 0 10px; } h2, h3 { font-size: 16px; margin: 16px 0 6px; }
code { font-size: 13px; } table { border-collapse: collapse; }
td, th { border-bottom: 1px solid var(--mui-palette-divider); padding: 4px 12px 4px 0; }
"""


class Help:
    """A dialog for any page of :mod:`afif_explorer.explain`."""

    def __init__(self) -> None:
        self._page = pn.pane.Markdown(
            "",
            renderer_options={"html": False},
            stylesheets=[SHEET],
            sizing_mode="stretch_width",
            margin=NO_MARGIN,
        )
        self.dialog = Dialog("About", lambda: self._page)

    def show(self, name: str) -> None:
        """Open the page ``name``."""
        self._page.object = explain.page(name)
        self.dialog.open()


class Code:
    """A dialog that shows Python code and copies it."""

    def __init__(self, copy: Callable[[str], None]) -> None:
        self._code = ""
        self._text = Text()
        copier = button(
            "Copy", "content_copy", lambda: copy(self._code), main=True, margin=(12, 0, 8, 0)
        )
        self.dialog = Dialog("The same in Python", lambda: stack(self._text, copier, gap=0))

    def show(self, code: str) -> None:
        """Open the dialog on ``code``."""
        self._code = code
        self._text.put(html('<pre class="code" tabindex="0">{code}</pre>', code=literal(code)))
        self.dialog.open()


class Dialog:
    """A closed dialog with our own title; Escape or the cross closes it. ``make()`` gives what is in it."""

    def __init__(self, title: str, make: Callable[[], Any]) -> None:
        self._content = Postponed(make)
        self.panel = toolkit.Dialog(
            self._content.panel,
            title=title,
            title_variant="h6",
            show_close_button=True,
            close_on_click=True,
            width_option="md",
            sizing_mode="stretch_width",
        )

    def open(self) -> None:
        """Open it."""
        self._content.reveal(True)
        self.panel.open = True

    def close(self) -> None:
        """Close it."""
        self.panel.open = False
