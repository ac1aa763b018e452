"""How far a prediction about removed rows can be trusted, in words and numbers."""

from __future__ import annotations

from dataclasses import dataclass

GOOD, FAIR = 0.05, 0.25  # expected relative errors up to which a prediction is good, or fair


@dataclass(frozen=True)
class Reach:
    """How far to trust a prediction about a set of removed rows.

    The verdict is about the parameters. A target on which the rows' effects cancel may change by much less
    than its parts: its own relative error can then be larger than ``expected_error``, by the factor by
    which they cancel.

    Attributes:
        expected_error: of the predicted parameter change ``x``, relative to that of a refit as far as it
            can be told: ``||s|| / ||x + s||`` in the norm of the curvature ``C``, where ``s`` is what a
            second step would add, along ``-C^-1 g`` with ``g`` the gradient that is left at ``theta + x``
            without the rows (less that of the fit), as far as the Hessian there says. It sees the removed
            rows' own curvature, its change on the way, damping, and where Fisher and Hessian differ.
        leverage: sum of the removed rows' leverages. share: of the training rows that are removed.
        level: "good", "fair" or "poor". text: one sentence that says so.
    """

    expected_error: float
    leverage: float
    share: float
    level: str
    text: str


def judge(expected_error: float, leverage: float, share: float) -> Reach:
    """Numbers turned into a verdict."""
    if expected_error <= GOOD:
        level, advice = "good", "Expect the refit to differ little from this prediction."
    elif expected_error <= FAIR:
        level, advice = "fair", "Direction and order hold; the size is likely to be too small."
    else:
        level, advice = "poor", "Too much is removed for one step; retrain to know."
    percent = f"{100 * expected_error:.2g}" if expected_error < 1 else f"{100 * expected_error:.0f}"
    text = (
        f"Removing {100 * share:.2g} % of the rows (summed leverage {leverage:.2g}): about "
        f"{percent} % of the change is beyond one step. {advice}"
    )
    return Reach(expected_error, leverage, share, level, text)
