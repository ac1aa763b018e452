"""LiSSA lab: its error over scale and depth, compared with a stochastic run."""

from __future__ import annotations

from afif_explorer.figures.drawing.serialization import Click
from afif_explorer.figures.drawing.text import number
from afif_explorer.results import LissaReport
from afif_explorer.screens.content import Content, Statistics, hint, line
from afif_explorer.screens.formats import statistic
from afif_explorer.screens.parts import Action, Screen, Text, beside, card, figure, idle
from afif_explorer.state import Explorer
from afif_explorer.wording import count

PAGE = "views/lissa"
RUN = {
    "converged": "converged",
    "max_steps": "reached its depth without converging",
    "diverged": "diverged and was stopped",
}


def _statistics(explorer: Explorer) -> Content:
    report: LissaReport = explorer.lissa
    pairs = (
        statistic(f"scale (automatic: {number(report.automatic_scale)})", report.scale),
        (f"depth (automatic at this scale: {count(report.automatic_depth)})", count(report.depth)),
        statistic("largest eigenvalue", report.largest_eigenvalue),
        statistic("smallest eigenvalue", report.smallest_eigenvalue),
    )
    return (Statistics(pairs),)


def _advice(explorer: Explorer) -> Content:
    report: LissaReport = explorer.lissa
    if not report.run_status:
        return (
            hint(
                "The curves are computed for full batches; run stochastic LiSSA to see the batch noise."
            ),
        )
    text = (
        f"The stochastic run with batches of {count(report.batch_size)} rows, repeated "
        f"{report.repeats} times, {RUN[report.run_status]}."
    )
    return (line(text, tone="poor" if report.run_status == "diverged" else "hint"),)


def _choose(explorer: Explorer, click: Click) -> None:
    """Set scale and depth to a clicked position on the map."""
    if click.x is not None and click.y is not None:
        explorer.param.update(scale=float(f"{click.x:.3g}"), depth=max(1, round(click.y)))


def _runnable(explorer: Explorer) -> bool:
    return idle(explorer) and explorer.lissa is not None


LISSA = Screen(
    "lissa",
    (
        card(
            beside(
                Text(
                    "statistics",
                    label="Scale, depth and spectrum",
                    page=PAGE,
                    reads=("lissa",),
                    needs="lissa",
                    waiting="The effect of scale and depth appears here.",
                    content=_statistics,
                    width=420,
                ),
                beside(
                    Action(
                        "run",
                        label="Run stochastic LiSSA",
                        page=PAGE,
                        reads=("status", "lissa"),
                        icon="run",
                        act=Explorer.run_lissa,
                        about="Run the mini-batch recursion and compare it with the computed mean.",
                        enabled=_runnable,
                        main=True,
                    ),
                    Action(
                        "automatic",
                        label="Set both automatically",
                        page="choices/scale",
                        reads=("scale", "depth"),
                        icon="automatic",
                        act=lambda explorer: explorer.param.update(scale=None, depth=None),
                        about="Choose scale and depth from the spectrum of the curvature.",
                        enabled=lambda explorer: (explorer.scale, explorer.depth) != (None, None),
                    ),
                    gap=10,
                    centred=True,
                    grow=0,
                ),
                gap=10,
                centred=True,
            ),
            Text(
                "advice",
                label="The stochastic run",
                page=PAGE,
                reads=("lissa",),
                needs="lissa",
                content=_advice,
            ),
        ),
        beside(
            figure("lissa_error", width=440),
            figure("lissa_map", click=_choose, width=440),
        ),
    ),
)
