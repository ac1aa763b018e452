"""``ScenePane``: the interactive scenes on the page. They compute in the browser; nothing is sent back."""

from __future__ import annotations

from typing import Any

import param
from panel.custom import JSComponent

from afif_explorer.scenes.bundle import joined, source, styles
from afif_explorer.scenes.page import message


class ScenePane(JSComponent):
    """All scenes, light or dark as the page is."""

    catalogue = param.List(constant=True, doc="The declared scenes.")
    styles_text = param.String(constant=True, doc="Their style sheet.")
    dark = param.Boolean(default=False)
    link = param.String(
        default="", doc="The scene and state to begin with; by default the page's own."
    )

    _esm = f"{joined()}\n{source('dashboard.js')}"

    def __init__(self, **params: Any) -> None:
        settings: dict[str, Any] = {"sizing_mode": "stretch_width", "margin": 0} | params
        super().__init__(catalogue=message(), styles_text=styles(), **settings)
