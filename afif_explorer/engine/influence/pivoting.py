"""One row's step with an L1 penalty, from the step that keeps all zeros and signs, by pivoting.

Let ``S`` be the nonzero parameters at the fit, ``V`` some others, ``h`` the gradient of the removed row
divided by ``n``, ``g`` the gradient of the smooth part at the fit and ``a`` the penalty's threshold. Keeping
zeros and signs, the step is ``D = C_SS^-1 h_S``. If parameters ``A`` of ``V`` become nonzero with signs ``s``
and parameters ``Z`` of ``S`` become zero, then with ``P = C_SS^-1 C_SV`` and ``K = C_VV - C_VS P``

``[K_AA, -P_ZA'; P_ZA, (C_SS^-1)_ZZ] [x; u] = [(h - g)_A - P_A' h_S - a s; D_Z + theta_Z]``

gives their change ``x`` and the multipliers ``u``: a small system. ``A`` and ``Z`` are corrected until all
signs and gradients agree, which is then the minimiser of the whole proximal problem on ``S`` and ``V``.

Source: Osborne, Presnell and Turlach, A New Approach to Variable Selection in Least Squares Problems (2000).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.linalg import LinAlgError

PIVOTS = 30
SLACK = 1e-9  # relative to the threshold


@dataclass(frozen=True, eq=False)
class Blocks:
    """What the rows share, as NumPy arrays; ``S`` has ``s`` parameters and ``V`` has ``v``.

    Attributes:
        theta, penalised: ``[s]``, of the nonzero parameters. gradient: ``[v]``, at the fit.
        across: ``C_SV`` ``[s, v]``. inner: ``C_VV``. solved: ``P`` ``[s, v]``. inverse: the columns of
            ``C_SS^-1`` at ``places`` of ``S``, ``[s, z]``. threshold: ``a``.
    """

    theta: np.ndarray
    penalised: np.ndarray
    gradient: np.ndarray
    across: np.ndarray
    inner: np.ndarray
    solved: np.ndarray
    inverse: np.ndarray
    places: np.ndarray
    threshold: float

    def schur(self, active: np.ndarray) -> np.ndarray:
        """``K`` among some of ``V``."""
        across, solved = self.across[:, active], self.solved[:, active]
        found: np.ndarray = self.inner[np.ix_(active, active)] - across.T @ solved
        return found


def pivoted(blocks: Blocks, step: np.ndarray, h: np.ndarray, g: np.ndarray) -> np.ndarray | None:
    """The step on ``S`` and ``V`` of one row, ``[s + v]``; None if it needs more than is prepared.

    ``step`` is ``C_SS^-1 h_S`` ``[s]``, ``h`` is ``h_S``, ``g`` is ``h_V``.
    """
    v, a = len(blocks.gradient), blocks.threshold
    reduced = g - blocks.gradient - blocks.solved.T @ h
    signs = np.where(np.abs(reduced) > a, np.sign(reduced), 0.0)  # of A; 0 elsewhere
    column = {int(place): number for number, place in enumerate(blocks.places)}
    zeroed: list[int] = _flips(blocks, step, [])
    for _ in range(PIVOTS):
        if any(place not in column for place in zeroed):
            return None
        active = np.flatnonzero(signs)
        inverse = blocks.inverse[:, [column[place] for place in zeroed]]
        coupled = blocks.solved[zeroed][:, active]
        system = np.block([
            [blocks.schur(active), -coupled.T],
            [coupled, inverse[zeroed]],
        ])  # fmt: skip
        right = np.concatenate(
            [reduced[active] - a * signs[active], step[zeroed] + blocks.theta[zeroed]]
        )
        try:
            found = np.linalg.solve(system, right)
        except LinAlgError:
            return None
        x, u = found[: len(active)], found[len(active) :]
        moved = step - blocks.solved[:, active] @ x - inverse @ u
        moved[zeroed] = -blocks.theta[zeroed]
        fresh = np.zeros(v)
        fresh[active] = x
        slope = blocks.gradient - g + blocks.across.T @ moved + blocks.inner[:, active] @ x
        wrong = signs * fresh < 0
        entering = (signs == 0) & (np.abs(slope) > a * (1 + SLACK))
        flips = _flips(blocks, moved, zeroed)
        back = [
            place
            for place, push in zip(zeroed, u, strict=True)
            if abs(a * np.sign(blocks.theta[place]) + push) > a * (1 + SLACK)
        ]
        if not (wrong.any() or entering.any() or flips or back):
            return np.concatenate([moved, fresh])
        signs[wrong] = 0.0
        signs[entering] = -np.sign(slope[entering])
        zeroed = [place for place in zeroed if place not in back] + flips
    return None


def _flips(blocks: Blocks, step: np.ndarray, zeroed: list[int]) -> list[int]:
    """The places of ``S`` whose sign changes, of those that are not zeroed."""
    crosses = blocks.penalised & (blocks.theta * (blocks.theta + step) < 0)
    crosses[zeroed] = False
    found: list[int] = np.flatnonzero(crosses).tolist()
    return found
