"""The list of all figures, so that app, notebook, export and tests can go through it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from types import MappingProxyType

import plotly.graph_objects as go

from afif_explorer.figures.frame import empty


@dataclass(frozen=True)
class Figure:
    """One figure: ``draw(result, dark=..., ...)`` with the result that ``needs`` names."""

    name: str
    draw: Callable[..., go.Figure]
    needs: str  # the result: "points", "agreement", "lissa", "cross_validation", "unlearning", ...
    title: str
    waiting: str  # what its empty state says
    takes: frozenset[str]  # its optional arguments: "selected", "limit", "top", "dark"


_figures: dict[str, Figure] = {}
FIGURES: Mapping[str, Figure] = MappingProxyType(_figures)


def figure(
    needs: str, title: str, waiting: str
) -> Callable[[Callable[..., go.Figure]], Callable[..., go.Figure]]:
    """Register a figure function, and let it answer ``None`` with its empty state."""

    def register(draw: Callable[..., go.Figure]) -> Callable[..., go.Figure]:
        @wraps(draw)
        def drawn(result: object, **options: object) -> go.Figure:
            if result is None:
                return empty(waiting, dark=bool(options.get("dark")), title=title)
            return draw(result, **options)

        parameters = inspect.signature(draw).parameters.values()
        takes = frozenset(p.name for p in parameters if p.kind is p.KEYWORD_ONLY)
        name = draw.__name__
        _figures[name] = Figure(name, drawn, needs, title, waiting, takes)
        return drawn

    return register
