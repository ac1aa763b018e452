"""LiSSA's automatic scale, batch size and depth, and advice on divergence."""

from __future__ import annotations

import math
from dataclasses import dataclass

from afif_explorer.engine.curvature.operators import Curvature
from afif_explorer.engine.curvature.spectrum import Bounds, bounds
from afif_explorer.engine.solvers.factor import rounded_up
from afif_explorer.engine.solvers.lissa.noise import row_noise

DECAY = 8.0  # the automatic depth leaves e^-8 of the error in the flattest direction
DEPTH_LIMIT = 10_000
BATCH = 256
TOLERANCE = 0.05  # relative error of the effects up to which a solve counts as converged
NEAR = 0.6  # of the largest eigenvalue: below that a scale is near the half of it, where steps grow


@dataclass(frozen=True)
class Rule:
    """The automatic settings and the estimates behind them. Eigenvalues include penalty and damping."""

    scale: float
    batch_size: int
    largest: float
    smallest: float
    trace: float  # of the data part

    @classmethod
    def of(cls, found: Bounds, noise: float, n: int, batch_size: int | None = None) -> Rule:
        """``sigma = lambda_max + K / B``, ``B = 256`` or all rows; no second term with full batches.

        ``noise`` is ``K`` (:func:`~afif_explorer.engine.solvers.lissa.noise.row_noise`).
        """
        batch = batch_for(n, batch_size)
        scale = found.largest + (noise / batch if batch < n else 0.0)
        return cls(scale, batch, found.largest, found.smallest, found.trace)

    @property
    def depth(self) -> int:
        """The number of steps at the automatic scale."""
        return self.depth_at(self.scale)

    def depth_at(self, scale: float) -> int:
        """``8 sigma / mu`` steps at another scale, but at most 10 000."""
        return min(DEPTH_LIMIT, self.enough_at(scale))

    def enough_at(self, scale: float) -> int:
        """The number of steps at another scale that resolve the flattest direction, without a limit."""
        return math.ceil(DECAY * scale / max(self.smallest, 1e-9 * self.largest))

    def divergence_advice(self, curvature: str, scale: float) -> str:
        """Why the recursion diverges at this scale, and what would work."""
        if self.smallest < -1e-9 * self.largest:
            return (
                f"The {curvature} has negative curvature ({self.smallest:.2g}), where no scale converges: "
                f"raise the damping by at least {rounded_up(-1.1 * self.smallest)}, or use the Fisher."
            )
        room = (
            f" plus a margin for batches of {self.batch_size}" if self.scale > self.largest else ""
        )
        return (
            f"LiSSA diverged at scale {scale:.3g}: set the scale to {self.scale:.3g} "
            f"(largest eigenvalue {self.largest:.3g}{room})."
        )

    def shortfall(self, scale: float, depth: int) -> str:
        """What would complete a series that was cut early, and what the cut amounts to.

        For curvatures far below ``scale / depth`` the series gives ``(depth + 1) / scale``, the inverse of
        a damping.
        """
        if scale < NEAR * self.largest:
            return f"The scale is near where the recursion diverges: raise it to {self.scale:.3g}."
        enough = max(self.enough_at(scale), depth + 1)
        return (
            f"The series was cut early: raise the depth to {enough}, or raise the damping; cut here, flat "
            f"directions are damped by about {scale / (depth + 1):.2g}."
        )


def automatic(curvature: Curvature, batch_size: int | None = None) -> Rule:
    """Scale, batch and depth from a few curvature products, without a dense matrix.

    ``sigma = lambda_max + K / B`` (no second term with full batches), ``B = 256`` or all rows, and
    ``T = 8 sigma / mu`` but at most 10 000 steps. ``lambda_max`` and ``mu`` are the extreme eigenvalues,
    penalty and damping included; ``K`` bounds the curvature of single rows
    (:mod:`afif_explorer.engine.solvers.lissa.noise`). This is twice the scale below which batches diverge
    in mean square.
    """
    n = curvature.point.objective.n
    noise = row_noise(curvature) if batch_for(n, batch_size) < n else 0.0
    return Rule.of(bounds(curvature), noise, n, batch_size)


def batch_for(n: int, batch_size: int | None) -> int:
    """The rows per step: as given, or 256, but at most ``n``."""
    return min(n, batch_size or BATCH)
