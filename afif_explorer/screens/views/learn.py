"""Learn: the interactive scenes."""

from __future__ import annotations

from afif_explorer.screens import in_scene
from afif_explorer.screens.parts import Scenes, Screen, Text

PAGE = "views/learn"
LEARN = Screen(
    "learn",
    # It reads the view so that it follows the page's theme when it is opened again.
    (
        Text("note", label="Scenes", page=PAGE, reads=("scene",), content=in_scene.note),
        Scenes("scenes", label="Scenes", page=PAGE, reads=("view", "scene")),
    ),
)
