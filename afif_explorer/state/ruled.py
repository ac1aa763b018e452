"""What LiSSA's rule took for a setting, and what stands in its place where it took nothing."""

from __future__ import annotations

import math

from afif_explorer.results import LissaReport, Points

_REPORTED = {"scale": "automatic_scale", "depth": "automatic_depth", "batch_size": "batch_size"}


def found(name: str, lissa: LissaReport | None, points: Points | None) -> float | None:
    """The rule's "scale", "depth" or "batch_size", as far as these results tell."""
    if lissa is not None:
        return getattr(lissa, _REPORTED[name])
    return None if points is None else getattr(points.solver, name, None)


def rounded(value: float | None, usual: tuple[float, float]) -> float:
    """The value to three significant digits; without one the middle of the usual range, by ratio."""
    low, high = usual
    return float(f"{math.sqrt(low * high) if value is None else value:.3g}")
