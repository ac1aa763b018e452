"""The tabs: which figures each view has, and when they are drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import ipywidgets

from afif_explorer.errors import InvalidChoice
from afif_explorer.figures import FIGURES
from afif_explorer.figures.registry import Figure
from afif_explorer.figures.serialization import Brush
from afif_explorer.notebook.chart import Chart
from afif_explorer.state import Explorer


@dataclass(frozen=True)
class View:
    """One tab: the names of its figures, and what a button of it does."""

    figures: tuple[str, ...]
    button: str = ""
    tooltip: str = ""
    act: Callable[[Explorer], None] = Explorer.refresh


VIEWS = {
    "points": View(("ranking", "row_map", "effect_distribution")),
    "agreement": View(
        ("agreement", "spectra", "verification"),
        "Check by training again",
        "Train without each of some rows, and compare with the predictions.",
        lambda explorer: explorer.verify(),
    ),
    "lissa": View(
        ("lissa_error", "lissa_map"),
        "Run the true LiSSA",
        "Run the mini-batch recursion beside its predicted mean.",
        lambda explorer: explorer.run_lissa(),
    ),
    "cross_validation": View(
        ("strength_path", "held_out_losses", "leverage_distribution"),
        "Check by true refits",
        "Refit without each of some random rows, at three strengths of the penalty.",
        lambda explorer: explorer.check_cross_validation(),
    ),
    "unlearning": View(
        ("metrics_change", "sweep", "score_distributions"),
        "Train again without them",
        "Train without the removed rows, to see how right the prediction is.",
        lambda explorer: explorer.retrain(),
    ),
}


class Tabs:
    """The figures of an explorer in tabs; the open tab is the explorer's ``view``. ``complain`` hears what
    cannot be selected."""

    def __init__(
        self, explorer: Explorer, dark: bool | None, complain: Callable[[str], None]
    ) -> None:
        self._complain = complain
        self.explorer, self._dark = explorer, dark
        self.charts: dict[str, Chart] = {}
        self._drawn: dict[str, Any] = {}
        pages = [self._page(view) for view in VIEWS.values()]
        labels = {value: text for text, value in explorer.param.view.get_range().items()}
        self.widget = ipywidgets.Tab(pages, titles=[labels[name] for name in VIEWS])
        self.widget.add_class("afif-views")
        self.widget.observe(self._opened, names="selected_index")
        needed = {FIGURES[name].needs for name in self.charts}
        follows = ["view", "selected", "status", "stale", *sorted(needed)]
        self._watcher = explorer.param.watch(lambda *_: self.refresh(), follows)
        self.refresh()

    def _page(self, view: View) -> ipywidgets.VBox:
        for name in view.figures:
            figure = FIGURES[name]
            self.charts[name] = Chart(
                name=name,
                title=figure.title,
                picked=self._select if "selected" in figure.takes else None,
                brushed=partial(self._brush, figure) if figure.places else None,
            )
            self.charts[name].observe(lambda _: self.refresh(), names="dark_page")
        shown: list[ipywidgets.Widget] = [self.charts[name] for name in view.figures]
        if view.button:
            button = ipywidgets.Button(
                description=view.button,
                tooltip=view.tooltip,
                icon="refresh",
                layout=ipywidgets.Layout(width="auto", align_self="flex-start"),
            )
            button.on_click(lambda _: view.act(self.explorer))
            shown.insert(0, button)
        return ipywidgets.VBox(shown)

    @property
    def dark(self) -> bool:
        """Whether the figures are for a dark page: as was asked for, or as the page is."""
        return Chart.page_was_dark if self._dark is None else self._dark

    def refresh(self) -> None:
        """Open the explorer's view and draw what has changed in it."""
        self.widget.selected_index = list(VIEWS).index(self.explorer.view)
        stale = self.explorer.stale
        (self.widget.add_class if stale else self.widget.remove_class)("afif-stale")
        for name in VIEWS[self.explorer.view].figures:
            self._draw(name)

    def _draw(self, name: str) -> None:
        figure = FIGURES[name]
        result = getattr(self.explorer, figure.needs)
        options: dict[str, Any] = (
            {"selected": self.explorer.selected} if "selected" in figure.takes else {}
        )
        if result is None:
            options = {"why": self.explorer.absence(figure.needs)}
        options["dark"] = self.dark
        shows = (result, options)
        if name in self._drawn and _same(self._drawn[name], shows):
            return
        self._drawn[name] = shows
        self.charts[name].draw(figure.sketch(result, **options))

    def _opened(self, change: Any) -> None:
        if change.new is not None:
            self.explorer.view = list(VIEWS)[change.new]

    def _brush(self, figure: Figure, brush: Brush) -> None:
        """Select the rows of a region, those that are not drawn too."""
        result, _ = self._drawn.get(figure.name, (None, None))
        if result is None or figure.places is None:
            return
        ids = figure.places(result).within(brush.x, brush.y)
        try:
            self.explorer.pick(ids, by=self, how=brush.how)
        except InvalidChoice as error:
            self._complain(str(error))

    def _select(self, ids: tuple[int, ...]) -> None:
        self.explorer.pick(ids, by=self)

    def close(self) -> None:
        """Follow the explorer no longer."""
        self.explorer.param.unwatch(self._watcher)


def _same(before: tuple[Any, Any], now: tuple[Any, Any]) -> bool:
    return before[0] is now[0] and before[1] == now[1]
