"""LiSSA's recursion on one curvature: its steps, and the detection of divergence.

``u_0 = c``, ``u_t = c + u_{t-1} - C_{B_t} u_{t-1} / sigma`` with a fresh batch ``B_t`` of rows at each step,
drawn with replacement. :mod:`afif_explorer.engine.solvers.lissa.solver` turns the steps into a solution.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from afif_explorer.engine.curvature.operators import Curvature
from afif_explorer.engine.runtime.memory import fits

LOOK_EVERY = 10  # steps between two checks of residual and divergence
SLACK = 10.0  # times the maximum norm of a convergent recursion


class Recursion:
    """``u <- c + u - C_B u / scale`` for ``depth`` steps, each with ``batch_size`` rows.

    Attributes:
        whole: every step uses all rows, each once, without randomness.
        keeps_rows: the scaled rows of all products are stored, if they fit into memory.
    """

    def __init__(
        self, curvature: Curvature, *, scale: float, depth: int, batch_size: int, seed: int
    ) -> None:
        self._curvature, self._scale, self._depth = curvature, scale, depth
        self._n, self._batch_size, self._seed = curvature.point.objective.n, batch_size, seed
        self.whole = batch_size >= self._n
        self._half = None if self.whole else _halved(curvature)
        self.keeps_rows = self._half is not None
        # The factor by which penalty and damping shrink u in one step, [p, 1].
        self._kept = 1 - curvature.diagonal_shift[:, None] / scale

    def walk(
        self, rhs: Tensor, repeat: int, *, look_every: int, seen: list[float]
    ) -> Iterator[tuple[int, Tensor, bool]]:
        """Yield every step's ``(t, u_t, diverged?)`` of one run, the last one of them at depth ``T``.

        ``seen`` receives the relative residual of every ``look_every``-th step and of the last. The batches
        of a run are determined by the seed and ``repeat``.
        """
        generator = torch.Generator().manual_seed(self._seed * 1_000_003 + repeat)
        reach, size = float(rhs.norm(dim=0).max()), max(float(rhs.norm()), 1e-300)
        u, last = rhs.clone(), math.inf
        for step in range(1, self._depth + 1):
            fresh = self._stepped(u, rhs, generator)
            if step % look_every == 0 or step == self._depth:
                moved = float((fresh - u).norm())
                seen.append(moved / size)
                if self._grows(float(fresh.norm(dim=0).max()), moved, last, reach, step):
                    yield step, u, True
                    return
                last = moved
            u = fresh
            yield step, u, False

    def _stepped(self, u: Tensor, rhs: Tensor, generator: torch.Generator) -> Tensor:
        """``c + u - C_B u / sigma`` with a fresh batch."""
        if self.whole:
            return rhs + u - (self._curvature @ u) / self._scale
        rows = torch.randint(self._n, (self._batch_size,), generator=generator).to(rhs.device)
        if self._half is None:
            return rhs + u - (self._curvature.batch(rows) @ u) / self._scale
        half = self._half[rows].flatten(0, 1)
        fresh = torch.addcmul(rhs, u, self._kept)
        return fresh.addmm_(half.T, half @ u, alpha=-self._n / (self._batch_size * self._scale))

    def _grows(self, size: float, moved: float, last: float, reach: float, step: int) -> bool:
        """Whether the recursion has exceeded the bounds of a convergent one.

        If no step expands, ``|u_t| <= (t + 1) |c|``; and with full batches ``|u_t - u_{t-1}|`` never
        increases.
        """
        if not math.isfinite(size) or size > SLACK * (step + 1) * reach:
            return True
        return self.whole and moved > last * (1 + 1e-6) and moved > 1e-9 * reach


def _halved(curvature: Curvature) -> Tensor | None:
    """``sqrt(w_i / n) S_i' J_i`` of every row, ``[n, r, p]``; None if undefined or too large."""
    roots = curvature.roots()
    if roots is None or curvature.has_extra or bool((curvature.mean_weights < 0).any()):
        return None
    n, _, rank = roots.shape
    if not fits(n * rank * curvature.p, roots.dtype):
        return None
    half = roots.new_empty(n, rank, curvature.p)
    scaled = roots * curvature.mean_weights.sqrt()[:, None, None]
    for rows, part in curvature.point.linearization.explicit(scaled):
        half[rows] = part
    return half
