"""How far the effects computed from an approximate solution are from those of the exact one.

A solution ``x`` of ``C x = c`` with residual ``r = C x - c`` is off by ``e = C^-1 r``, and the effect of row
``i`` by ``g_i' e / n``. The residual alone does not say how much: in a direction of curvature ``t`` the error
is ``r / t``. So ``C e = r`` is solved, by a dense factor where that costs less than the products, else by
conjugate gradients within a number of products. What these leave, a residual ``s``, adds at most

``||G C^-1 s|| <= sqrt(a n / mu) ||s||``,  ``a = max_i r_i' A''(f_i)^+ r_i``,

because ``G' G = sum_i g_i g_i' <= a n C``. ``mu`` is the smallest diagonal of penalty and damping, a lower
bound on the curvature if it applies to every parameter. With unpenalised parameters a tenth of it is used,
and without a penalty a tenth of the smallest Ritz value: neither is a strict bound.

Leverage-corrected effects have ``(I - A'' M)^-1 r`` in place of the residuals ``r``, which weighs the rows
differently; once these are known (:func:`also_of`), errors are the larger of both kinds.

Source: Golub and Meurant, Matrices, Moments and Quadrature with Applications (2010), chapter 12.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from afif_explorer.engine.curvature.operators import Curvature
from afif_explorer.engine.curvature.spectrum import bounds
from afif_explorer.engine.runtime.memory import fits
from afif_explorer.engine.solvers.base import ConjugateGradient, Status, worst_ratio
from afif_explorer.engine.solvers.factor import factor_of
from afif_explorer.errors import CurvatureError

PRODUCTS = (
    60  # with all rows for each right-hand side, at least; a longer run may use as many as it took
)
CAUTION = 0.1  # of an estimated smallest eigenvalue
NEGLIGIBLE = 0.01  # of the effects: what the check itself may leave open


@dataclass(frozen=True)
class EffectError:
    """Relative errors of the effects, ``||G e|| / ||G C^-1 c||``, of the worst right-hand side.

    Attributes:
        estimate: from the error that was found. bound: including what the check left open; infinite where
            the curvature is not positive.
    """

    estimate: float
    bound: float


def effect_error(
    curvature: Curvature, value: Tensor, rhs: Tensor, *, products: float = PRODUCTS
) -> EffectError:
    """The error of the effects computed from ``value``, for right-hand sides ``[p, m]``."""
    residual = curvature @ value - rhs
    if _factor_is_cheap(curvature, rhs.shape[1], products):
        try:
            error = factor_of(curvature).solve(residual)
        except CurvatureError:
            return EffectError(float("nan"), float("inf"))
        exact = error_of_effects(curvature, error, value - error)
        return EffectError(exact, exact)
    return _bounded(curvature, value, residual, products)


def _bounded(curvature: Curvature, value: Tensor, residual: Tensor, products: float) -> EffectError:
    """The same by conjugate gradients, as far as the check itself needs them."""
    tiny, eps = torch.finfo(residual.dtype).tiny, torch.finfo(residual.dtype).eps
    ceilings = _ceilings(curvature)
    sizes = [found.norm(dim=0) for found in _effects(curvature, value)]
    enough = [
        NEGLIGIBLE * size / (most * residual.norm(dim=0)).clamp(min=tiny)
        for size, most in zip(sizes, ceilings, strict=True)
    ]
    tolerance = min(0.5, max(float(torch.stack(enough).min()), 10 * eps))
    solver = ConjugateGradient(tolerance, max_steps=max(1, int(products)))
    found = solver.prepare(curvature).solve(residual)
    error, exact = found.value, value - found.value
    estimate = error_of_effects(curvature, error, exact)
    if found.status is Status.DIVERGED:
        return EffectError(estimate, float("inf"))
    left = (curvature @ error - residual).norm(dim=0)
    most = max(
        float((left * ceiling / found.norm(dim=0).clamp(min=tiny)).max())
        for found, ceiling in zip(_effects(curvature, exact), ceilings, strict=True)
    )
    return EffectError(estimate, estimate + most)


def error_of_effects(curvature: Curvature, error: Tensor, exact: Tensor) -> float:
    """``||G e|| / ||G x||`` of the worst column of an error and the exact solution, ``[p, m]``."""
    pairs = zip(_effects(curvature, error), _effects(curvature, exact), strict=True)
    return max(worst_ratio(wrong, right) for wrong, right in pairs)


def also_of(curvature: Curvature, residual: Tensor) -> None:
    """From now on bound the effects with these residuals ``[n, k]`` too; NaN counts as 0."""
    if "effect residual" not in curvature.kept:
        curvature.kept["effect residual"] = residual.nan_to_num()
        curvature.kept.pop("effect ceilings", None)


def _residuals(curvature: Curvature) -> list[Tensor]:
    also = curvature.kept.get("effect residual")
    return [curvature.point.residual] if also is None else [curvature.point.residual, also]


def _effects(curvature: Curvature, value: Tensor) -> list[Tensor]:
    """``G x`` of each column with each kind of residuals, ``[n, m]``; 0 for rows that are left out."""
    counted = (curvature.mean_weights > 0)[:, None]
    linearization = curvature.point.linearization
    return [linearization.contract(one, value) * counted for one in _residuals(curvature)]


def _factor_is_cheap(curvature: Curvature, columns: int, products: float) -> bool:
    if "factor" in curvature.kept:
        return True
    roots, p = curvature.roots(), curvature.p
    linearization = curvature.point.linearization
    work = linearization.work(linearization.k if roots is None else roots.shape[2])
    dense = work.gram + p**3 / 3 + (p * work.product if roots is None else 0.0)
    return dense <= products * columns * work.product and fits(
        3.0 * p**2, curvature.mean_weights.dtype
    )


def _ceilings(curvature: Curvature) -> list[float]:
    """``sqrt(a n / mu)`` of each kind of residuals; ``a n = max_i r_i' A''(f_i)^+ r_i / share_i``."""
    if "effect ceilings" not in curvature.kept:
        share, smallest = curvature.mean_weights, _smallest(curvature)
        sizes = [_whitened_sizes(curvature.fisher_roots(), one) for one in _residuals(curvature)]
        largest = [float((size[share > 0] / share[share > 0]).max()) for size in sizes]
        curvature.kept["effect ceilings"] = [math.sqrt(most / smallest) for most in largest]
    found: list[float] = curvature.kept["effect ceilings"]
    return found


def _whitened_sizes(roots: Tensor, residual: Tensor) -> Tensor:
    """``r_i' (S_i S_i')^+ r_i``, ``[n]``; infinite where the variance of a single output vanishes."""
    if roots.shape[1:] == (1, 1):
        squared = residual[:, 0] ** 2
        return torch.where(squared > 0, squared / roots[:, 0, 0] ** 2, 0.0)
    return (torch.linalg.pinv(roots) @ residual[:, :, None]).square().sum((1, 2))


def _smallest(curvature: Curvature) -> float:
    """``mu``; at least what rounding leaves."""
    shift = curvature.diagonal_shift
    convex = curvature.roots() is not None
    if convex and bool((shift > 0).all()):
        return float(shift.min())
    if convex and bool((shift > 0).any()):
        return CAUTION * float(shift[shift > 0].min())
    found = bounds(curvature)
    return max(CAUTION * found.smallest, torch.finfo(shift.dtype).eps * found.largest)
