"""What a downloaded picture of a figure says of itself: data set, model and target, and its file's name."""

from __future__ import annotations

import re

from afif_explorer.choices.models import chosen_model
from afif_explorer.figures.drawing.text import wrapped
from afif_explorer.state import Explorer

_WIDTH = 88  # characters of a line
_LONGEST = 60  # characters of a file's name, without figure and date


def about_picture(explorer: Explorer, result: str) -> dict[str, str]:
    """The line in the picture, escaped for plotly, and the start of its file's name.

    Empty while what is drawn belongs to earlier settings.
    """
    data = explorer.data
    if data is None or not explorer.fresh(result) or not explorer.fresh("data"):
        return {"about": "", "file": ""}
    given = data.given
    model = given.model if given is not None else chosen_model(explorer.model, data).label
    name = re.sub(r"[^a-z0-9]+", "-", f"{data.title} {model}".lower()).strip("-")
    return {"about": wrapped(explorer.sentence(), _WIDTH), "file": name[:_LONGEST].strip("-")}
