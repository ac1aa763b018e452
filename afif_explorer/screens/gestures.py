"""Mouse gestures in a figure, the same in both user interfaces."""

from __future__ import annotations

from afif_explorer.figures.drawing.serialization import Brush, Click
from afif_explorer.screens.parts import Figure
from afif_explorer.state import Explorer


def brushed(explorer: Explorer, figure: Figure, result: object, brush: Brush) -> None:
    """Select all rows of ``result`` inside a region, drawn or not.

    Raises :class:`~afif_explorer.errors.InvalidChoice` for too many rows.
    """
    places = figure.drawn.places
    if result is not None and places is not None:
        ids = places(result).within(brush.x, brush.y)
        explorer.pick(ids, by=figure.name, how=brush.how)


def clicked(explorer: Explorer, figure: Figure, click: Click) -> None:
    """Run the figure's own click action, or select the clicked row or add it to the selection."""
    if figure.click is not None:
        figure.click(explorer, click)
    elif figure.brush and click.id is not None:
        chosen = set(explorer.selected) if click.add else set()
        explorer.pick(sorted(chosen ^ {click.id}), by=figure.name, primary=click.id)
