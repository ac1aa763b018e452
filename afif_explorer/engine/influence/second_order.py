"""The second-order term of effects, for many targets at once.

A target changes by ``c' D_i + D_i' (grad^2 T) D_i / 2`` along the predicted step ``D_i = C^-1 J_i' r_i / n``
without row ``i``, up to third order. For a target ``T = t(f)`` of one output ``f`` that is linear in the
parameters, the output's change follows from the first-order effect ``e_i = t'(f) m_i``, so the term is
``t''(f) (e_i / t'(f))^2 / 2`` at no extra cost. All other targets share the steps of all rows: a few outputs
need one product with the steps, many outputs use ``Z' (grad^2 T) Z`` with ``C^-1 = Z Z'``.

Source: Basu, You and Feizi, On Second-Order Group Influence Functions (2020), for the expansion.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from afif_explorer.engine.influence.protocol import Stepping
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.runtime.memory import block_rows
from afif_explorer.engine.targets.base import Group
from afif_explorer.engine.targets.bound import Bound
from afif_explorer.progress import report

ROWS_AT_ONCE = 2048
MOST = 8  # terms of one target each that a curvature keeps
DENSE = 3000  # parameters up to which a target's Hessian is formed
FEW_OUTPUTS = 32  # number of outputs up to which a target is computed from their changes


class _Part(NamedTuple):
    """Some targets of a group: their indices in the group and among all targets."""

    bound: Bound
    within: Tensor
    places: Tensor


def add_second_orders(influence: Stepping, groups: Sequence[Group], effects: Tensor) -> None:
    """Adds ``D_i' (grad^2 T) D_i / 2`` of every row and target to ``c' D_i`` ``[n, m]``, in place."""
    linear = influence.objective.canonical
    ratios = effects.new_zeros(effects.shape[1])
    rest: dict[int, list[_Part]] = defaultdict(list)  # by the outputs that they read
    for group in groups:
        bound, places = group.bound, torch.as_tensor(group.places, device=effects.device)
        few = bound.outputs if linear and bound.outputs <= FEW_OUTPUTS else 0
        within = torch.arange(bound.count, device=effects.device)
        if linear and bound.outputs == 1:
            found = _ratios(bound)
            known = found.isfinite()
            ratios[places[known]] = found[known]
            within = within[~known]
        if len(within):
            rest[few].append(_Part(bound, within, places[within]))
    terms = []
    for few, parts in rest.items():
        by = _through_outputs if few else _through_whitener
        terms.append((torch.cat([one.places for one in parts]), by(influence, parts)))
    for block in effects.split(ROWS_AT_ONCE):  # fits the processor's cache
        block.addcmul_(block, block * ratios)
    for places, term in terms:
        effects.index_add_(1, places, term)


def curved(
    groups: Sequence[Group], objective: Objective, p: int | None = None, rows: int | None = None
) -> Callable[[Tensor], Tensor]:
    """``D' (grad^2 T) D / 2`` as a function of explicit steps ``[p, rows]``, for all rows: ``[rows, m]``.

    For outputs that are linear in the parameters, a target's Hessian is computed once: that of its outputs
    where it reads few, else ``[p, p]`` unless there are fewer rows than that. ``p``: the number of parameters
    of the groups and steps; ``rows``: that of the steps (None: those of the objective).
    """
    p, rows = p or objective.p, rows or objective.n
    dense = objective.canonical and p <= min(DENSE, rows)
    eye = torch.eye(p, dtype=objective.dtype, device=objective.device) if dense else None
    parts: list[Callable[[Tensor], Tensor]] = []
    for group in groups:
        if objective.canonical and group.bound.outputs <= FEW_OUTPUTS:
            parts.append(partial(_by_outputs, group.bound, group.bound.output_hessians()))
        elif eye is not None:
            each = [group.bound.hvp(eye, place) for place in range(group.bound.count)]
            parts.append(partial(_by_hessians, each))
        else:
            parts.append(partial(_by_products, group.bound))
    places = torch.cat([torch.as_tensor(group.places) for group in groups])

    def along(steps: Tensor) -> Tensor:
        found = steps.new_empty(steps.shape[1], len(places))
        found[:, places.to(found.device)] = torch.cat([part(steps) for part in parts], dim=1) / 2
        return found

    return along


def _by_outputs(bound: Bound, hessians: Tensor, steps: Tensor) -> Tensor:
    moved = bound.seen(steps)
    return (moved * (hessians @ moved)).sum(1).T


def _by_hessians(hessians: Sequence[Tensor], steps: Tensor) -> Tensor:
    return torch.stack([(steps * (one @ steps)).sum(0) for one in hessians], dim=1)


def _by_products(bound: Bound, steps: Tensor) -> Tensor:
    each = [(steps * bound.hvp(steps, place)).sum(0) for place in range(bound.count)]
    return torch.stack(each, dim=1)


def _ratios(bound: Bound) -> Tensor:
    """``t'' / (2 t'^2)`` ``[count]``; not finite for targets that are stationary in their output."""
    return bound.output_hessians()[:, 0, 0] / 2 / bound.output_gradients()[:, 0] ** 2


def _through_outputs(influence: Stepping, parts: Sequence[_Part]) -> Tensor:
    """From the changes ``m`` of each target's ``q`` outputs, ``m' B m = sum (Q' m)^2 l``: ``[n, m]``."""
    bends = torch.cat([one.bound.output_hessians()[one.within] for one in parts])
    values, vectors = torch.linalg.eigh(bends)
    size = values.abs().amax(1, keepdim=True)
    seen = values.abs() > torch.finfo(values.dtype).eps * size * values.shape[1]
    kept = seen.any(0)  # softmax has one direction without curvature
    values = values[:, kept]
    moves = torch.cat([one.bound.seen(influence.whitener)[one.within] for one in parts])
    basis = (vectors[:, :, kept].transpose(1, 2) @ moves).flatten(0, 1)
    found = []
    for step in _steps(influence, len(basis)):
        moved = (step @ basis.T).square_().mul_(values.flatten())
        found.append(moved.unflatten(1, values.shape).sum(2))
    return torch.cat(found) / 2


def _through_whitener(influence: Stepping, parts: Sequence[_Part]) -> Tensor:
    """From ``Z' (grad^2 T) Z`` of each target, in batches that fit into memory, ``[n, m]``."""
    if len(parts) > 1 or parts[0].bound.count > 1:
        return _by_whitener(influence, parts)
    kept = influence.curvature.kept.setdefault("second order", OrderedDict())
    key = (parts[0].bound, influence.leverage_corrected)  # it is the same for all solvers
    found: Tensor | None = kept.get(key)  # threads share it, and another may drop it meanwhile
    if found is None:
        found = kept[key] = _by_whitener(influence, parts)
        if len(kept) > MOST:
            kept.popitem(last=False)
    return found


def _by_whitener(influence: Stepping, parts: Sequence[_Part]) -> Tensor:
    whitener = influence.whitener
    targets = [(one.bound, int(place)) for one in parts for place in one.within]
    room = block_rows(2 * whitener.numel(), whitener)
    found = []
    for start in range(0, len(targets), room):
        some = targets[start : start + room]
        inner = [whitener.T @ bound.hvp(whitener, place) for bound, place in some]
        blocks = [
            torch.stack([((step @ one) * step).sum(1) for one in inner], dim=1)
            for step in _steps(influence, whitener.shape[1])
        ]
        found.append(torch.cat(blocks) / 2)
    return torch.cat(found, dim=1)


def _steps(influence: Stepping, beside: int) -> Iterator[Tensor]:
    """Yields every row's step in the whitened basis, ``D_i = Z s_i``, in blocks ``[rows, r]``.

    ``beside``: additional numbers needed per row.
    """
    n, residual = influence.objective.n, influence.residual
    linearization, whitener = influence.point.linearization, influence.whitener
    numbers = (residual.shape[1] + 1) * whitener.shape[1] + 2 * beside
    step = min(ROWS_AT_ONCE, block_rows(numbers, residual))
    for rows in torch.arange(n, device=residual.device).split(step):
        report("second order", int(rows[0]), n)
        half = linearization.project(rows, whitener)
        yield (residual[rows][:, :, None] * half).sum(1) / n
