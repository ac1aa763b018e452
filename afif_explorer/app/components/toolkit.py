"""The only module that imports panel-material-ui: its page, its widgets, and their style.

Widgets are imported from here, so that a change of the toolkit touches one file.
"""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as material
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
    TextInput,
)

from afif_explorer.app import panel_costs, panel_patches, theme

__all__ = [
    "Button",
    "Dialog",
    "FileDownload",
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
    "TextInput",
    "load",
    "make_page",
]


@panel_patches.sends_value_once
class FloatSlider(material.FloatSlider):
    """A slider over numbers."""


@panel_patches.sends_value_once
class IntSlider(material.IntSlider):
    """A slider over integers."""


@panel_patches.sends_each_file
class FileDownload(material.FileDownload):
    """A button that downloads what its callback returns; nothing if that is None."""


def load() -> None:
    """Load the Panel extensions that a page needs; call it once before serving."""
    pn.extension("tabulator", notifications=False)
    panel_patches.send_all_messages()
    panel_costs.remember_defaults()
    panel_costs.read_what_is_sent()
    panel_costs.remember_addresses()
    panel_costs.share_parameters()


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
    panel_patches.unlink_busy(page)
    return page
