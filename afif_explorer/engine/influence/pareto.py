"""Pareto-smoothed importance weights: the tail of a row's weights is a generalised Pareto distribution.

Sources: Vehtari, Simpson, Gelman, Yao and Gabry, Pareto Smoothed Importance Sampling (2024); Zhang and
Stephens, A New and Efficient Estimation Method for the Generalized Pareto Distribution (2009).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

PRIOR_ROWS, PRIOR_SHAPE = 10, 0.5  # weakly informative prior of the shape: weight and centre
EQUAL = 1e-6  # relative differences of weights that need no smoothing
LEAST_TAIL = 5  # draws from which a tail can be fitted


def smoothed(log_ratios: Tensor) -> tuple[Tensor, Tensor]:
    """Normalised smoothed log weights ``[n, s]`` and the Pareto shape ``k`` ``[n]`` of each row's tail.

    ``log_ratios`` ``[n, s]``: of ``s`` draws, up to a constant. The largest ``min(s / 5, 3 sqrt(s))`` weights
    are replaced by the quantiles of the distribution fitted to them, cut at the largest raw weight. ``k`` is
    infinite where there are too few draws, and minus infinite where the weights of the tail are equal.
    """
    draws = log_ratios.shape[1]
    tail = math.ceil(min(0.2 * draws, 3 * math.sqrt(draws)))
    logs = log_ratios - log_ratios.amax(1, keepdim=True)
    if tail < LEAST_TAIL:
        return logs - logs.logsumexp(1, keepdim=True), logs.new_full((len(logs),), math.inf)
    order = logs.argsort(1)
    places = order[:, -tail:]
    lowest = logs.gather(1, order[:, -tail - 1 : -tail])
    cutoff = lowest.exp()
    excess = cutoff * torch.expm1(logs.gather(1, places) - lowest)  # ascending
    flat = excess[:, -1] <= EQUAL
    shape, scale = pareto_fit(excess.masked_fill(flat[:, None], 1.0))
    ranks = (torch.arange(tail, dtype=logs.dtype, device=logs.device) + 0.5) / tail
    fitted = _quantiles(ranks, shape[:, None], scale[:, None]) + cutoff
    fitted = torch.where(flat[:, None], excess + cutoff, fitted)
    logs = logs.scatter(1, places, fitted.log().clamp(max=0.0))
    return logs - logs.logsumexp(1, keepdim=True), shape.masked_fill(flat, -math.inf)


def pareto_fit(excess: Tensor) -> tuple[Tensor, Tensor]:
    """Shape ``k`` and scale of a generalised Pareto distribution for each row of ascending ``[n, t]``.

    Zhang and Stephens' estimate: the posterior mean of ``b = -k / scale`` over a grid, with the shape that
    maximises the likelihood given ``b``, shrunk towards 1/2 as by ten more draws.
    """
    count = excess.shape[1]
    grid = 30 + math.isqrt(count)
    steps = torch.arange(1, grid + 1, dtype=excess.dtype, device=excess.device) - 0.5
    quartile = excess[:, int(count / 4 + 0.5) - 1, None].clamp(min=torch.finfo(excess.dtype).tiny)
    slopes = (1 - (grid / steps).sqrt()) / (3 * quartile) + 1 / excess[:, -1:]  # [n, grid]
    shapes = torch.stack([_shape(slopes[:, one], excess) for one in range(grid)], dim=1)
    likelihood = count * ((-slopes / shapes).log() - shapes - 1)
    weights = torch.softmax(likelihood.nan_to_num(nan=-math.inf), dim=1)
    slope = (weights * slopes).sum(1)
    shape = _shape(slope, excess)
    scale = -shape / slope
    return (shape * count + PRIOR_SHAPE * PRIOR_ROWS) / (count + PRIOR_ROWS), scale


def _shape(slope: Tensor, excess: Tensor) -> Tensor:
    return torch.log1p(-slope[:, None] * excess).mean(1)


def _quantiles(ranks: Tensor, shape: Tensor, scale: Tensor) -> Tensor:
    """``scale ((1 - p)^-k - 1) / k``; its limit ``-scale log(1 - p)`` for a shape of 0."""
    logs = -torch.log1p(-ranks)
    safe = torch.where(shape == 0, 1.0, shape)
    return scale * torch.where(shape == 0, logs, torch.expm1(safe * logs) / safe)
