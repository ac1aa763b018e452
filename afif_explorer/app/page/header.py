"""The header: brand, and buttons to share, export, copy as code and get help."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn

from afif_explorer.app.components import toolkit
from afif_explorer.app.components.browser import Browser
from afif_explorer.app.components.elements import NO_MARGIN, Text, banner, pressed, stack
from afif_explorer.app.page.help import Dialog
from afif_explorer.errors import AfifError
from afif_explorer.screens.files.exports import AS_PYTHON, EXPORTS, FAILED, HINT, Export
from afif_explorer.screens.markup import html

MARK = (
    '<svg viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="8" fill="#0a5ea8"/>'
    '<path d="M5 23 C11 23 12 9 16 9 S21 23 27 23" fill="none" stroke="#fff" stroke-width="2.6" '
    'stroke-linecap="round"/><circle cx="16" cy="9" r="3.4" fill="#ff9a4d"/></svg>'
)


class Header:
    """Brand, and buttons to share, export, copy as code and get help."""

    def __init__(
        self,
        explorer: Any,
        browser: Browser,
        tour: Any,
        *,
        show_code: Callable[[], None],
        show_guide: Callable[[], None],
        protected: bool = False,
    ) -> None:
        self._explorer = explorer
        self._refusal = Text()
        self._export = Dialog("Export", self._files)
        self.dialogs = (self._export,)
        share = self._button("link", "Copy a link to this view", browser.copy_address)
        files = self._button("download", "Export", self._offer)
        code = self._button("code", AS_PYTHON, show_code)
        guide = self._button("help_outline", "Help", show_guide)
        self.parts = [
            Text(
                html(BRAND),
                sizing_mode=None,
                stylesheets=[":host { flex: 0 0 auto; align-self: center; }"],
            ),
            pn.Spacer(sizing_mode="stretch_width", margin=NO_MARGIN),
            tour,
            pn.Row(share, files, code, guide, margin=NO_MARGIN, sizing_mode=None, align="center"),
            *([_logout()] if protected else []),
        ]

    def _button(self, icon: str, label: str, action: Callable[[], None]) -> Any:
        return toolkit.IconButton(
            icon=icon,
            label=label,
            description=label,
            margin=(0, 2),
            on_click=pressed(action),
        )

    def _files(self) -> Any:
        return stack(
            Text(html('<p class="hint">{hint}</p>', hint=HINT)),
            *map(self._download, EXPORTS),
            self._refusal,
            gap=10,
            stylesheets=[":host { padding-bottom: 12px; }"],
        )

    def _offer(self) -> None:
        self._refusal.put("")
        self._export.open()

    def _download(self, export: Export) -> Any:
        """A download button; the reason for a failed export is shown below the buttons."""

        def attempt() -> Any:
            self._refusal.put("")
            try:
                return export.make(self._explorer)
            except AfifError as error:
                self._refusal.put(banner("error", FAILED, [str(error)]))
                return None

        return toolkit.FileDownload(
            callback=attempt,
            filename=export.filename,
            label=export.label,
            variant="outlined",
            sizing_mode="stretch_width",
            width=None,
            margin=NO_MARGIN,
        )


def _logout() -> Any:
    style = (
        ":host { flex: 0 0 auto; align-self: center; } a { color: inherit; white-space: nowrap; }"
    )
    return Text(html('<a href="logout">Log out</a>'), sizing_mode=None, stylesheets=[style])


BRAND = (
    f'<div class="brand">{MARK}<span class="name">AFIF explorer</span>'
    '<span class="sub">what each training row did to the model</span></div>'
)
