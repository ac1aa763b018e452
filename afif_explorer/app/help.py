"""The dialogs: pages of explanations, and code to copy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn

from afif_explorer import explain
from afif_explorer.app import toolkit
from afif_explorer.app.parts import NO_MARGIN, Text, button, html, literal, stack

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
        self.dialog = dialog("About", self._page)

    def show(self, name: str) -> None:
        """Open the page ``name``."""
        self._page.object = explain.page(name)
        self.dialog.open = True


class Code:
    """A dialog that shows Python code and copies it."""

    def __init__(self, copy: Callable[[str], None]) -> None:
        self._code = ""
        self._text = Text()
        copier = button(
            "Copy", "content_copy", lambda: copy(self._code), main=True, margin=(12, 0, 8, 0)
        )
        self.dialog = dialog("The same in Python", stack(self._text, copier, gap=0))

    def show(self, code: str) -> None:
        """Open the dialog on ``code``."""
        self._code = code
        self._text.put(html('<pre class="code" tabindex="0">{code}</pre>', code=literal(code)))
        self.dialog.open = True


def dialog(title: str, content: Any) -> Any:
    """A closed dialog with our own title; Escape or the cross closes it."""
    return toolkit.Dialog(
        content,
        title=title,
        title_variant="h6",
        show_close_button=True,
        close_on_click=True,
        width_option="md",
        sizing_mode="stretch_width",
    )
