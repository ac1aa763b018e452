"""Further steps for the rows for which one step is not enough.

At the predicted parameters ``theta + D_i`` the objective without row ``i`` has the remaining gradient
``q_i = grad L(theta + D_i; w_i) - grad L(theta; 1)``. The **shortfall** ``||q_i|| / ||D_i||``, in the norms
of ``C^-1`` and ``C``, is the length of the next step relative to the first one, so it tells for each row how
far one step falls short. Rows above :data:`NEEDED` take further steps ``D_i <- D_i - C_i^-1 q_i`` with the
curvature at the fit without row ``i`` (simplified Newton), all of them together, until their shortfall is
negligible. Those for which that does not converge take Newton steps, one row at a time.

For outputs that are linear in the parameters, where one product serves all rows.

Source: Deuflhard, Newton Methods for Nonlinear Problems (2011), section 2.1.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from afif_explorer.engine.curvature.operators import Fisher
from afif_explorer.engine.influence.protocol import Solving
from afif_explorer.engine.influence.refinement import towards_refit
from afif_explorer.engine.problem.losses import Bernoulli, Categorical, Gaussian, Loss, Poisson
from afif_explorer.engine.problem.weights import leave_out_each
from afif_explorer.engine.runtime.memory import block_rows
from afif_explorer.engine.solvers.auto import FEW
from afif_explorer.engine.training.retrain import gradients_each
from afif_explorer.progress import report

NEEDED = 0.03  # shortfall above which a row is refined
SETTLED = 0.005  # shortfall at and below which it is done
ROUNDS = 30
LIKELY = 1.5  # factor by which the row's own curvature changes
ALONE = 50  # rows that are refined one at a time, by default
AFFORDABLE = 100_000_000  # rows looked at x rows x outputs x parameters, at which this costs little
ELEMENTWISE = 50  # operations on an output of a row, in parameters
SELF_CONCORDANCE: dict[type[Loss], float] = {Bernoulli: 1.0, Poisson: 1.0, Categorical: 2.0}


@dataclass(frozen=True, eq=False)
class RowRefinement:
    """Which rows were refined.

    Attributes:
        checked: ``[n]`` bool, the rows whose shortfall is known. rows: ``[m]``, those that were refined.
        steps: ``[p, m]``, their change of the parameters. unsettled: rows for which further steps do not
            converge.
    """

    checked: Tensor
    rows: Tensor
    steps: Tensor
    unsettled: Tensor


def likely_rows(influence: Solving) -> Tensor:
    """The rows ``[m]`` to look at by default: all that may need further steps, if that costs little.

    Else as many as :data:`AFFORDABLE` allows, those first whose own curvature changes most along their step,
    by :data:`LIKELY` or more.
    """
    objective = influence.objective
    rows = torch.nonzero(~_certainly_short(influence)).flatten()
    most = int(AFFORDABLE / (objective.n * objective.model.k * (objective.p + ELEMENTWISE)))
    if len(rows) <= most:
        return rows
    changes = influence.curvature_changes()[rows]
    order = torch.argsort(changes, descending=True)[:most]
    return rows[order[changes[order] >= LIKELY]]


def _certainly_short(influence: Solving) -> Tensor:
    """Whether the shortfall of each row is below :data:`NEEDED` by a bound, ``[n]`` bool.

    An output ``j`` moves by ``|J_j D_i| <= sqrt(|M_jj| |M_ii|) |r_i|``. For losses with ``|A'''| <= c A''``
    curvatures change by a factor of at most ``e^b`` along the step, with ``b`` the largest of these moves
    times ``c``, and the shortfall is at most ``(e^b - 1 - b) / b``.
    """
    constant = SELF_CONCORDANCE.get(type(influence.objective.loss), torch.inf)
    sizes = influence.row_blocks.diagonal(dim1=1, dim2=2).sum(1)
    moves = (sizes.max() * sizes).sqrt() * influence.residual.norm(dim=1)
    b = (constant * moves).clamp(min=1e-6)
    return (torch.expm1(b) - b) / b <= NEEDED


def refine_likely(influence: Solving) -> RowRefinement | None:
    """Refine those of :func:`likely_rows` that need it; None where that is not done by default.

    Not with a damping or another curvature, whose effects differ from refits on purpose, and not for least
    squares, where one corrected step is exact.
    """
    objective, curvature = influence.objective, influence.curvature
    usual = (
        isinstance(curvature, Fisher) and curvature.damping == 0 and influence.leverage_corrected
    )
    exact = isinstance(objective.loss, Gaussian)
    if not (usual and refinable(influence)) or exact or not influence.solves_cheaply:
        return None
    return refine_rows(influence, likely_rows(influence))


def refine_all(influence: Solving) -> RowRefinement | None:
    """Look at all rows, and refine those that need it; None where that is not possible."""
    if not refinable(influence):
        return None
    everything = torch.arange(influence.objective.n, device=influence.point.theta.device)
    return refine_rows(influence, everything, alone=None)


def refinable(influence: Solving) -> bool:
    """Whether rows can be refined: outputs linear in few parameters, and a smooth penalty."""
    objective = influence.objective
    return objective.canonical and objective.smooth and objective.p <= FEW


def none_refined(influence: Solving) -> RowRefinement:
    """No row was looked at."""
    theta = influence.point.theta
    nothing = torch.zeros(0, dtype=torch.int64, device=theta.device)
    checked = torch.zeros(influence.objective.n, dtype=torch.bool, device=theta.device)
    return RowRefinement(checked, nothing, theta.new_zeros(len(theta), 0), nothing)


def refine_rows(influence: Solving, rows: Tensor, alone: int | None = ALONE) -> RowRefinement:
    """Look at some rows ``[m]`` of a leverage-corrected method, and refine those that need it.

    ``alone``: the most rows that are refined one at a time; None: all.
    """
    objective, found = influence.objective, none_refined(influence)
    checked, refined, steps, unsettled = found.checked, [found.rows], [found.steps], [found.rows]
    rows = rows[~torch.isnan(influence.residual[rows]).any(1)]
    if not len(rows):
        return found
    checked[rows] = True
    size = block_rows(6 * objective.n * objective.model.k + 8 * objective.p, influence.residual)
    for done, some in enumerate(rows.split(size)):
        report("refinement", done * size, len(rows))
        step, needed, settled = _refined(influence, some)
        for place in torch.nonzero(needed & ~settled).flatten().tolist()[:alone]:
            report("refinement", done * size + place, len(rows))
            first = (
                influence.point.theta + _first_steps(influence, some[place : place + 1])[0][:, 0]
            )
            further = towards_refit(influence, some[place : place + 1].cpu().numpy(), first)
            step[:, place] = first - influence.point.theta + further.step
            settled[place] = further.settled
        refined.append(some[needed & settled])
        steps.append(step[:, needed & settled])
        unsettled.append(some[needed & ~settled])
    return RowRefinement(checked, torch.cat(refined), torch.cat(steps, 1), torch.cat(unsettled))


def _refined(influence: Solving, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Steps ``[p, m]``; which rows needed more than one; and which are within :data:`SETTLED` now."""
    step, length = _first_steps(influence, rows)
    next_step, shortfall = _look(influence, rows, step, length)
    needed = shortfall > NEEDED
    active = torch.nonzero(needed).flatten()
    next_step = next_step[:, active]
    for _ in range(ROUNDS):
        if not len(active):
            break
        here = rows[active]
        step[:, active] -= _without_each(influence, here, next_step)
        before = shortfall[active]
        next_step, after = _look(influence, here, step[:, active], length[active])
        shortfall[active] = after
        going = (after > SETTLED) & (after < before)
        active, next_step = active[going], next_step[:, going]
    return step, needed, shortfall <= SETTLED


def _first_steps(influence: Solving, rows: Tensor) -> tuple[Tensor, Tensor]:
    """``D_i`` ``[p, m]`` and its squared length in the norm of ``C`` ``[m]``."""
    part = influence.point.linearization.take(rows)
    pull = part.vjp_rows(influence.residual[rows][:, :, None])[:, 0].T / influence.objective.n
    step = influence.reliable.solve_gradients(pull)
    return step, (step * pull).sum(0)


def _look(influence: Solving, rows: Tensor, step: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
    """``C^-1 q`` ``[p, m]`` and shortfalls ``[m]`` of rows whose first step has the squared ``length``."""
    objective, point = influence.objective, influence.point
    weights = objective.vector(leave_out_each(objective.n, list(rows.cpu().numpy()[:, None])))
    moved = gradients_each(objective, point.theta[:, None] + step, weights / objective.n)
    left = moved - point.gradient()[:, None]
    solved = influence.reliable.solve_gradients(left)
    remaining = (left * solved).sum(0).clamp(min=0)
    tiny = torch.finfo(length.dtype).tiny
    return solved, (remaining / length.clamp(min=tiny)).sqrt().nan_to_num(nan=torch.inf)


def _without_each(influence: Solving, rows: Tensor, solved: Tensor) -> Tensor:
    """``C_i^-1 q`` from ``C^-1 q`` ``[p, m]``, with the curvature without row ``i`` (Woodbury)."""
    roots, blocks = influence.curvature.fisher_roots()[rows], influence.row_blocks_of(rows)
    eye = torch.eye(blocks.shape[1], dtype=blocks.dtype, device=blocks.device)
    jacobians = influence.point.linearization.take(rows).vjp_rows(
        eye.expand_as(blocks)
    )  # [m, k, p]
    across = roots.mT @ (jacobians @ solved.T[:, :, None])
    inner = roots.mT @ blocks @ roots
    rest = torch.eye(inner.shape[1], dtype=inner.dtype, device=inner.device) - inner
    pulled = jacobians.mT @ (roots @ torch.linalg.solve(rest, across))
    pulls = pulled[:, :, 0].T / influence.objective.n
    return solved + influence.reliable.solve_gradients(pulls)
