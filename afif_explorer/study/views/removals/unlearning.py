"""The effect of removing rows: metrics, the target for increasing numbers of rows, and reach."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
from torch import Tensor

from afif_explorer import wording
from afif_explorer.analysis.fits.basins import elsewhere
from afif_explorer.analysis.removal.reach import RefitEstimate
from afif_explorer.choices.rules import RULES
from afif_explorer.choices.rules.kinds import RankedRows
from afif_explorer.choices.splits import SPLITS
from afif_explorer.errors import UndefinedMeasure
from afif_explorer.results import Reach, SolverSummary, Unlearning
from afif_explorer.spec import Spec
from afif_explorer.study.data import data, positions
from afif_explorer.study.effects import Ranking, judge_of, ranking, without
from afif_explorer.study.fitting import METRICS, fit
from afif_explorer.study.solving import chosen
from afif_explorer.study.targets import aim, target_label
from afif_explorer.study.views.gaps import notes as gap_notes
from afif_explorer.study.views.gaps import spreads
from afif_explorer.study.views.measures import (
    Measures,
    counted,
    favourable_name,
    measures,
    reported,
)
from afif_explorer.study.views.removals.sweep import (
    Sweep,
    predicted_sweep,
    refit,
    retrained_sweep,
    utility,
)

SHARES = (0.0, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.2)
_UNRANKED = "This target cannot rank the rows"
MOST_SHARE, MOST_LEVERAGE = 0.05, 0.1  # above these, one step underestimates the change


def unlearning(spec: Spec, retrained: bool = False) -> Unlearning:
    """Metrics without the removed rows, and the target for increasing numbers of removed rows.

    Rows are ranked on the validation rows where there are some; everything is reported on the test
    rows. ``retrained`` adds refits, for the set and for every share of the sweep.
    """
    began = time.perf_counter()
    ranked, unranked = _ranked(spec)
    order = ranked.order
    removed = np.sort(order[: spec.count] if "count" in RULES[spec.rule].needs else order)
    before = fit(spec).parameters
    change_of_set = without(spec, removed, [len(removed)])
    predicted_theta = change_of_set.thetas[:, 0]
    table = measures(spec)
    thetas = {"before": before, "predicted": predicted_theta}
    again = refit(spec, removed) if retrained else None
    if again is not None:
        thetas["retrained"] = again.theta
    shares, counts = _sweep_counts(spec, len(order))
    sweep = Sweep()
    if _defined(table):
        sweep = predicted_sweep(spec, order, counts)
        if retrained:
            retrained_sweep(spec, order, counts, sweep)
    reach = _reach(spec, removed, predicted_theta, table)
    return Unlearning(
        rule=_UNRANKED if unranked else _rule(spec, len(removed)),
        ids=data(spec).train.ids[removed],
        n_train=len(data(spec).train),
        metrics=pd.DataFrame({state: table.of(theta) for state, theta in thetas.items()}),
        units=table.units,
        disparity=table.focus,
        shares=shares,
        sweep=sweep.curves,
        scores_before=table.scores(before),
        scores_after=table.scores(predicted_theta),
        reach=reach,
        solver=_least_accurate(ranked.solver, change_of_set.summary, *sweep.solvers),
        retrained=retrained,
        seconds=time.perf_counter() - began,
        gradient_norm=None if again is None else again.gradient_norm,
        notes=(
            *filter(None, [elsewhere(np.array([again is not None and again.another_basin]))]),
            *_notes(spec, reach, table, unranked, change_of_set.summary.leverage_corrected),
            *sweep.notes,
        ),
        compares={
            name: words for name, gap in table.gaps.items() if (words := gap.compares(thetas))
        },
        undefined={name: gap.undefined for name, gap in table.gaps.items() if gap.undefined},
        group_counts=counted(spec),
        favourable=favourable_name(spec),
        spreads=spreads(table.gaps, {state: thetas[state] for state in list(thetas)[1:]}),
        utility=f"{METRICS[utility(spec)]} on the {SPLITS[spec.split].rows}",
        utilities=sweep.utilities,
    )


def _ranked(spec: Spec) -> tuple[Ranking, list[str]]:
    """The ranking; if the target is undefined, the selected rows and the reason."""
    try:
        return ranking(spec), []
    except UndefinedMeasure as error:
        chosen = spec.selected if "selected" in RULES[spec.rule].needs else ()
        told = [] if chosen else [f"{_UNRANKED}, so none is removed. {error}"]
        return Ranking(positions(data(spec).train, chosen)), told


def _defined(table: Measures) -> bool:
    """Whether the target is defined."""
    return table.focus not in table.gaps or not table.gaps[table.focus].undefined


def _rule(spec: Spec, count: int) -> str:
    """A description of the removed rows."""
    rule = RULES[spec.rule]
    if not isinstance(rule, RankedRows):
        return f"{rule.label} ({wording.count(count)})"
    judged = target_label(judge_of(spec))
    return f"The {wording.count(count)} rows that {rule.verb} the {judged} most"


def _sweep_counts(spec: Spec, available: int) -> tuple[np.ndarray, list[int]]:
    """Shares of the training rows and the counts that they mean; no more than the rule names."""
    n = len(data(spec).train)
    counts = sorted({min(round(share * n), available, n - 1) for share in SHARES})
    return np.array(counts) / n, counts


def _least_accurate(*solvers: SolverSummary | None) -> SolverSummary:
    """The summary of the least accurate solve."""
    used = [solver for solver in solvers if solver is not None]
    return max(used, key=lambda one: (one.status != "converged", one.off or 0.0))


def _reach(spec: Spec, removed: np.ndarray, moved: Tensor, table: Measures) -> Reach:
    """How far to trust the change of the parameters and of the target: the worse of the two."""
    beyond = RefitEstimate(chosen(spec), removed, moved)
    both = [beyond.reach]
    if _defined(table):
        both.append(beyond.reach_on(aim(spec).bound.value))
    found = max(both, key=lambda one: one.expected_error)
    return Reach(found.level, found.leverage, found.share, found.text)


def _notes(
    spec: Spec,
    reach: Reach,
    table: Measures,
    unranked: list[str],
    corrected: bool,
) -> list[str]:
    notes = [*unranked, *gap_notes(table.gaps)]
    if not corrected and (reach.share > MOST_SHARE or reach.leverage > MOST_LEVERAGE):
        notes.append(
            f"One plain step underestimates the change if more than {MOST_SHARE:.0%} of the rows or a summed "
            f"leverage of more than {MOST_LEVERAGE} is removed (here {reach.share:.1%} and "
            f"{reach.leverage:.2g}); retrain to check."
        )
    ranked = not unranked and isinstance(RULES[spec.rule], RankedRows)
    if ranked and judge_of(spec).split != spec.split:
        notes.append("Rows are ranked on the validation split and evaluated on the test split.")
    if reported(spec) == "train":
        notes.append("There are no test rows, so the metrics are those of the training rows.")
    if "selected" in RULES[spec.rule].needs and not spec.selected:
        notes.append("No rows are selected, so none is removed.")
    notes.append(f"Predicted {'with' if corrected else 'without'} leverage correction.")
    return notes
