"""Shared by all methods at one fit: the linearization, and each curvature with its matrix and factor."""

from __future__ import annotations

import threading

from torch import Tensor

from afif_explorer.engine.curvature.operators import Curvature
from afif_explorer.engine.problem.objective import Objective


class Shared:
    """An objective at one ``theta`` ``[p]`` and its curvatures, created on first use."""

    def __init__(self, objective: Objective, theta: Tensor) -> None:
        self.objective = objective
        self.point = objective.at(theta)
        self._lock = threading.Lock()
        self._kept: dict[tuple[type[Curvature], float], Curvature] = {}

    def curvature(self, kind: type[Curvature], damping: float) -> Curvature:
        """A curvature with a damping; those of one kind share the matrix."""
        with self._lock:
            plain = self._kept.setdefault((kind, 0.0), kind.of(self.point))
            if not damping:
                return plain
            return self._kept.setdefault((kind, damping), plain.damped(damping))
