"""The scenes as one HTML file that needs nothing else: it opens from disk, without a network."""

from __future__ import annotations

from collections.abc import Sequence

from afif_explorer.scenes import SCENES
from afif_explorer.scenes.bundle import joined, source, styles
from afif_explorer.script_data import in_script


def message(keys: Sequence[str] = ()) -> list[dict]:
    """The declarations of these scenes for the scripts, in order; by default of all."""
    return [scene.message() for scene in SCENES.values() if not keys or scene.key in keys]


def html(keys: Sequence[str] = ()) -> str:
    """The page's source, with these scenes or all. The hash of its address is the state of the scene."""
    filled = {
        "DATA": in_script({"catalogue": message(keys), "styles": styles()}),
        "SCRIPT": joined().replace("</script", "<\\/script"),
    }
    text = source("page.html")
    for name, value in filled.items():
        text = text.replace(f"/*{name}*/", value)
    return text
