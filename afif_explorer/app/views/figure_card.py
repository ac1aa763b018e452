"""One figure of the catalogue on a card: drawn when what it shows has changed, and never else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from afif_explorer.app.components.elements import ask, card
from afif_explorer.app.components.plot import Plot
from afif_explorer.app.views.context import PageContext
from afif_explorer.errors import InvalidChoice
from afif_explorer.figures import CONFIG, FIGURES
from afif_explorer.figures.serialization import Brush, Click

BARE = ":host { position: relative; padding: 0; }"
HEIGHT = 360  # px, until the figure says its own


class Drawing:
    """Figure ``name`` of :data:`afif_explorer.figures.FIGURES`. ``width`` and ``grow`` as for cards.

    With ``brush`` a lasso, a box or a click in it selects rows; a region selects all rows in it, also
    those that a figure of a sample leaves out. ``told``: its verdict stands beside it already.
    """

    def __init__(
        self,
        desk: PageContext,
        name: str,
        *,
        brush: bool = False,
        told: bool = False,
        on_click: Callable[[Click], None] | None = None,
        width: int = 0,
        grow: float = 1,
    ) -> None:
        self._desk = desk
        self._figure = FIGURES[name]
        self._told = told
        self._drawn: tuple[Any, ...] | None = None
        self._result: Any = None  # what is drawn
        self._share = {"width": width, "grow": grow}
        self.plot = Plot(
            config=CONFIG,
            figure_name=name,
            title=self._figure.title,
            height_hint=HEIGHT,
            on_select=self._select if brush else None,
            on_click=on_click or (self._click if brush else None),
        )
        about = ask(
            self._figure.title,
            lambda: desk.explain(f"figures/{name}"),
            styles={"position": "absolute", "top": "8px", "right": "8px", "z-index": "3"},
        )
        self.panel = card(self.plot, about, width=width, grow=grow, stylesheets=[BARE])

    def draw(self) -> None:
        """Show the result as it is now, if that is not what is shown already."""
        explorer, figure = self._desk.explorer, self._figure
        result = getattr(explorer, figure.needs)
        self._result = result
        if result is None:
            self._drawn = None
            self.plot.say(*self._absence())
            return
        options = self._options(dark=self._desk.dark())
        now = (id(result), *options.values())
        if now != self._drawn:
            self.plot.show(self._sketch(result, options))
            self._drawn = now
        self.plot.fade(explorer.stale)

    def first_paint(self) -> dict[str, Any] | None:
        """What a page needs to draw this before anything else; None while there is no result."""
        result = getattr(self._desk.explorer, self._figure.needs)
        if result is None or self.plot.state != Plot.READY:
            return None
        dark = self._sketch(result, self._options(dark=True))
        return self.plot.first_paint(dark) | self._share

    def _sketch(self, result: Any, options: dict[str, Any]) -> dict[str, Any]:
        drawn = self._figure.sketch(result, **options)
        if self._told and drawn["head"]:
            drawn["head"] |= {"verdict": ""}  # the picture to keep still has it
        return drawn

    def _options(self, *, dark: bool) -> dict[str, Any]:
        options: dict[str, Any] = {"dark": dark}
        if "selected" in self._figure.takes:
            options["selected"] = self._desk.explorer.selected
        return options

    def _absence(self) -> tuple[str, str]:
        """How the place of the figure looks while there is no result."""
        explorer, needs = self._desk.explorer, self._figure.needs
        if explorer.status.kind == "running" and needs != "verification":
            return Plot.LOADING, ""
        if why := explorer.absence(needs):
            return Plot.FAILED, why
        return Plot.EMPTY, self._figure.waiting

    def _select(self, brush: Brush) -> None:
        """Select the rows of a region, those that are not drawn too."""
        if self._result is None or self._figure.places is None:
            return
        ids = self._figure.places(self._result).within(brush.x, brush.y)
        try:
            self._desk.explorer.pick(ids, by=self._figure.name, how=brush.how)
        except InvalidChoice as error:
            self._desk.complain(str(error))

    def _click(self, click: Click) -> None:
        if click.id is None:
            return
        explorer = self._desk.explorer
        chosen = set(explorer.selected) if click.add else set()
        chosen ^= {click.id}
        explorer.pick(sorted(chosen), by=self._figure.name, primary=click.id)
