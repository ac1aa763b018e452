"""What the removal of a set of rows does: before, predicted and, once asked for, retrained."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from afif_explorer import wording
from afif_explorer.analysis.reach import Beyond
from afif_explorer.analysis.truth import retrain
from afif_explorer.errors import CurvatureError, SolverDiverged
from afif_explorer.progress import report
from afif_explorer.results import Reach, SolverSummary, Unlearning
from afif_explorer.spec import Spec
from afif_explorer.study.data import data
from afif_explorer.study.effects import change, judge_of, ranking
from afif_explorer.study.fitting import fit
from afif_explorer.study.labels import label
from afif_explorer.study.measures import measures, reported
from afif_explorer.study.solving import curvature_of, influence
from afif_explorer.study.store import stage
from afif_explorer.study.targets import aim, target_label

SHARES = (0.0, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.2)
_NO_NEWTON = (
    "The Newton step is left out of the sweep: without the removed rows the Hessian is not positive "
    "definite."
)
MOST_SHARE, MOST_LEVERAGE = 0.05, 0.1  # beyond these one step is known to fall short


def unlearning(spec: Spec, retrained: bool = False) -> Unlearning:
    """Metrics without the removed rows, and the target as ever more rows are removed.

    Rows are ranked on the validation rows where there are some; everything is reported on the test
    rows. ``retrained`` adds the truth: true refits, for the set and at every share of the sweep.
    """
    began = time.perf_counter()
    ranked = ranking(spec)
    order = ranked.order
    removed = np.sort(order if spec.rule == "selection" else order[: spec.count])
    before = fit(spec).parameters
    change_of_set = change(spec, removed, [len(removed)])
    moved = change_of_set.value[:, 0]
    table = measures(spec)
    columns = {"before": table.of(before), "predicted": table.of(before + moved)}
    gradient_norm = None
    if retrained:
        theta, gradient_norm = _refit(spec, removed)
        columns["retrained"] = table.of(theta)
    shares, counts = _sweep_counts(spec, len(order))
    predicted = _predicted_sweep(spec, order, counts)
    sweep = dict(predicted.curves)
    if retrained:
        sweep["retrained"] = _retrained_sweep(spec, order, counts)
    reach = _reach(spec, removed, before + moved)
    return Unlearning(
        rule=_rule(spec, len(removed)),
        ids=data(spec).train.ids[removed],
        n_train=len(data(spec).train),
        metrics=pd.DataFrame(columns),
        units=table.units,
        disparity=table.focus,
        shares=shares,
        sweep=sweep,
        scores_before=table.scores(before),
        scores_after=table.scores(before + moved),
        reach=reach,
        solver=_least_accurate(ranked.solver, change_of_set.summary, *predicted.solvers),
        retrained=retrained,
        seconds=time.perf_counter() - began,
        gradient_norm=gradient_norm,
        notes=(*_notes(spec, reach), *predicted.notes),
    )


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


def _least_accurate(*solvers: SolverSummary | None) -> SolverSummary:
    """The summary that a reader has to know: of what did not converge, the furthest off."""
    used = [solver for solver in solvers if solver is not None]
    return max(used, key=lambda one: (one.status != "converged", one.off or 0.0))


@dataclass(frozen=True, eq=False)
class _Sweep:
    """The target after each count of removals, by method; how each was solved; why some are missing."""

    curves: dict[str, np.ndarray]
    solvers: list[SolverSummary]
    notes: list[str]


def _predicted_sweep(spec: Spec, order: np.ndarray, counts: list[int]) -> _Sweep:
    """The target after each count of removals, by one step of each kind."""
    methods = {
        "AFIF": spec.replace(method="afif", rescale=False),
        "AFIF, rescaled": spec.replace(method="afif", rescale=True),
        "Newton step": spec.replace(method="newton_step", solver="cholesky"),
    }
    sweep = _Sweep({}, [], [])
    for name, choices in methods.items():
        report(f"Removing ever more rows: {name}", len(sweep.curves), len(methods))
        try:
            found = change(choices, order, counts)
        except CurvatureError:  # a network's Hessian may be indefinite without the rows
            sweep.notes.append(_NO_NEWTON)
            continue
        except (
            SolverDiverged
        ) as error:  # under the Fisher, where the chosen method takes the Hessian
            sweep.notes.append(f"{name} is left out of the sweep. {error}")
            continue
        sweep.curves[name] = _focus(spec, found.value + fit(spec).parameters[:, None])
        sweep.solvers.append(found.summary)
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


def _reach(spec: Spec, removed: np.ndarray, moved: Tensor) -> Reach:
    """How far to trust the change of the parameters and of the target: the worse of the two."""
    beyond = Beyond(influence(spec, curvature_of(spec)), removed, moved)
    both = (beyond.reach, beyond.reach_on(aim(spec).bound.value))
    found = max(both, key=lambda one: one.expected_error)
    return Reach(found.level, found.leverage, found.share, found.text)


def _notes(spec: Spec, reach: Reach) -> list[str]:
    notes = []
    if reach.share > MOST_SHARE or reach.leverage > MOST_LEVERAGE:
        notes.append(
            f"One step falls short when more than {MOST_SHARE:.0%} of the rows or a summed leverage "
            f"of more than {MOST_LEVERAGE} is removed (here {reach.share:.1%} and "
            f"{reach.leverage:.2g}); retrain to know."
        )
    if spec.rule not in ("random", "selection") and judge_of(spec).split != spec.split:
        notes.append("The rows are ranked on the validation rows and judged on the test rows.")
    if reported(spec) == "train":
        notes.append("There are no test rows, so the metrics are those of the training rows.")
    if spec.rule == "selection" and not spec.selected:
        notes.append("No rows are selected, so none is removed.")
    return notes
