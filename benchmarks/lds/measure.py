"""The score itself: rank correlation over subsets, averaged over queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from benchmarks.common.problems import Problem, Truth
from benchmarks.lds.ours import Scores


@dataclass(frozen=True)
class Row:
    """One line of the table: a method at the setting that the tuning subsets chose.

    ``warm`` and ``cold`` are judged on the other subsets, against training on from the fit and from
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
    """Spearman's correlation over subsets of predicted and found losses, for each query ``[queries]``.

    What a subset predicts is minus the sum of its rows' effects: the rest of them was left out, and the
    sum over all rows is the same for every subset.
    """
    predicted = np.stack([-effects[rows].sum(0) for rows in kept])
    a, b = rankdata(predicted, axis=0), rankdata(after, axis=0)
    a, b = a - a.mean(0), b - b.mean(0)
    size = np.sqrt((a**2).sum(0) * (b**2).sum(0))
    return np.divide((a * b).sum(0), size, out=np.zeros_like(size), where=size > 0)


def rows_of(problem: Problem, truth: Truth, scores: Iterable[Scores]) -> list[Row]:
    """One row for each method: its best setting on the tuning subsets, judged on the others."""
    best: dict[tuple[str, str], tuple[float, Scores]] = {}
    seconds: dict[tuple[str, str], float] = {}
    first, rest = slice(problem.tuning), slice(problem.tuning, None)
    for one in scores:
        tuned = float(by_query(one.effects, problem.kept[first], truth.warm[first]).mean())
        key = one.library, one.method
        seconds[key] = seconds.get(key, 0.0) + one.seconds
        if key not in best or tuned > best[key][0]:
            best[key] = tuned, one
    return [_judged(problem, truth, one, rest, seconds[key]) for key, (_, one) in best.items()]


def _judged(problem: Problem, truth: Truth, one: Scores, rest: slice, seconds: float) -> Row:
    warm, cold = (
        by_query(one.effects, problem.kept[rest], after[rest]) for after in (truth.warm, truth.cold)
    )
    error = warm.std(ddof=1) / len(warm) ** 0.5
    return Row(
        one.library, one.method, one.setting,
        float(warm.mean()), float(cold.mean()), float(error), seconds,
    )  # fmt: skip
