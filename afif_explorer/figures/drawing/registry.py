"""The registry of all figures, for app, notebook, export and tests."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from types import MappingProxyType
from typing import Any

import plotly.graph_objects as go

from afif_explorer.figures.drawing.figure_spec import FigureSpec
from afif_explorer.figures.drawing.frame import empty
from afif_explorer.figures.drawing.places import Places

Part = Callable[[Any], Any]


@dataclass(frozen=True)
class Figure:
    """One figure: ``draw(result, dark=..., ...)`` with the result that ``needs`` names.

    ``draw`` returns plotly's object, ``sketch`` the same as plain dictionaries, several times faster. Without
    a result (None) both return an empty figure that says ``why``, or what the figure is waiting for.
    """

    name: str
    draw: Callable[..., go.Figure]
    sketch: Callable[..., dict[str, Any]]
    needs: str  # the result: "points", "agreement", "lissa", "cross_validation", "unlearning", ...
    title: str
    waiting: str  # the text of its empty state
    takes: frozenset[str]  # its optional arguments: "selected", "limit", "top", "dark"
    places: Callable[[Any], Places] | None = None  # rows that a lasso or box may select
    on_request: Part | None = (
        None  # the part of the result that it draws, if people have to ask for it
    )


_figures: dict[str, Figure] = {}
FIGURES: Mapping[str, Figure] = MappingProxyType(_figures)


def figure(
    needs: str,
    title: str,
    waiting: str,
    places: Callable[[Any], Places] | None = None,
    *,
    on_request: Part | None = None,
) -> Callable[[Callable[..., FigureSpec]], Callable[..., go.Figure]]:
    """Register a function that builds a figure spec; ``None`` as its result gives an empty figure."""

    def register(fill: Callable[..., FigureSpec]) -> Callable[..., go.Figure]:
        def sheet(result: object, **options: object) -> FigureSpec:
            why = str(options.pop("why", ""))
            if result is None:
                return empty(why or waiting, dark=bool(options.get("dark")), title=title)
            return fill(result, **options)

        def sketch(result: object, **options: object) -> dict[str, Any]:
            return sheet(result, **options).plain()

        @wraps(fill)
        def draw(result: object, **options: object) -> go.Figure:
            return sheet(result, **options).figure()

        parameters = inspect.signature(fill).parameters.values()
        takes = frozenset(p.name for p in parameters if p.kind is p.KEYWORD_ONLY)
        name = fill.__name__
        _figures[name] = Figure(
            name, draw, sketch, needs, title, waiting, takes, places, on_request
        )
        return draw

    return register
