"""The status area: a one-sentence headline, facts about the fit, and progress."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from afif_explorer.app.components import toolkit
from afif_explorer.app.components.elements import (
    NO_MARGIN,
    Text,
    button,
    card,
    flow,
    share,
)
from afif_explorer.app.views.context import PageContext
from afif_explorer.app.views.render import render, update
from afif_explorer.screens import HEAD
from afif_explorer.screens.markup import html

# Animating the bar at sixty frames per second would occupy a core.
UNHURRIED = {"& .MuiLinearProgress-bar": {"animationTimingFunction": "steps(4) !important"}}


class StatusHead:
    """The parts of :data:`HEAD`; during a job, progress replaces the facts about the fit."""

    def __init__(self, context: PageContext) -> None:
        self._explorer = context.explorer
        made = render(HEAD, context)
        self.shown = {part.name: one for part, one in zip(HEAD, made.shown, strict=True)}
        self.hears = frozenset().union(*(one.part.hears for one in made.shown))
        headline, gap, fit, solver, mend, again = made.panels
        self._facts = fit
        self._what = Text(sizing_mode=None)
        self._bar: Any = None  # made when there is progress to show
        self._running = flow(gap=12, align="center", visible=False)
        self.panel = card(
            headline,
            gap,
            fit,
            solver,
            mend,
            self._running,
            again,
            stylesheets=[":host { min-height: 104px; gap: 6px; }"],
        )

    def say(self, changed: Container[str]) -> None:
        """Update the headline and the facts."""
        update(self.shown.values(), changed)

    def progress(self) -> None:
        """Show the progress of the computation."""
        status = self._explorer.status
        running = status.kind == "running"
        if running and self._bar is None:
            self._bar = _bar()
            cancel = button("Cancel", "close", self._explorer.cancel)
            self._running.objects = [self._what, self._bar, cancel]
        self._running.visible = running
        self._facts.visible = not running
        self.shown["again"].update()
        if running:
            self._step(status)

    def _step(self, status: Any) -> None:
        known = bool(status.total)
        share = min(status.done / status.total, 1) if known else 0
        what = f"{status.what}: {share:.0%}" if known and status.done else f"{status.what} …"
        self._what.put(html('<span class="hint">{x}</span>', x=what))
        self._bar.param.update(
            variant="determinate" if known else "indeterminate",
            value=round(100 * share) if known else 0,
        )


def _bar() -> Any:
    return toolkit.LinearProgress(
        sizing_mode="stretch_width",
        width=None,
        margin=NO_MARGIN,
        stylesheets=share(160),
        sx=UNHURRIED,
    )
