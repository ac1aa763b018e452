"""The rows of a report in which people still select: their places on the map and their effects."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import numpy as np
from markupsafe import Markup

from afif_explorer.figures.points.row_map import map_places
from afif_explorer.results import Points
from afif_explorer.screens.markup import html
from afif_explorer.script_data import in_script

HINT = (
    "Draw a lasso or a box on the map above (its buttons appear when you point at it), or type row ids: "
    "the effects of all rows inside are added, drawn or not. Sums of single effects leave out how rows act "
    "together."
)
SCRIPTS = ("sums.js", "report_selection.js")
NONE = "No rows selected."


def selecting(points: Points) -> Markup:
    """The line that tells what is selected, the field for ids, and the script with its data."""
    static = files("afif_explorer") / "static"
    script = "\n".join((static / name).read_text("utf-8") for name in SCRIPTS)
    return html(
        '<section class="pick"><p>{hint}</p><label>Row ids <input id="afif-typed" size="40" '
        'autocomplete="off"></label><p id="afif-said" role="status">{none}</p></section>'
        '<script type="application/json" id="afif-rows">{data}</script><script>{script}</script>',
        hint=HINT,
        none=NONE,
        data=Markup(in_script(_data(points))),
        script=Markup(script),
    )


def _data(points: Points) -> dict[str, Any]:
    places = map_places(points)
    at = {name: np.full(points.ids.size, np.nan) for name in ("x", "y")}
    known = np.flatnonzero(np.isin(points.ids, places.ids))
    at["x"][known], at["y"][known] = places.x, places.y
    return {
        "ids": points.ids.tolist(),
        "x": _numbers(at["x"], 6),
        "y": _numbers(at["y"], 6),
        "effect": _numbers(points.effect, 17),
        "value": points.target_value,
        "unit": points.unit,
        "target": points.target_label,
        "words": {"none": NONE},
    }


def _numbers(values: np.ndarray, digits: int) -> list[float | None]:
    """Numbers for JSON, with so many significant digits; None where not defined."""
    return [float(f"{value:.{digits}g}") if np.isfinite(value) else None for value in values]
