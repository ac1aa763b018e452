"""Steps of many rows with an L1 penalty, from the steps that keep all zeros and signs, by pivoting.

Let ``S`` be the nonzero parameters at the fit, ``V`` some zero ones, ``h`` the gradient of the removed row
divided by ``n``, ``g`` the gradient of the smooth part at the fit and ``a`` the penalty's threshold. Keeping
zeros and signs, the step is ``D = C_SS^-1 h_S``; it leaves ``V`` the slope ``b = g_V - h_V + C_VS D``. If
some ``A`` of ``V`` become nonzero with signs ``s``, ``Z`` of ``S`` become zero and ``O`` of ``S`` change
sign, then with ``P = C_SS^-1 C_SV``, ``K = C_VV - C_VS P`` and ``R = C_SS^-1``

``[K_AA, -P_ZA'; P_ZA, R_ZZ] [x; u_Z] = [-b_A - a s + P_OA' u_O; (D + theta)_Z - R_ZO u_O]``,
``u_O = -2 a sign(theta_O)``,

gives the change ``x`` of ``A`` and the multipliers ``u``; then ``S`` moves by ``D - P x - R u`` and the slope
of ``V`` is ``b + K x - P' u``. ``A``, ``Z`` and ``O`` are corrected until all signs and slopes agree: that is
the minimiser of the proximal problem on ``S`` and ``V``. All that disagree are corrected together as long as
their number falls; else one at a time, in a fixed order, which ends for every positive definite ``C``.

Sources: Osborne, Presnell and Turlach, A New Approach to Variable Selection in Least Squares Problems (2000);
Judice and Pires, A Block Principal Pivoting Algorithm for Large-Scale Strictly Monotone Linear
Complementarity Problems (1994).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from afif_explorer.engine.runtime.memory import block_rows

PIVOTS = 1000
PATIENCE = 10  # rounds of joint corrections that do not lower the number of disagreements
LARGE = 64  # unknowns
SLACK = 1e-9  # relative to the threshold
KEPT, ZERO, OPPOSITE = 0, 1, 2  # the state of a parameter of S


@dataclass(frozen=True, eq=False)
class Blocks:
    """What the rows share; ``S`` has ``s`` parameters and ``V`` has ``v``.

    Attributes:
        theta, penalised: ``[s]``, of the nonzero parameters.
        solved: ``P`` ``[s, v]``. schur: ``K`` ``[v, v]``. inverse: ``R`` ``[s, s]``. threshold: ``a``.
        rank: of ``C`` at most; among more nonzero parameters it is singular.
    """

    theta: Tensor
    penalised: Tensor
    solved: Tensor
    schur: Tensor
    inverse: Tensor
    threshold: float
    rank: int


@dataclass(frozen=True, eq=False)
class Pivoted:
    """The result for ``m`` rows: ``x`` ``[m, v]``, ``u`` ``[m, s]``, ``step`` of ``S`` ``[m, s]``.

    ``settled`` ``[m]``: whether all signs and slopes agree.
    """

    x: Tensor
    u: Tensor
    step: Tensor
    settled: Tensor


def pivoted(blocks: Blocks, kept: Tensor, slope: Tensor) -> Pivoted:
    """Pivot from ``D`` ``[m, s]`` and ``b`` ``[m, v]`` of some rows."""
    search = _Search(blocks, kept, slope)
    for _ in range(PIVOTS):
        if not len(search.active):
            break
        search.pivot()
    return Pivoted(search.x, search.u, search.step, search.settled)


class _Search:
    """The state of all rows: signs of ``V`` ``[m, v]`` and states of ``S`` ``[m, s]``."""

    def __init__(self, blocks: Blocks, kept: Tensor, slope: Tensor) -> None:
        self._blocks, self._kept, self._slope = blocks, kept, slope
        self._beyond = blocks.threshold * (1 + SLACK)
        self.x, self.u = torch.zeros_like(slope), torch.zeros_like(kept)
        self.step = kept.clone()
        self._signs = torch.where(slope.abs() > self._beyond, -slope.sign(), 0.0)
        self._states = torch.where(self._crosses(kept), ZERO, KEPT)
        m = len(kept)
        self.settled = torch.zeros(m, dtype=torch.bool, device=kept.device)
        self.active = torch.arange(m, device=kept.device)
        self._fewest = torch.full((m,), kept.shape[1] + slope.shape[1] + 1, device=kept.device)
        self._patience = torch.full((m,), PATIENCE, device=kept.device)

    def pivot(self) -> None:
        """Solve for all active rows and correct what disagrees."""
        at = self.active
        x, u, sound = self._solved(at)
        step = self._kept[at] - _times(x, self._blocks.solved.T) - _times(u, self._blocks.inverse)
        slope = self._slope[at] + _times(x, self._blocks.schur) - _times(u, self._blocks.solved)
        signs, states = self._corrected(at, x, u, step, slope)
        wrong = torch.cat([signs != self._signs[at], states != self._states[at]], dim=1)
        count = wrong.sum(1)
        self.x[at], self.u[at], self.step[at] = x, u, step
        self.settled[at[sound & (count == 0)]] = True
        changed = self._chosen(at, wrong, count)
        v = signs.shape[1]
        self._signs[at] = torch.where(changed[:, :v], signs, self._signs[at])
        self._states[at] = torch.where(changed[:, v:], states, self._states[at])
        self.active = at[sound & (count > 0)]

    def _chosen(self, at: Tensor, wrong: Tensor, count: Tensor) -> Tensor:
        """Of what is wrong, what is corrected now ``[m, v + s]``: all, or the first once patience ends."""
        fewer = count < self._fewest[at]
        self._fewest[at] = torch.minimum(self._fewest[at], count)
        left = torch.where(fewer, PATIENCE, self._patience[at] - 1)
        self._patience[at] = left
        first = torch.zeros_like(wrong)
        if wrong.shape[1]:
            first.scatter_(1, wrong.to(torch.uint8).argmax(1, keepdim=True), True)
        return wrong & (first | (left >= 0)[:, None])

    def _corrected(
        self, at: Tensor, x: Tensor, u: Tensor, step: Tensor, slope: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The signs and states that the solution implies."""
        signs, states = self._signs[at], self._states[at]
        entering = (signs == 0) & (slope.abs() > self._beyond)
        fresh = torch.where(signs * x < 0, 0.0, signs)
        fresh = torch.where(entering, -slope.sign(), fresh)
        theta = self._blocks.theta
        ahead = torch.where(self._crosses(step), ZERO, KEPT)
        back = torch.where(theta * (theta + step) > 0, ZERO, OPPOSITE)
        push = self._blocks.threshold * theta.sign() + u  # minus the slope of a parameter at zero
        side = torch.where(push * theta > 0, KEPT, OPPOSITE)
        held = torch.where(push.abs() > self._beyond, side, ZERO)
        found = torch.where(states == ZERO, held, torch.where(states == KEPT, ahead, back))
        return fresh, found

    def _crosses(self, step: Tensor) -> Tensor:
        theta = self._blocks.theta
        return self._blocks.penalised & (theta * (theta + step) < 0)

    def _solved(self, at: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """``x`` ``[m, v]`` and ``u`` ``[m, s]`` of some rows, and which of their systems are regular."""
        blocks, signs, states = self._blocks, self._signs[at], self._states[at]
        known = torch.where(states == OPPOSITE, -2 * blocks.threshold * blocks.theta.sign(), 0.0)
        right_v = _times(known, blocks.solved) - self._slope[at] - blocks.threshold * signs
        right_s = self._kept[at] + blocks.theta - _times(known, blocks.inverse)
        x, u = torch.zeros_like(right_v), known
        inside_v, inside_s = signs != 0, states == ZERO
        entered, left = inside_v.sum(1), inside_s.sum(1)
        sound = len(blocks.theta) + entered - left <= blocks.rank
        for some in _alike((entered + left) * sound, x):
            a, has_a = _padded(inside_v[some])
            z, has_z = _padded(inside_s[some])
            matrix = self._systems(a, has_a, z, has_z)
            right = torch.cat(
                [right_v[some].gather(1, a) * has_a, right_s[some].gather(1, z) * has_z], dim=1
            )
            found, regular = _solutions(matrix, right)
            sound[some] = regular
            few_a, few_z = found.split([a.shape[1], z.shape[1]], dim=1)
            x[some] = x[some].scatter_add(1, a, few_a * has_a)
            u[some] = u[some].scatter_add(1, z, few_z * has_z)
        return x, u, sound

    def _systems(self, a: Tensor, has_a: Tensor, z: Tensor, has_z: Tensor) -> Tensor:
        """The matrices of some rows, padded by ones on the diagonal, ``[m, q, q]``."""
        blocks = self._blocks
        across = blocks.solved[z[:, :, None], a[:, None, :]] * (has_z[:, :, None] & has_a[:, None])
        within = blocks.schur[a[:, :, None], a[:, None, :]] * (has_a[:, :, None] & has_a[:, None])
        inner = blocks.inverse[z[:, :, None], z[:, None, :]] * (has_z[:, :, None] & has_z[:, None])
        top = torch.cat([within, -across.mT], dim=2)
        matrix = torch.cat([top, torch.cat([across, inner], dim=2)], dim=1)
        pads = ~torch.cat([has_a, has_z], dim=1)
        matrix.diagonal(dim1=1, dim2=2).add_(pads.to(matrix.dtype))
        return matrix


def _solutions(matrices: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
    """The solutions ``[m, q]`` of some systems, and which of them are regular ``[m]``.

    Large ones one by one: torch's threads can end with wrong pivots where one call solves several.
    """
    few = 1 if matrices.shape[1] > LARGE else len(matrices)
    parts = [
        torch.linalg.solve_ex(some, own[:, :, None])
        for some, own in zip(matrices.split(few), right.split(few), strict=True)
    ]
    found = torch.cat([part.result for part in parts])[:, :, 0]
    return found, (torch.cat([part.info for part in parts]) == 0) & found.isfinite().all(1)


def _times(few: Tensor, matrix: Tensor) -> Tensor:
    """``F M`` for ``F`` ``[m, q]`` with few nonzero numbers."""
    return torch.mm(few.to_sparse(), matrix)


def _alike(sizes: Tensor, like: Tensor) -> list[Tensor]:
    """Positions of the systems of at least one unknown, in groups of similar sizes that fit into memory."""
    order = torch.argsort(sizes)
    order = order[sizes[order] > 0]
    groups, start = [], 0
    while start < len(order):
        least = int(sizes[order[start]])
        most = max(8, 2 * least)
        end = start + int((sizes[order[start:]] <= most).sum())
        room = block_rows(4 * most**2, like)
        groups.append(order[start : min(end, start + room)])
        start = min(end, start + room)
    return groups


def _padded(mask: Tensor) -> tuple[Tensor, Tensor]:
    """The places of ``mask`` ``[m, q]`` in each row, padded by 0, ``[m, most]``, and which are none."""
    counts = mask.sum(1)
    most = int(counts.max()) if len(counts) else 0
    has = torch.arange(most, device=mask.device) < counts[:, None]
    places = torch.zeros(len(mask), most, dtype=torch.int64, device=mask.device)
    places[has] = torch.nonzero(mask)[:, 1]
    return places, has
