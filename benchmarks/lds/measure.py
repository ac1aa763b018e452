"""The score itself: rank correlation over subsets, averaged over queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from benchmarks.common.problems import Problem, Refits
from benchmarks.lds.ours import Scores


@dataclass(frozen=True)
class Row:
    """One line of the table: a method with the setting selected on the tuning subsets.

    ``warm`` and ``cold`` are its scores on the other subsets, for training continued from the fit and from
    scratch; ``error`` is the standard error of ``warm`` over queries; ``seconds`` is for all settings.
    """

    library: str
    method: str
    setting: str
    warm: float
    cold: float
    error: float
    seconds: float


def by_query(effects: np.ndarray, kept: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Spearman's correlation over subsets of predicted and actual losses, for each query ``[queries]``.

    The predicted loss of a subset is minus the sum of its rows' effects, up to a constant: the other rows
    were left out, and the sum over all rows is the same for every subset.
    """
    predicted = np.stack([-effects[rows].sum(0) for rows in kept])
    a, b = rankdata(predicted, axis=0), rankdata(after, axis=0)
    a, b = a - a.mean(0), b - b.mean(0)
    size = np.sqrt((a**2).sum(0) * (b**2).sum(0))
    return np.divide((a * b).sum(0), size, out=np.zeros_like(size), where=size > 0)


def rows_of(problem: Problem, refits: Refits, scores: Iterable[Scores]) -> list[Row]:
    """One row for each method: its best setting on the tuning subsets, evaluated on the others."""
    best: dict[tuple[str, str], tuple[float, Scores]] = {}
    seconds: dict[tuple[str, str], float] = {}
    first, rest = slice(problem.tuning), slice(problem.tuning, None)
    for one in scores:
        tuned = float(by_query(one.effects, problem.kept[first], refits.warm[first]).mean())
        key = one.library, one.method
        seconds[key] = seconds.get(key, 0.0) + one.seconds
        if key not in best or tuned > best[key][0]:
            best[key] = tuned, one
    return [_evaluated(problem, refits, one, rest, seconds[key]) for key, (_, one) in best.items()]


def _evaluated(problem: Problem, refits: Refits, one: Scores, rest: slice, seconds: float) -> Row:
    warm, cold = (
        by_query(one.effects, problem.kept[rest], after[rest])
        for after in (refits.warm, refits.cold)
    )
    error = warm.std(ddof=1) / len(warm) ** 0.5
    return Row(
        one.library, one.method, one.setting,
        float(warm.mean()), float(cold.mean()), float(error), seconds,
    )  # fmt: skip
