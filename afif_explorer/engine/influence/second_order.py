"""The second-order term of effects, for many targets at once.

A target changes by ``c' D_i + D_i' (grad^2 T) D_i / 2`` along the predicted step ``D_i = C^-1 J_i' r_i / n``
without row ``i``, up to third order. For a target ``T = t(f)`` of one output ``f`` that is linear in the
parameters the output's move follows from the first-order effect ``e_i = t'(f) m_i``, so that the term is
``t''(f) (e_i / t'(f))^2 / 2`` and costs nothing. All other targets share the steps of all rows: few outputs
move by one product with them, many are seen through ``Z' (grad^2 T) Z`` with ``C^-1 = Z Z'``.

Source: Basu, You and Feizi, On Second-Order Group Influence Functions (2020), for the expansion.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Protocol

import torch
from torch import Tensor

from afif_explorer.engine.problem.objective import Objective, Point
from afif_explorer.engine.runtime.memory import block_rows
from afif_explorer.progress import report

ROWS_AT_ONCE = 2048
FEW_OUTPUTS = 32  # outputs of a target up to which it is seen through their moves


class Curved(Protocol):
    """What is asked of a target (see :class:`~afif_explorer.engine.targets.base.Bound`)."""

    @property
    def outputs(self) -> int: ...

    def bend(self, vectors: Tensor) -> Tensor: ...

    def own_bend(self) -> tuple[Tensor, Tensor]: ...

    def seen(self, vectors: Tensor) -> Tensor: ...


class Stepping(Protocol):
    """What is asked of a method (see :class:`~afif_explorer.engine.influence.smooth.Influence`)."""

    @property
    def objective(self) -> Objective: ...

    @property
    def point(self) -> Point: ...

    @property
    def residual(self) -> Tensor: ...

    @property
    def whitener(self) -> Tensor: ...


def second_orders(influence: Stepping, targets: Sequence[Curved], effects: Tensor) -> Tensor:
    """``D_i' (grad^2 T) D_i / 2`` for every row and target ``[n, m]``, given ``c' D_i`` ``[n, m]``."""
    linear = influence.objective.canonical
    ratios = [_ratio(one) if linear and one.outputs == 1 else torch.nan for one in targets]
    factor = torch.as_tensor(ratios, dtype=effects.dtype, device=effects.device)
    found = torch.empty_like(effects)
    for start in range(0, len(effects), ROWS_AT_ONCE):  # in the processor's cache
        block = slice(start, start + ROWS_AT_ONCE)
        torch.mul(effects[block], effects[block], out=found[block]).mul_(factor)
    rest = torch.nonzero(~torch.isfinite(factor)).flatten().tolist()

    def width(place: int) -> int:
        """Outputs through which a target is seen; 0 if not through these."""
        outputs = targets[place].outputs
        return outputs if linear and outputs <= FEW_OUTPUTS else 0

    for outputs, several in groupby(sorted(rest, key=width), width):
        places = list(several)
        chosen = [targets[place] for place in places]
        by = _through_outputs if outputs else _through_whitener
        index = torch.as_tensor(places, device=found.device)
        found.index_copy_(1, index, by(influence, chosen))
    return found


def bent_along(targets: Sequence[Curved], steps: Tensor) -> Tensor:
    """``D' (grad^2 T) D / 2`` for explicit steps ``[p, rows]``: ``[rows, m]``."""
    return torch.stack([(steps * one.bend(steps)).sum(0) for one in targets], dim=1) / 2


def _ratio(target: Curved) -> float:
    """``t'' / (2 t'^2)``; not finite where the target does not move with its output at first order."""
    slope, bent = (float(value) for value in target.own_bend())
    return bent / 2 / slope / slope if slope else torch.nan


def _through_outputs(influence: Stepping, targets: Sequence[Curved]) -> Tensor:
    """From the moves ``m`` of each target's own ``q`` outputs, ``m' B m = sum (Q' m)^2 l``: ``[n, m]``."""
    values, vectors = torch.linalg.eigh(torch.stack([one.own_bend()[1] for one in targets]))
    size = values.abs().amax(1, keepdim=True)
    seen = values.abs() > torch.finfo(values.dtype).eps * size * values.shape[1]
    kept = seen.any(0)  # classes have one direction in which nothing bends
    values = values[:, kept]
    along = [
        turned[:, kept].T @ one.seen(influence.whitener)
        for turned, one in zip(vectors, targets, strict=True)
    ]
    basis = torch.cat(along)
    found = []
    for step in _steps(influence, len(basis)):
        moved = (step @ basis.T).square_().mul_(values.flatten())
        found.append(moved.unflatten(1, values.shape).sum(2))
    return torch.cat(found) / 2


def _through_whitener(influence: Stepping, targets: Sequence[Curved]) -> Tensor:
    """From ``Z' (grad^2 T) Z`` of each target, as many together as there is room for, ``[n, m]``."""
    whitener = influence.whitener
    room = block_rows(2 * whitener.numel(), whitener)
    found = []
    for start in range(0, len(targets), room):
        inner = [whitener.T @ one.bend(whitener) for one in targets[start : start + room]]
        parts = [
            torch.stack([((step @ one) * step).sum(1) for one in inner], dim=1)
            for step in _steps(influence, whitener.shape[1])
        ]
        found.append(torch.cat(parts) / 2)
    return torch.cat(found, dim=1)


def _steps(influence: Stepping, beside: int) -> Iterator[Tensor]:
    """Every row's step in the basis of the whitener, ``D_i = Z s_i``, a block ``[rows, r]`` at a time.

    ``beside``: numbers that each row's step is turned into.
    """
    n, residual = influence.objective.n, influence.residual
    linearization, whitener = influence.point.linearization, influence.whitener
    numbers = (residual.shape[1] + 1) * whitener.shape[1] + 2 * beside
    step = min(ROWS_AT_ONCE, block_rows(numbers, residual))
    for rows in torch.arange(n, device=residual.device).split(step):
        report("second order", int(rows[0]), n)
        half = linearization.project(rows, whitener)
        yield (residual[rows][:, :, None] * half).sum(1) / n
