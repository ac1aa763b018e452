"""The only module that imports panel-material-ui: its page, its widgets, and their style.

Widgets are imported from here, so that a change of the toolkit touches one file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui as material
import param
from panel_material_ui import (
    Button,
    Dialog,
    IconButton,
    IntInput,
    LinearProgress,
    MultiChoice,
    Page,
    RadioButtonGroup,
    Select,
    Switch,
    Tabs,
)

from afif_explorer.app import theme
from afif_explorer.app.panel_patches import deliver_all

__all__ = [
    "Button",
    "Dialog",
    "FileDownload",
    "FileField",
    "FloatSlider",
    "IconButton",
    "IntInput",
    "IntSlider",
    "LinearProgress",
    "MultiChoice",
    "RadioButtonGroup",
    "Select",
    "Switch",
    "Tabs",
    "load",
    "make_page",
    "prompt",
]


class _HeardOnce:
    """A slider that is heard when its value changes, and not once more when it is let go of."""

    @property
    def _linked_properties(self) -> tuple[str, ...]:
        linked: tuple[str, ...] = super()._linked_properties  # type: ignore[misc]
        return tuple(name for name in linked if name != "value_throttled")


class FloatSlider(_HeardOnce, material.FloatSlider):
    """A slider over numbers."""


class IntSlider(_HeardOnce, material.IntSlider):
    """A slider over whole numbers."""


class FileDownload(material.FileDownload):
    """A button that downloads what its callback returns; nothing if that is None."""

    def _sync_data(self, fileobj: Any) -> None:
        if fileobj is not None:
            self.data = None  # the browser takes a file for new only if it differs from the last
            super()._sync_data(fileobj)


class FileField(material.FileInput):
    """A file upload button. ``arrived(name, content)`` is called for every chosen file, including an
    empty one or the same one again; ``refused(reason)`` for a file that the browser did not send.
    """

    def __init__(
        self,
        arrived: Callable[[str, bytes], None],
        refused: Callable[[str], None],
        **params: Any,
    ) -> None:
        self._arrived, self._refused = arrived, refused
        super().__init__(**params)

    def _handle_msg(self, msg: Any) -> None:
        if msg["status"] == "error":
            self._refused(str(msg.get("error", "")))
        else:
            super()._handle_msg(msg)

    def _update_file(self, filename: Any, mime_type: Any, value: Any) -> None:
        super()._update_file(filename, mime_type, value)
        self._arrived(filename or "", value or b"")


def load() -> None:
    """Load the Panel extensions that a page needs; call it once before serving."""
    pn.extension("tabulator", notifications=False)
    deliver_all()


def prompt(widget: Any) -> None:
    """Let what a person does with a widget be heard at once.

    Panel waits 50 ms for more of it, half of what a redraw may take, and keeps a count of what it is
    busy with, which takes a few more and which nothing here shows.
    """
    widget._debounce = 1  # ms
    widget._busy__ignore = [*widget._busy__ignore, "value"]


def make_page(title: str, **params: Any) -> Page:
    """A page with our theme."""
    page = Page(
        meta_title=title,
        meta_description="See what each training row did to a model, and what happens if it is removed.",
        template=theme.TEMPLATE,
        theme_config=theme.THEME,
        sx=theme.PAGE,
        raw_css=[theme.GLOBAL_CSS],
        busy_indicator=None,
        sidebar_width=theme.SIDEBAR_WIDTH,
        sidebar_resizable=False,
        theme_toggle=True,
        **params,
    )
    # The page follows Panel's global count of busy sessions: two messages for every event of a
    # visitor, and a tie that would keep the page in memory for ever.
    with param.parameterized.edit_constant(page):
        page.param._update_ref("busy", False)
    return page
