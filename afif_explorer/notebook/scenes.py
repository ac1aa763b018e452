"""``scene``: an interactive scene in a notebook."""

from __future__ import annotations

from typing import Any

import anywidget
import numpy as np
from traitlets import Bool, Dict, List, Unicode

from afif_explorer.errors import InvalidChoice
from afif_explorer.figures.drawing.figure_spec import trace
from afif_explorer.figures.drawing.frame import axis, frame
from afif_explorer.figures.drawing.head import Key
from afif_explorer.figures.drawing.theme import LIGHT
from afif_explorer.notebook.output.assets import static
from afif_explorer.notebook.output.stills import Kept, Still
from afif_explorer.scenes import SCENES
from afif_explorer.scenes.bundle import ENTRY, joined, styles
from afif_explorer.scenes.page import message

# Once it is there, a scene needs no kernel: the picture for readers without one is hidden.
RENDER = f"""
export default {{
  render({{model, el}}) {{
    answered(el)
    return modules["{ENTRY}"].render({{model, el}})
  }},
}}
"""
HEIGHT = 300  # px of the picture
MARKS = (("circle", "●", LIGHT.negative), ("square", "■", LIGHT.positive))  # of the classes


class SceneWidget(Kept, anywidget.AnyWidget):
    """Scenes in a cell. ``position`` is what a reader has done: ``{"state": ..., "live": ...}``, or None."""

    _esm = "\n".join((static("answering.js"), joined(), RENDER))

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

    def still(self) -> Still:
        """The scene's points, and what it asks."""
        shown = next(one for one in self.catalogue if one["key"] == self.state["scene"])
        return Still([picture(shown, self.state)], f"{shown['lead']} {shown['ask']}")


def picture(scene: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
    """A figure of a scene's points in a state: two classes have two marks, chosen rows a ring."""
    x, y, label, _ = np.array(state["points"], dtype=float).T
    marks = [
        (label == k, symbol, Key(sign, colour, f"class {k}"))
        for k, (symbol, sign, colour) in enumerate(MARKS)
    ]
    chosen, asked = state["rows"], state["target"] in ("chance", "loss")
    key = [one for _, _, one in marks] if label.any() else []
    if asked:
        key.append(Key("◇", LIGHT.ink, "asked about"))
    if chosen:
        key.append(Key("○", LIGHT.ink, f"row {' and '.join(map(str, chosen))}"))
    title = f"Scene {scene['order']}: {scene['title']}"
    drawn = frame(LIGHT, name="scene", title=title, key=key, height=HEIGHT)
    for rows, symbol, one in marks:
        drawn.add(_dots(x[rows], y[rows], symbol, one.colour))
    if asked:
        across, up = np.array(state["probe"], dtype=float)[:, None]
        drawn.add(_dots(across, up, "diamond-open", LIGHT.ink))
    drawn.add(_dots(x[chosen], y[chosen], "circle-open", LIGHT.ink, size=15))
    drawn.lay_out(xaxis=axis(LIGHT), yaxis=axis(LIGHT))
    return drawn.plain()


def _dots(x: np.ndarray, y: np.ndarray, symbol: str, colour: str, size: int = 9) -> dict[str, Any]:
    marker = {"symbol": symbol, "size": size, "color": colour}
    return trace("scatter", x=x, y=y, mode="markers", marker=marker)


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
