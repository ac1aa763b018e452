"""``scene``: an interactive scene in a notebook."""

from __future__ import annotations

from typing import Any

import anywidget
from traitlets import Bool, Dict, List, Unicode

from afif_explorer.errors import InvalidChoice
from afif_explorer.scenes import SCENES
from afif_explorer.scenes.bundle import script, styles
from afif_explorer.scenes.page import message


class SceneWidget(anywidget.AnyWidget):
    """Scenes in a cell. ``position`` is what a reader has done: ``{"state": ..., "live": ...}``, or None."""

    _esm = script()

    catalogue: Any = List(help="the declared scenes").tag(sync=True)
    styles = Unicode().tag(sync=True)
    position = Dict(default_value=None, allow_none=True).tag(sync=True)
    link = Unicode(help="a link to begin with, from its # on").tag(sync=True)
    dark = Bool(None, allow_none=True, help="None: as the page is").tag(sync=True)

    @property
    def state(self) -> dict[str, Any]:
        """The scene's state now: points, labels, model, target, chosen rows and settings."""
        first: dict[str, Any] = self.catalogue[0]["state"]
        return self.position["state"] if self.position else first


def scene(key: str | None = None, *, link: str = "", dark: bool | None = None) -> SceneWidget:
    """An interactive scene as a widget, for the last line of a cell; all of them without a key.

    Args:
        key: the scene, such as "guess", "lever", "weight" or "lissa".
        link: what "Copy the link" in a scene gives, from its # on: points, labels, model and settings to
            begin with.
        dark: dark or light; None: as the page is.

    Returns:
        A widget; its ``state`` holds the points, labels, chosen rows and settings as a reader has left them.

    Raises:
        InvalidChoice: if there is no such scene.

    >>> import afif_explorer as ax
    >>> ax.notebook.scene("lever").state["model"]
    'linear'
    """
    if key is not None and key not in SCENES:
        known = ", ".join(SCENES)
        raise InvalidChoice(f"There is no scene {str(key)[:40]!r}; the scenes are: {known}.")
    keys = () if key is None else (key,)
    return SceneWidget(catalogue=message(keys), styles=styles(), link=link, dark=dark)
