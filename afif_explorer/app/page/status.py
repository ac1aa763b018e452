"""The status area: a one-sentence headline, facts about the fit, and progress."""

from __future__ import annotations

from typing import Any

from afif_explorer.app.components import toolkit
from afif_explorer.app.components.elements import (
    NO_MARGIN,
    Text,
    button,
    card,
    flow,
    html,
    join,
    share,
)
from afif_explorer.figures.text import number
from afif_explorer.results import FitSummary, Points
from afif_explorer.wording import count

# Animating the bar at sixty frames a second takes a core away from the computation.
UNHURRIED = {"& .MuiLinearProgress-bar": {"animationTimingFunction": "steps(4) !important"}}


class StatusHead:
    """The one-sentence headline, facts about the fit, and progress with a way to stop it."""

    def __init__(self, explorer: Any) -> None:
        self._explorer = explorer
        self._sentence = Text()
        self._facts = Text()
        self._gap = Text()
        self._what = Text(sizing_mode=None)
        self._bar = toolkit.LinearProgress(
            sizing_mode="stretch_width",
            width=None,
            margin=NO_MARGIN,
            stylesheets=share(160),
            sx=UNHURRIED,
        )
        cancel = button("Cancel", "close", explorer.cancel)
        self._again = button("Try again", "refresh", explorer.refresh)
        self._running = flow(self._what, self._bar, cancel, gap=12, align="center")
        self.panel = card(
            self._sentence,
            self._gap,
            self._facts,
            self._running,
            self._again,
            stylesheets=[":host { min-height: 104px; gap: 6px; }"],
        )

    def say(self) -> None:
        """Bring the headline and the facts up to date."""
        self._sentence.put(html('<h1 class="headline">{x}</h1>', x=self._explorer.sentence()))
        self._facts.put(_facts(self._explorer.fitted))
        self._gap.put(_gap(self._explorer.points))

    def progress(self) -> None:
        """Show the progress of the computation."""
        status = self._explorer.status
        running = status.kind == "running"
        self._running.visible = running
        self._facts.visible = not running
        self._again.visible = status.kind in ("failed", "cancelled")
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


def _gap(points: Points | None) -> Any:
    """Of a target that is a gap: between which groups, and what to be careful about."""
    if points is None or not points.compares:
        return ""
    gap = html(
        '<p class="hint">The gap is {gap}: {compares}.</p>',
        gap=f"{number(points.target_value)} {points.unit}".strip(),
        compares=points.compares,
    )
    return join([gap, *(html('<p class="hint fair">{x}</p>', x=note) for note in points.notes)])


def _facts(fit: FitSummary | None) -> Any:
    if fit is None:
        return html('<div class="facts"><span>The model is not trained yet.</span></div>')
    facts = [
        html("<span>{name} <b>{value}</b></span>", name=name, value=number(value))
        for name, value in fit.metrics.items()
    ]
    facts.append(html("<span>parameters <b>{n}</b></span>", n=count(fit.n_parameters)))
    facts.append(
        html(
            '<span class="badge {level}" title="{why}">{word} · gradient norm {norm}</span>',
            level="good" if fit.converged else "poor",
            word="at the optimum" if fit.converged else "not at an optimum",
            why=fit.advice
            or f"At most {number(fit.gradient_threshold)} is one; it took {fit.steps} steps on {fit.device}.",
            norm=number(fit.gradient_norm, 2),
        )
    )
    advice = html('<p class="poor">{x}</p>', x=fit.advice) if fit.advice else ""
    return html('<div class="facts">{facts}</div>{advice}', facts=join(facts), advice=advice)
