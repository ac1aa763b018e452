"""Measures of agreement of two arrays."""

from __future__ import annotations

import numpy as np
import scipy.stats


def pearson(a: np.ndarray, b: np.ndarray) -> float | None:
    """Pearson's correlation of two ``[n]`` arrays; None if either does not vary."""
    if len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    return float(np.corrcoef(a, b)[0, 1])


def spearman(a: np.ndarray, b: np.ndarray) -> float | None:
    """Spearman's rank correlation; None if either does not vary."""
    if len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    return float(scipy.stats.spearmanr(a, b).statistic)


def slope(predicted: np.ndarray, actual: np.ndarray) -> float | None:
    """Least-squares slope of ``actual`` on ``predicted``, with an intercept: 1 if the scale is right."""
    spread = predicted - predicted.mean() if len(predicted) else predicted
    total = float(spread @ spread)
    return float(spread @ (actual - actual.mean()) / total) if total > 0 else None


def top_overlap(a: np.ndarray, b: np.ndarray, k: int) -> float:
    """Share of the ``k`` largest ``|a|`` that are also among the ``k`` largest ``|b|``."""
    k = min(k, len(a))
    if k == 0:
        return 1.0
    top = [set(np.argsort(-np.abs(values), kind="stable")[:k].tolist()) for values in (a, b)]
    return len(top[0] & top[1]) / k


def relative_error(estimate: np.ndarray, truth: np.ndarray) -> float:
    """``||estimate - truth|| / ||truth||``; 0 or infinity if the truth is zero."""
    error, size = float(np.linalg.norm(estimate - truth)), float(np.linalg.norm(truth))
    if size == 0:
        return 0.0 if error == 0 else float("inf")
    return error / size


def relative_gap(fisher: np.ndarray, hessian: np.ndarray) -> float | None:
    """``||H^-1/2 F H^-1/2 - I||`` (spectral norm); None if ``H`` is not positive definite.

    If it is ``e < 1``, solves with ``F`` and ``H`` differ by at most ``e / (1 - e)``, relative in the
    norm of ``H``. Unlike ``||F - H||`` it weights flat and steep directions equally.
    """
    from scipy.linalg import LinAlgError, eigh

    try:
        values = eigh(fisher, hessian, eigvals_only=True)
    except LinAlgError:
        return None
    return float(np.abs(values - 1).max())
