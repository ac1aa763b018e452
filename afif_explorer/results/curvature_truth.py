"""Effects under both curvatures beside refits and the proximal Bregman response, for some rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Closeness:
    """How close predictions are to a truth."""

    pearson: float | None
    slope: float | None  # least squares of the truth on the prediction
    error: float  # norm of the difference by that of the truth


@dataclass(frozen=True, eq=False)
class CurvatureTruth:
    """The checked rows; all effects are those of removing one row, by the plain step."""

    ids: np.ndarray  # [m]
    predicted: Mapping[
        str, np.ndarray
    ]  # "Fisher", "Hessian" -> [m]; none where there is no solution
    truths: Mapping[str, np.ndarray]  # "retrained", "Bregman response" -> [m]
    closeness: Mapping[tuple[str, str], Closeness]  # curvature, truth -> how close
    gradient_norm: float | None  # the largest that any response stopped at
    target_label: str
    unit: str
    notes: tuple[str, ...] = ()
