"""``bootstrap_disparity``: how far a gap, and its predicted change, are due to the rows of a split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import bootstrap
from torch import Tensor

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.prepared import prepared, warn_unfinished
from afif_explorer.analysis.limits.removable import removable
from afif_explorer.analysis.removal.unlearning import parameters_without
from afif_explorer.engine.influence.methods import AFIF, Method
from afif_explorer.engine.targets.bound import checked_fit
from afif_explorer.engine.targets.disparity import GroupDisparity
from afif_explorer.errors import InvalidChoice
from afif_explorer.numeric import checked_count, checked_seed, is_number

Rows = Sequence[int] | np.ndarray
_CELLS = 4_000_000  # of resampled rows held at once


@dataclass(frozen=True)
class Resampling:
    """How a bootstrap is done: number of resamples, level of confidence, and seed."""

    resamples: int = 1000
    confidence: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        checked_count("The number of resamples", self.resamples)
        checked_seed(self.seed)
        if not (is_number(self.confidence) and 0 < self.confidence < 1):
            raise InvalidChoice(
                f"The confidence must be between 0 and 1, such as 0.95, not {self.confidence!r}."
            )


@dataclass(frozen=True)
class DisparityInterval:
    """The result of :func:`bootstrap_disparity`.

    Attributes:
        gap: the disparity at the fit. low, high: the ends of its interval.
        change: its predicted change without the removed rows; NaN if none are. change_low, change_high: the
            ends of that interval.
        highest, lowest: the two groups. rows: how many rows of each are resampled.
    """

    gap: float
    low: float
    high: float
    change: float
    change_low: float
    change_high: float
    highest: str
    lowest: str
    rows: tuple[int, int]


def bootstrap_disparity(
    fit: Fit,
    target: GroupDisparity,
    removed: Rows | None = None,
    method: Method = AFIF(),  # noqa: B008 - a frozen value
    *,
    soft: bool = True,
    resamples: int = 1000,
    confidence: float = 0.95,
    seed: int = 0,
) -> DisparityInterval:
    """Bootstrap intervals for a gap ``T`` and for its predicted change ``T(theta(w)) - T(theta(1))``.

    Percentile intervals. The rows that count of either group are drawn with replacement, so many as there
    are, so that the sizes of the groups stay as they are; the gap and its change are measured on the same
    draws. They tell how much another sample of people would move the gap *of this model*: the model, the
    two groups and the condition are those of the fit. In the units of the target; a change is positive if
    the gap is wider without the rows.

    Args:
        fit: the model with all rows.
        target: the disparity.
        removed: training rows, as for :func:`unlearn`; None: no change is predicted.
        method: of that prediction.
        soft: mean predictions; False: decisions, which have no predicted change.
        resamples: number of draws.
        confidence: of the intervals.
        seed: of the draws.

    Returns:
        A ``DisparityInterval``. Its ends are NaN if only one row of a group counts.

    Raises:
        InvalidChoice: for what is not a disparity, and for a change of decisions.
        UndefinedMeasure: if fewer than two groups have rows that count.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapters 8 and 13.

    >>> import afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"))
    >>> found = ax.bootstrap_disparity(fit, ax.DemographicParityDifference("group"), removed=[0, 1, 2])
    >>> found.low < found.gap < found.high
    True
    """
    checked_fit(fit)
    if not isinstance(target, GroupDisparity):
        raise InvalidChoice(f"Expected a disparity between groups, got {target!r}.")
    if removed is not None and not soft:
        raise InvalidChoice("The change of a gap of decisions is not predicted; use soft=True.")
    theta = None if removed is None else theta_without(fit, removed, method)
    return interval(fit, target, theta, Resampling(resamples, confidence, seed), soft=soft)


def theta_without(fit: Fit, removed: Rows, method: Method) -> Tensor:
    """The parameters ``[p]`` that are predicted without some rows."""
    influence = prepared(method, fit)
    theta = parameters_without(influence, [removable(fit, removed)])[:, 0]
    warn_unfinished(influence)
    return theta


def interval(
    fit: Fit, target: GroupDisparity, moved: Tensor | None, how: Resampling, *, soft: bool
) -> DisparityInterval:
    """The gap at the fit and its change at the parameters ``moved``, with intervals."""
    sample = target.rows(fit)
    pair = target.widest(fit, sample, soft=soft)
    thetas = [fit.parameters] if moved is None else [fit.parameters, moved]
    weights, scores = _terms(fit, target, thetas, pair.among, soft=soft)
    high, low = (rows.nonzero()[:, 0].cpu().numpy() for rows in (pair.high, pair.low))

    def gaps(first: np.ndarray, second: np.ndarray, axis: int = -1) -> np.ndarray:
        """The gap, and its change if there is one, for rows drawn along the last axis."""
        means = [
            (weights * scores)[:, rows].sum(axis) / weights[:, rows].sum(axis)
            for rows in (first, second)
        ]
        gap = means[0] - means[1]
        return np.concatenate([gap[:1], gap[1:] - gap[:1]])

    found = np.full(2, np.nan)
    ends = np.full((2, 2), np.nan)
    found[: len(thetas)] = gaps(high, low)
    if min(len(high), len(low)) > 1:
        drawn = bootstrap(
            (high, low),
            gaps,
            vectorized=True,
            n_resamples=how.resamples,
            batch=max(1, _CELLS // max(len(high), len(low))),
            confidence_level=how.confidence,
            method="percentile",
            rng=np.random.default_rng(how.seed),
        ).confidence_interval
        ends[:, : len(thetas)] = drawn.low, drawn.high
    (gap, change), (lower, upper) = found.tolist(), ends.tolist()
    return DisparityInterval(
        gap=gap,
        low=lower[0],
        high=upper[0],
        change=change,
        change_low=lower[1],
        change_high=upper[1],
        highest=pair.highest,
        lowest=pair.lowest,
        rows=(len(high), len(low)),
    )


def _terms(
    fit: Fit, target: GroupDisparity, thetas: Sequence[Tensor], among: str, *, soft: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Weight and score of each row at each of the parameters, under one condition: ``[m, n]`` each."""
    sample = target.rows(fit)
    at = [
        next(
            means
            for means in target.means(fit, sample, theta, soft=soft)
            if means.condition.words == among
        )
        for theta in thetas
    ]
    weights = np.stack([means.condition.weight.double().cpu().numpy() for means in at])
    return weights, np.stack([means.score.double().cpu().numpy() for means in at])
