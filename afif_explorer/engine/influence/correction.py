"""Leverage correction: residuals that take the removed rows' own curvature out of the step.

With ``S_i`` the roots of row ``i``'s part of the curvature (``S_i S_i' = A''(f_i)`` for Fisher and Hessian),
``M_ij = J_i C^-1 J_j' / n`` and a set ``R`` of removed rows, the step without the rows' Gauss-Newton part is

``(C - (1/n) sum_R J_i' S_i S_i' J_i)^-1 (1/n) sum_R J_i' r_i = C^-1 (1/n) sum_R J_i' r~_i``,
``r~_i = r_i + S_i u_i``,  ``(I - K) u = S' M r``,  ``K_ij = S_i' M_ij S_j``,

so that one solve with ``C`` remains. For a single row and one output ``r~ = r / (1 - h)`` with the leverage
``h``. ``K`` is ``[m r, m r]`` for ``m`` rows with roots of rank ``r``; if that is more than ``p``, the same
follows from ``P = (1/n) sum_R Z' J_i' S_i S_i' J_i Z`` with ``Z Z' = C^-1``.

Sources: Cook and Weisberg, Residuals and Influence in Regression (1982), section 3.6, for sets of rows;
Hager, Updating the Inverse of a Matrix (1989).
"""

from __future__ import annotations

import torch
from torch import Tensor

from afif_explorer.engine.influence.protocol import Solving
from afif_explorer.engine.problem.objective import Point
from afif_explorer.engine.runtime.memory import block_rows
from afif_explorer.errors import CurvatureError

# One minus the leverage, at and below which the curvature without the rows is singular.
SINGULAR = 1e-10
OUTSIDE = 1e-6  # share of a right-hand side in singular directions that is taken for rounding


def without_each(roots: Tensor, residual: Tensor, blocks: Tensor) -> Tensor:
    """``r~`` ``[n, k]`` where each row is removed alone, from ``M_ii`` ``[n, k, k]``.

    NaN for rows of leverage 1 or more.
    """
    half = roots.transpose(1, 2) @ blocks  # [n, r, k]
    eye = torch.eye(roots.shape[2], dtype=roots.dtype, device=roots.device)
    lower, info = torch.linalg.cholesky_ex(eye - half @ roots)
    pivots = lower.diagonal(dim1=1, dim2=2).square()
    lost = (info != 0) | (pivots <= SINGULAR).any(1)
    safe = torch.where(lost[:, None, None], eye, lower)
    moved = torch.cholesky_solve(half @ residual[:, :, None], safe)
    return (residual + (roots @ moved)[:, :, 0]).masked_fill(lost[:, None], torch.nan)


def without_together(influence: Solving, rows: Tensor, gone: Tensor) -> Tensor:
    """``r~`` ``[m, k]`` where some rows ``[m]`` lose the share ``gone`` ``[m]`` of their weight together.

    Parameters that the other rows leave undetermined stay where they are. Raises :class:`CurvatureError` if
    the step would move them, or if the curvature without the rows is negative somewhere.
    """
    roots = influence.curvature.fisher_roots()[rows]
    if not roots.shape[2]:
        return influence.point.residual[rows]
    small = roots[:, 0].numel() <= influence.objective.p
    moved = (_through_rows if small else _through_parameters)(influence, rows, roots, gone)
    return influence.point.residual[rows] + (roots @ moved[:, :, None])[:, :, 0]


def _through_rows(influence: Solving, rows: Tensor, roots: Tensor, gone: Tensor) -> Tensor:
    """``u`` ``[m, r]`` from ``K``."""
    point, n = influence.point.take(rows), influence.objective.n
    pull = point.gradient_sums(gone[:, None] / n)  # [p, 1]
    half = torch.cat([point.linearization.vjp_rows(roots).flatten(0, 1), pull.T])
    inner = influence.inner_products(half[None])[0]
    own, across = inner[:-1, :-1] / n, inner[:-1, -1:]
    shares = gone.repeat_interleave(roots.shape[2])[:, None]
    if bool((shares < 0).any()):  # rows that gain weight
        eye = torch.eye(len(own), dtype=own.dtype, device=own.device)
        return torch.linalg.solve(eye - own * shares.T, across).reshape(roots[:, 0].shape)
    root = shares.sqrt()
    moved = _solve_rest(influence, root * own * root.T, root * across)
    return (across + own @ (root * moved)).reshape(roots[:, 0].shape)


def _through_parameters(influence: Solving, rows: Tensor, roots: Tensor, gone: Tensor) -> Tensor:
    """``u`` ``[m, r]`` from ``P``, in the whitened basis."""
    point, n, whitener = influence.point.take(rows), influence.objective.n, influence.whitener
    size = whitener.shape[1]
    step = block_rows(2 * roots.shape[1] * size, roots)
    own = whitener.new_zeros(size, size)
    for few in torch.arange(len(rows), device=rows.device).split(step):
        half = _whitened(point, few, roots, whitener)
        own += torch.einsum("mrs,m,mrt->st", half, gone[few] / n, half)
    pull = whitener.T @ point.gradient_sums(gone[:, None] / n)
    moved = _solve_rest(influence, own, pull)
    found = [
        (_whitened(point, few, roots, whitener) @ moved)[:, :, 0]
        for few in torch.arange(len(rows), device=rows.device).split(step)
    ]
    return torch.cat(found)


def _whitened(point: Point, few: Tensor, roots: Tensor, whitener: Tensor) -> Tensor:
    """``S_i' J_i Z`` of some of the rows, ``[few, r, rank]``."""
    return roots[few].transpose(1, 2) @ point.linearization.project(few, whitener)


def _solve_rest(influence: Solving, own: Tensor, rhs: Tensor) -> Tensor:
    """``(I - K)^-1 b`` ``[s, 1]`` for symmetric ``K``; on the range of ``I - K`` if that is singular."""
    rest = torch.eye(len(own), dtype=own.dtype, device=own.device) - own
    lower, info = torch.linalg.cholesky_ex(rest)
    if not int(info) and bool((lower.diagonal().square() > SINGULAR).all()):
        return torch.cholesky_solve(rhs, lower)
    values, vectors = torch.linalg.eigh(rest)
    along = vectors.T @ rhs
    kept = values > SINGULAR
    lost = float(along[~kept].norm())
    if float(values[0]) < -SINGULAR or lost > OUTSIDE * float(rhs.norm()):
        raise CurvatureError(
            f"Without these rows the {influence.curvature.name} is singular or has negative curvature (their "
            "leverage is 1 or more), so their leverage-corrected effect is undefined; add damping, use a "
            "stronger penalty, or set leverage_correction=False."
        )
    return vectors[:, kept] @ (along[kept] / values[kept, None])
