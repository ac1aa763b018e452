"""``bootstrap_disparity``: how far a gap, and its predicted change, are due to the rows of a split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from torch import Tensor

from afif_explorer.analysis.fairness.resampling import Resampling, Sampled, resampled_means
from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.prepared import prepared, warn_unfinished
from afif_explorer.analysis.limits.removable import removable
from afif_explorer.analysis.removal.refits import Retrained
from afif_explorer.engine.influence.methods import AFIF, Method
from afif_explorer.engine.targets.bound import checked_fit
from afif_explorer.engine.targets.comparison import Pair
from afif_explorer.engine.targets.disparity import GroupDisparity
from afif_explorer.errors import InvalidChoice
from afif_explorer.numeric import checked_flag
from afif_explorer.wording import quoted

Rows = Sequence[int] | np.ndarray


@dataclass(frozen=True)
class DisparityInterval:
    """The result of :func:`bootstrap_disparity`.

    Attributes:
        gap: the disparity at the fit. low, high: the ends of its interval.
        change: its change without the removed rows; NaN if none are. change_low, change_high: the
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
    removed: Rows | Retrained | None = None,
    method: Method = AFIF(),  # noqa: B008 - a frozen value
    *,
    soft: bool = True,
    resamples: int = 1000,
    confidence: float = 0.95,
    seed: int = 0,
) -> DisparityInterval:
    """Bootstrap intervals for a gap ``T`` and for its change ``T(theta(w)) - T(theta(1))``.

    Percentile intervals. The rows that count of either group are drawn with replacement, so many as there
    are, so that the sizes of the groups stay as they are; the gap and its change are measured on the same
    draws. They tell how much another sample of people would move the gap *of this model*: the model, the
    two groups and the condition are those of the fit. In the units of the target; a change is positive if
    the gap is wider without the rows.

    Args:
        fit: the model with all rows.
        target: the disparity.
        removed: training rows by id, as for :func:`unlearn`, for the predicted change; the result of
            :func:`retrain`, for the true one; None: no change.
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
    >>> gap, rows = ax.DemographicParityDifference("group"), fit.data.train.ids[:3]
    >>> found = ax.bootstrap_disparity(fit, gap, removed=rows)
    >>> found.low < found.gap < found.high
    True
    """
    checked_fit(fit)
    if not isinstance(target, GroupDisparity):
        raise InvalidChoice(f"Expected a disparity between groups, got {quoted(target)}.")
    if not checked_flag("soft", soft) and removed is not None:
        raise InvalidChoice("The change of a gap of decisions has no interval; use soft=True.")
    theta = None if removed is None else theta_without(fit, removed, method)
    return interval(fit, target, theta, Resampling(resamples, confidence, seed), soft=soft)


def theta_without(fit: Fit, removed: Rows | Retrained, method: Method) -> Tensor:
    """The parameters ``[p]`` that are predicted without some rows, or those of a refit."""
    if isinstance(removed, Retrained):
        if removed.fit is not fit:
            raise InvalidChoice(
                "The refit is one of another fit; retrain the one that is measured."
            )
        return fit.objective.vector(removed.theta)
    influence = prepared(method, fit)
    theta = influence.parameters_without([removable(fit, removed)])[:, 0]
    warn_unfinished(influence)
    return theta


class Range(NamedTuple):
    """A number with its bootstrap interval; the ends are NaN if only one row of a group counts."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class GapRanges:
    """A gap at the fit, and its change at each of several other parameters.

    Attributes:
        gap, changes: with their intervals. highest, lowest: the two groups. rows: how many of each count.
    """

    gap: Range
    changes: tuple[Range, ...]
    highest: str
    lowest: str
    rows: tuple[int, int]


Measured = tuple[GroupDisparity, bool]  # a disparity, and whether of mean predictions ("soft")


def ranges(
    fit: Fit, measured: Sequence[Measured], moved: Sequence[Tensor], how: Resampling
) -> list[GapRanges]:
    """The intervals of several gaps, and of their changes at the parameters ``moved``, from shared draws.

    Gaps of decisions have no changes.
    """
    pairs = [target.widest(fit, target.rows(fit), soft=soft) for target, soft in measured]
    sampled = [
        one
        for (target, soft), pair in zip(measured, pairs, strict=True)
        for one in _sampled(
            fit, target, [fit.parameters, *(moved if soft else ())], pair, soft=soft
        )
    ]
    drawn = resampled_means(sampled, how)
    return [
        _range(pair, sampled[2 * place : 2 * place + 2], drawn[2 * place : 2 * place + 2], how)
        for place, pair in enumerate(pairs)
    ]


def interval(
    fit: Fit, target: GroupDisparity, moved: Tensor | None, how: Resampling, *, soft: bool
) -> DisparityInterval:
    """The gap at the fit and its change at the parameters ``moved``, with intervals."""
    [found] = ranges(fit, [(target, soft)], [] if moved is None else [moved], how)
    [change] = found.changes or [Range(np.nan, np.nan, np.nan)]
    return DisparityInterval(
        gap=found.gap.value,
        low=found.gap.low,
        high=found.gap.high,
        change=change.value,
        change_low=change.low,
        change_high=change.high,
        highest=found.highest,
        lowest=found.lowest,
        rows=found.rows,
    )


def _range(
    pair: Pair, sampled: Sequence[Sampled], drawn: Sequence[np.ndarray], how: Resampling
) -> GapRanges:
    """The intervals of one gap: ``sampled`` and ``drawn`` are those of its highest and lowest group."""
    rows = (len(sampled[0].rows), len(sampled[1].rows))
    gaps = np.concatenate([(sampled[0].means - sampled[1].means)[:, None], drawn[0] - drawn[1]], 1)
    gaps[1:] -= gaps[:1]
    ends = how.ends(gaps[:, 1:]) if min(rows) > 1 else np.full((len(gaps), 2), np.nan)
    gap, *changes = (
        Range(value, low, high)
        for value, (low, high) in zip(gaps[:, 0].tolist(), ends.tolist(), strict=True)
    )
    return GapRanges(gap, tuple(changes), pair.highest, pair.lowest, rows)


def _sampled(
    fit: Fit, target: GroupDisparity, thetas: Sequence[Tensor], pair: Pair, *, soft: bool
) -> list[Sampled]:
    """The means of the highest and of the lowest group at each of the parameters, to be resampled."""
    sample = target.rows(fit)
    at = [
        next(
            means
            for means in target.means(fit, sample, theta, soft=soft)
            if means.condition.words == pair.among
        )
        for theta in thetas
    ]
    weights = np.stack([means.condition.weight.double().cpu().numpy() for means in at])
    scores = np.stack([means.score.double().cpu().numpy() for means in at])
    return [
        Sampled(mask.nonzero()[:, 0].cpu().numpy(), weights, scores)
        for mask in (pair.high, pair.low)
    ]
