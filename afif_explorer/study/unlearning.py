"""What the removal of a set of rows does: before, predicted and, once asked for, retrained."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from afif_explorer import wording
from afif_explorer.analysis.reach import Beyond
from afif_explorer.analysis.truth import retrain
from afif_explorer.errors import CurvatureError, UndefinedMeasure
from afif_explorer.progress import report
from afif_explorer.results import Reach, Unlearning
from afif_explorer.spec import Spec
from afif_explorer.study.data import data, positions
from afif_explorer.study.effects import change, judge_of, ranking
from afif_explorer.study.fitting import fit
from afif_explorer.study.gaps import notes as gap_notes
from afif_explorer.study.labels import label
from afif_explorer.study.measures import Measures, measures, reported
from afif_explorer.study.solving import curvature_of, influence
from afif_explorer.study.store import stage
from afif_explorer.study.targets import aim, target_label

SHARES = (0.0, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.2)
_NO_NEWTON = (
    "The Newton step is left out of the sweep: without the removed rows the Hessian is not positive "
    "definite."
)
_UNRANKED = "This target cannot rank the rows"
MOST_SHARE, MOST_LEVERAGE = 0.05, 0.1  # beyond these one step is known to fall short


def unlearning(spec: Spec, retrained: bool = False) -> Unlearning:
    """Metrics without the removed rows, and the target as ever more rows are removed.

    Rows are ranked on the validation rows where there are some; everything is reported on the test
    rows. ``retrained`` adds the truth: true refits, for the set and at every share of the sweep.
    """
    began = time.perf_counter()
    order, unranked = _order(spec)
    removed = np.sort(order if spec.rule == "selection" else order[: spec.count])
    before = fit(spec).parameters
    moved = change(spec, removed, [len(removed)]).value[:, 0]
    table = measures(spec)
    thetas = {"before": before, "predicted": before + moved}
    gradient_norm = None
    if retrained:
        thetas["retrained"], gradient_norm = _refit(spec, removed)
    shares, counts = _sweep_counts(spec, len(order))
    sweep: dict[str, np.ndarray] = {}
    if _defined(table):
        sweep = _predicted_sweep(spec, order, counts)
        if retrained:
            sweep["retrained"] = _retrained_sweep(spec, order, counts)
    reach = _reach(spec, removed, before + moved, table)
    return Unlearning(
        rule=_UNRANKED if unranked else _rule(spec, len(removed)),
        ids=data(spec).train.ids[removed],
        n_train=len(data(spec).train),
        metrics=pd.DataFrame({state: table.of(theta) for state, theta in thetas.items()}),
        units=table.units,
        disparity=table.focus,
        shares=shares,
        sweep=sweep,
        scores_before=table.scores(before),
        scores_after=table.scores(before + moved),
        reach=reach,
        retrained=retrained,
        seconds=time.perf_counter() - began,
        gradient_norm=gradient_norm,
        notes=tuple(_notes(spec, reach, sweep, table, unranked)),
        compares={
            name: words for name, gap in table.gaps.items() if (words := gap.compares(thetas))
        },
        undefined={name: gap.undefined for name, gap in table.gaps.items() if gap.undefined},
    )


def _order(spec: Spec) -> tuple[np.ndarray, list[str]]:
    """The ranking; where the target is undefined the rows that go anyway, and why there is no ranking."""
    try:
        return ranking(spec), []
    except UndefinedMeasure as error:
        chosen = spec.selected if spec.rule == "selection" else ()
        told = [] if chosen else [f"{_UNRANKED}, so none is removed. {error}"]
        return positions(data(spec).train, chosen), told


def _defined(table: Measures) -> bool:
    """Whether the target is defined."""
    return table.focus not in table.gaps or not table.gaps[table.focus].undefined


def _rule(spec: Spec, count: int) -> str:
    """Which rows go, in words."""
    if spec.rule in ("random", "selection"):
        return f"{label('rule', spec.rule)} ({wording.count(count)})"
    judged = target_label(judge_of(spec))
    verb = "raise" if spec.rule in ("raise_target", "harmful") else "lower"
    return f"The {wording.count(count)} rows that {verb} the {judged} most"


def _sweep_counts(spec: Spec, available: int) -> tuple[np.ndarray, list[int]]:
    """Shares of the training rows and the counts that they mean; no more than the rule names."""
    n = len(data(spec).train)
    counts = sorted({min(round(share * n), available, n - 1) for share in SHARES})
    return np.array(counts) / n, counts


def _predicted_sweep(spec: Spec, order: np.ndarray, counts: list[int]) -> dict[str, np.ndarray]:
    """The target after each count of removals, by one step of each kind."""
    methods = {
        "AFIF": spec.replace(method="afif", rescale=False),
        "AFIF, rescaled": spec.replace(method="afif", rescale=True),
        "Newton step": spec.replace(method="newton_step", solver="cholesky"),
    }
    sweep: dict[str, np.ndarray] = {}
    for name, choices in methods.items():
        report(f"Removing ever more rows: {name}", len(sweep), len(methods))
        try:
            moved = change(choices, order, counts).value
        except CurvatureError:
            continue  # a network's Hessian may be indefinite without the rows; a note says so
        sweep[name] = _focus(spec, moved + fit(spec).parameters[:, None])
    return sweep


def _focus(spec: Spec, thetas: Tensor) -> np.ndarray:
    """The target at each of the parameters ``[p, m]``."""
    return np.array([aim(spec).bound.value(theta) for theta in thetas.T])


def _retrained_sweep(spec: Spec, order: np.ndarray, counts: list[int]) -> np.ndarray:
    found = []
    for done, count in enumerate(counts):
        report("Retraining without ever more rows", done, len(counts))
        found.append(_refit(spec, order[:count])[0])
    return _focus(spec, torch.stack(found, dim=1))


def _refit(spec: Spec, removed: np.ndarray) -> tuple[Tensor, float]:
    """Parameters of a true refit without some rows, and the gradient norm that it reached."""

    def work() -> tuple[Tensor, float]:
        found = retrain(fit(spec), removed)
        return fit(spec).objective.vector(found.theta), found.gradient_norm

    # What is refitted depends on the rows alone, however they were picked.
    return stage("refit", spec, work, np.sort(removed).astype(np.int64).tobytes())


def _reach(spec: Spec, removed: np.ndarray, moved: Tensor, table: Measures) -> Reach:
    """How far to trust the change of the parameters and of the target: the worse of the two."""
    beyond = Beyond(influence(spec, curvature_of(spec)), removed, moved)
    both = [beyond.reach]
    if _defined(table):
        both.append(beyond.reach_on(aim(spec).bound.value))
    found = max(both, key=lambda one: one.expected_error)
    return Reach(found.level, found.leverage, found.share, found.text)


def _notes(
    spec: Spec,
    reach: Reach,
    sweep: dict[str, np.ndarray],
    table: Measures,
    unranked: list[str],
) -> list[str]:
    notes = [*unranked, *gap_notes(table.gaps)]
    if reach.share > MOST_SHARE or reach.leverage > MOST_LEVERAGE:
        notes.append(
            f"One step falls short when more than {MOST_SHARE:.0%} of the rows or a summed leverage "
            f"of more than {MOST_LEVERAGE} is removed (here {reach.share:.1%} and "
            f"{reach.leverage:.2g}); retrain to know."
        )
    ranked = not unranked and spec.rule not in ("random", "selection")
    if ranked and judge_of(spec).split != spec.split:
        notes.append("The rows are ranked on the validation rows and judged on the test rows.")
    if reported(spec) == "train":
        notes.append("There are no test rows, so the metrics are those of the training rows.")
    if sweep and "Newton step" not in sweep:
        notes.append(_NO_NEWTON)
    if spec.rule == "selection" and not spec.selected:
        notes.append("No rows are selected, so none is removed.")
    return notes
