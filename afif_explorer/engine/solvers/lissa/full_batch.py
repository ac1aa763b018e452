"""LiSSA with all rows in every step, evaluated on the curvature's eigenvalues instead of step by step.

After ``T`` steps the result is ``phi(C) c`` with ``phi(t) = (1 - (1 - t / sigma)^(T + 1)) / t``, the same as
the recursion's to rounding (see :mod:`afif_explorer.engine.curvature.spectrum`). One eigendecomposition
serves every scale, depth and damping, and tells the error exactly.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from afif_explorer.engine.curvature.operators import Curvature
from afif_explorer.engine.curvature.spectrum import Bounds, Spectrum, spectrum_of
from afif_explorer.engine.solvers.base import Prepared, Solution, Status, worst_ratio
from afif_explorer.engine.solvers.lissa.effect_error import error_of_effects
from afif_explorer.engine.solvers.lissa.noise import row_noise
from afif_explorer.engine.solvers.lissa.rule import TOLERANCE, Rule, batch_for

FEW = 3000  # parameters whose eigenvalues cost less than a long recursion


class EvaluatedLiSSA(Prepared):
    """The recursion's result with every setting decided, on one curvature with at most 3000 parameters.

    ``stats["error"]`` is the relative error of the solution, the largest of its columns, and
    ``stats["effect_error"]`` that of the effects of all rows, which decides whether it converged.
    """

    def __init__(self, curvature: Curvature, scale: float | None, depth: int | None) -> None:
        self.curvature = curvature
        rule = self.rule
        self.scale = scale or rule.scale
        self.depth = depth or rule.depth_at(self.scale)

    @cached_property
    def rule(self) -> Rule:
        """Settings by rule, from the exact eigenvalues."""
        return exact_rule(self.curvature, self.curvature.point.objective.n)

    def _solve(self, rhs: Tensor) -> Solution:
        spectrum, damping = spectrum_of(self.curvature), self.curvature.damping
        stats = self._stats(rhs.shape[1])
        if spectrum.diverges(self.scale, damping):
            advice = self.rule.divergence_advice(self.curvature.name, self.scale)
            return Solution(torch.full_like(rhs, torch.nan), Status.DIVERGED, advice, stats)
        value = spectrum.lissa(rhs, scale=self.scale, depth=self.depth, damping=damping)
        stats |= self._misses(spectrum, rhs)
        if stats["effect_error"] <= TOLERANCE:
            return Solution(value, Status.CONVERGED, "", stats)
        advice = self.rule.shortfall(self.scale, self.depth)
        return Solution(value, Status.MAX_STEPS, advice, stats)

    def _misses(self, spectrum: Spectrum, rhs: Tensor) -> dict:
        """Residual and errors of the cut series, which leaves out ``(1 - C / scale)^(depth + 1) c``."""
        damped = (spectrum.values + self.curvature.damping)[:, None]
        wanted = spectrum.coordinates(rhs)
        missing = (1 - damped / self.scale) ** (self.depth + 1) * wanted
        error, exact = missing / damped, wanted / damped
        return {
            "residual": worst_ratio(missing, wanted),
            "error": worst_ratio(error, exact),
            "effect_error": error_of_effects(
                self.curvature, spectrum.vectors @ error, spectrum.vectors @ exact
            ),
        }

    def _stats(self, columns: int) -> dict:
        n = self.curvature.point.objective.n
        return {
            "batch_trace": np.empty((1, 0)),  # no step is carried out
            "steps": self.depth,
            "products": self.depth * columns,
            "scale": self.scale,
            "depth": self.depth,
            "batch_size": n,
            "repeats": 1,
            "averaged": 1,
        }


def exact_rule(curvature: Curvature, batch_size: int | None = None) -> Rule:
    """LiSSA's settings by rule, as :func:`~afif_explorer.engine.solvers.lissa.rule.automatic` has them, but
    from the exact eigenvalues."""
    objective, values = curvature.point.objective, spectrum_of(curvature).values
    found = Bounds(
        largest=float(values[-1]) + curvature.damping,
        smallest=float(values[0]) + curvature.damping,
        trace=max(0.0, float(values.sum() - (curvature.diagonal_shift - curvature.damping).sum())),
    )
    noise = 0.0
    if batch_for(objective.n, batch_size) < objective.n:
        kept = curvature.kept
        if "row noise" not in kept:
            kept["row noise"] = row_noise(curvature)
        noise = kept["row noise"]
    return Rule.of(found, noise, objective.n, batch_size)
