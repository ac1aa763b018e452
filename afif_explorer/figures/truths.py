"""Effects under both curvatures against refits and the proximal Bregman response."""

from __future__ import annotations

from typing import Any

import numpy as np

from afif_explorer.figures.curvatures import ends
from afif_explorer.figures.drawing.figure_spec import FigureSpec
from afif_explorer.figures.drawing.frame import axis, empty, frame
from afif_explorer.figures.drawing.head import Key
from afif_explorer.figures.drawing.registry import figure
from afif_explorer.figures.drawing.scatter import scatter
from afif_explorer.figures.drawing.text import Scale, safe, short
from afif_explorer.figures.drawing.theme import Theme, theme
from afif_explorer.figures.solver import unsettled
from afif_explorer.results import CurvatureTruth, Verification

TRUTHS = "Both curvatures against two references"
WAITING = "Start the check to compare both curvatures with refits and the Bregman response."
GAP = 0.16  # between two panels, as a share of the width


def _found(verification: Verification) -> CurvatureTruth | None:
    return verification.curvatures


@figure("verification", TRUTHS, WAITING, on_request=_found)
def curvature_truths(verification: Verification, *, dark: bool = False) -> FigureSpec:
    """One panel for each truth: predictions of Fisher and Hessian against it, with the line of equality."""
    colours, found = theme(dark), verification.curvatures
    if found is None or not found.predicted:
        why = WAITING if found is None else " ".join(found.notes)
        return empty(why, dark=dark, title=TRUTHS)
    values = np.concatenate([*found.predicted.values(), *found.truths.values()])
    if not np.isfinite(values).any():
        return empty("No checked row has a finite effect.", dark=dark, title=TRUTHS)
    scale = Scale.of(values, found.unit)
    styles = _styles(colours)
    result = frame(
        colours,
        name="curvature_truths",
        title=TRUTHS,
        warning=unsettled(verification.solver),
        notes=found.notes,
        key=(
            *(Key(styles[name][0], styles[name][2], name) for name in found.predicted),
            Key("┅", colours.reference, "equal"),
        ),
        height=360,
        axes_mean=(found.target_label, found.ids, *found.truths),
    )
    every = [*found.predicted.values(), *found.truths.values()]
    both = ends(*(one[np.isfinite(one)] for one in every))
    for place, name in enumerate(found.truths):
        _panel(result, found, name, place, colours, scale, both)
    return result


def _styles(colours: Theme) -> dict[str, tuple[str, str, str]]:
    return {
        "Fisher": ("●", "circle", colours.series[0]),
        "Hessian": ("◆", "diamond-open", colours.series[1]),
    }


def _panel(
    result: FigureSpec,
    found: CurvatureTruth,
    truth: str,
    place: int,
    colours: Theme,
    scale: Scale,
    both: list[float],
) -> None:
    suffix, number = str(place + 1) if place else "", len(found.truths)
    width = (1 - GAP * (number - 1)) / number
    left = place * (width + GAP)
    for name, guess in found.predicted.items():
        _, symbol, colour = _styles(colours)[name]
        actual = found.truths[truth]
        known = np.flatnonzero(np.isfinite(guess) & np.isfinite(actual))
        words = zip(scale.texts(guess[known]), scale.texts(actual[known]), strict=True)
        result.add(
            scatter(
                actual[known],
                guess[known],
                ids=found.ids[known],
                text=[f"{name} {one}<br>{truth} {other}" for one, other in words],
                marker={"size": 8, "opacity": 0.8, "symbol": symbol, "color": colour},
                name=safe(f"{name}, {truth}"),
                xaxis=f"x{suffix}",
                yaxis=f"y{suffix}",
            )
        )
    result.shape(
        type="line",
        xref=f"x{suffix}",
        yref=f"y{suffix}",
        x0=both[0],
        y0=both[0],
        x1=both[1],
        y1=both[1],
        line={"color": colours.reference, "width": 1.2, "dash": "dot"},
    )
    label = short(found.target_label, 50)
    title = f"{truth.capitalize()}: change of {label} ({scale.title})"
    settings: dict[str, Any] = {"range": both, "nticks": 4}
    result.layout[f"xaxis{suffix}"] = axis(
        colours, title, width=22, domain=[left, left + width], anchor=f"y{suffix}", **settings
    )
    result.layout[f"yaxis{suffix}"] = axis(
        colours, "" if place else f"Predicted ({scale.title})", anchor=f"x{suffix}", **settings
    )
