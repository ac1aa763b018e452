"""The head of every view: what is shown, the quality of the fit, and a retry after a failure."""

from __future__ import annotations

from afif_explorer.choices.splits import SPLITS
from afif_explorer.choices.targets import TARGETS
from afif_explorer.choices.units import loss_unit
from afif_explorer.figures.drawing.text import number
from afif_explorer.results import DataSummary, FitSummary
from afif_explorer.screens.content import Badge, Content, Facts, Headline, Pairs, hint, line
from afif_explorer.screens.formats import plural, span
from afif_explorer.screens.parts import Action, Text
from afif_explorer.screens.solver_state import MEND, SOLVER
from afif_explorer.spec import FIELDS
from afif_explorer.state import Explorer
from afif_explorer.wording import SPACE, count, measured


def _headline(explorer: Explorer) -> Content:
    return (Headline(explorer.sentence()),)


def _gap(explorer: Explorer) -> Content:
    """For a gap: the groups it compares, and cautions."""
    points = explorer.points
    if not points.compares:
        return ()
    value = measured(number(points.target_value), points.unit)
    where = SPLITS[explorer.split].rows
    ends = span(points.spread.low, points.spread.high) if points.spread else ""
    ends = f" (95{SPACE}% bootstrap interval{ends})" if ends else ""
    gap = hint(f"The gap on the {where} is {value}{ends}. Compared is the {points.compares}.")
    return (gap, *(line(note, tone="fair") for note in points.notes))


def _fit(explorer: Explorer) -> Content:
    fit: FitSummary | None = explorer.fitted
    if fit is None:
        return (hint("The model is not trained yet."),)
    pairs = (
        ("Measured on", measured_on(explorer.data)),
        *metrics(fit, explorer.data),
        ("Parameters", count(fit.n_parameters)),
    )
    advice = (line(fit.advice, tone="poor"),) if fit.advice else ()
    return (Facts(pairs, _verdict(fit)), *advice)


def measured_on(data: DataSummary | None) -> str:
    """The rows that the metrics of a fit are measured on."""
    return SPLITS["test" if data is None or data.n_test else "train"].rows


def metrics(fit: FitSummary, data: DataSummary | None) -> Pairs:
    """The metrics of a fit with their units."""
    units = {} if data is None else {TARGETS["mean_loss"].metric: loss_unit(data)}
    return tuple(
        (name, f"{number(value)} {units.get(name, '')}".strip())
        for name, value in fit.metrics.items()
    )


def _verdict(fit: FitSummary) -> Badge:
    threshold, steps = number(fit.gradient_threshold), plural(fit.steps, "step")
    reached = "Converged" if fit.converged else "Not converged"
    return Badge(
        f"{reached} · gradient norm {number(fit.gradient_norm, 2)}",
        "good" if fit.converged else "poor",
        fit.advice or f"Gradient norm at most {threshold} after {steps} on {fit.device}.",
    )


HEADLINE = Text(
    "headline",
    label="What is shown",
    page="guide",
    reads=(*FIELDS, "data", "points"),
    content=_headline,
)
GAP = Text(
    "gap",
    label="The gap between groups",
    page="choices/target",
    reads=("points",),
    needs="points",
    content=_gap,
)
FIT = Text(
    "fit",
    label="The fit",
    page="choices/model",
    reads=("fitted", "data"),
    content=_fit,
)
AGAIN = Action(
    "again",
    label="Try again",
    page="guide",
    reads=("status",),
    icon="again",
    act=Explorer.refresh,
    about="Compute the missing results for these settings.",
    shown=lambda explorer: explorer.status.again,
)
HEAD = (HEADLINE, GAP, FIT, SOLVER, MEND, AGAIN)
