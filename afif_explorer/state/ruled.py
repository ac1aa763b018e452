"""LiSSA's automatic value of a setting, and its fallback."""

from __future__ import annotations

import math

from afif_explorer.results import LissaReport, Points

_REPORTED = {"scale": "automatic_scale", "depth": "automatic_depth", "batch_size": "batch_size"}


def found(name: str, lissa: LissaReport | None, points: Points | None) -> float | None:
    """The automatic "scale", "depth" or "batch_size", if these results contain it."""
    if lissa is not None:
        return getattr(lissa, _REPORTED[name])
    return None if points is None else getattr(points.solver, name, None)


def rounded(value: float | None, usual: tuple[float, float]) -> float:
    """The value to three significant digits; without one the geometric mean of the usual range."""
    low, high = usual
    return float(f"{math.sqrt(low * high) if value is None else value:.3g}")
