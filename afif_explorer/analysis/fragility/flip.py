"""``flip``: how few training rows carry each decision, or the sign of a target."""

from __future__ import annotations

from typing import overload

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.prepared import prepared
from afif_explorer.analysis.fragility.conclusion import ConclusionFlip, conclusion_flip
from afif_explorer.analysis.fragility.decisions import DecisionFlips, decision_flips
from afif_explorer.analysis.rows.corrected import warn_without_effect
from afif_explorer.engine.influence.methods import AFIF, Method, checked_method
from afif_explorer.engine.targets.base import Target
from afif_explorer.engine.targets.bound import checked_fit
from afif_explorer.errors import InvalidChoice
from afif_explorer.numeric import checked_count, is_number, is_whole
from afif_explorer.wording import quoted

DECISIONS = 300  # rows up to which sets are searched that carry a decision
SHARE = 2  # of all rows, 1 / SHARE, up to which a set is searched that carries a target's sign


@overload
def flip(
    fit: Fit,
    target: None = None,
    *,
    split: str = "test",
    method: Method = ...,
    level: float = 0.0,
    most: int | None = None,
    refitted: int = 20,
) -> DecisionFlips: ...


@overload
def flip(
    fit: Fit,
    target: Target,
    *,
    split: str = "test",
    method: Method = ...,
    level: float = 0.0,
    most: int | None = None,
    refitted: int = 20,
) -> ConclusionFlip: ...


def flip(
    fit: Fit,
    target: Target | None = None,
    *,
    split: str = "test",
    method: Method = AFIF(),  # noqa: B008 - a frozen value
    level: float = 0.0,
    most: int | None = None,
    refitted: int = 20,
) -> DecisionFlips | ConclusionFlip:
    """How few training rows carry the decisions of a model, or the sign of a target.

    Without a target, for every row ``t`` of a split: removing row ``i`` moves the lead of the decided class
    over a rival by ``s_t' D_i`` with ``s_t`` the gradient of that lead and ``D_i = C^-1 g_i / (n (1 - h_i))``
    the step without row ``i``, corrected by its leverage. The smallest number of rows whose pushes add up to
    more than the lead carries the decision. Every set of at most ``refitted`` rows is refitted, and extended
    until its refit really decides otherwise; larger counts are predictions.

    With a target ``T``: rows are ranked by their effect, a part of them is removed, the model is refitted,
    and the rest is ranked again at the new point, until ``T - level`` changes its sign in a refit. The number
    of rows is an upper bound, positive evidence; a set that was not found is no evidence that there is none.
    Few rows make a conclusion fragile, not wrong.

    Args:
        fit: a model and its training rows.
        target: what changes its sign, such as a :class:`Coefficient` or a disparity (between the two groups
            that are furthest apart at the fit); None: the decisions on the rows of ``split``.
        split: "train", "validation" or "test".
        method: curvature and solver; leverages are always corrected.
        level: that the target is to cross, in its units.
        most: rows up to which is searched; None: 300 for a decision, half of all rows for a target.
        refitted: rows up to which sets that carry a decision are refitted; 0: none, predictions only.

    Returns:
        A ``DecisionFlips`` with ``counts`` ``[m]``, ``rows(person)`` and ``verify(person)``; for a target a
        ``ConclusionFlip`` with ``rows`` ``[u]``, ``upper``, ``lower`` and the ``refit``. Both have
        ``to_frame()``.

    Raises:
        InvalidChoice: for what is not a fit, target, split or number of rows, for a model without
            decisions where no target is given, and where refits of a network, one by one, would take more
            than 15 minutes.
        DataError: for a target whose split has no rows.
        Interrupted: on Ctrl-C during the refits; its ``result`` keeps the sets that were found: counts of
            decisions whose sets were still being refitted are NaN, and for a target ``rows`` is the last set
            that was refitted (no result before the first).

    Warns :class:`Undefined` where rows with a leverage of 1 or more count as without effect, and
    :class:`AnotherBasin` as :func:`retrain_each` does.

    Sources: Broderick, Giordano and Meager, An Automatic Finite-Sample Robustness Metric (2020); Yang et
    al., How Many and Which Training Points Would Need to be Removed to Flip this Prediction? (2023);
    Rubinstein and Hopkins, Robustness Auditing for Linear Regression (2024).

    >>> import numpy as np, afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"))
    >>> decisions = ax.flip(fit)
    >>> fragile = decisions.ids[np.nanargmin(decisions.counts)]
    >>> decisions.verify(fragile).flipped
    True
    >>> ax.flip(fit, ax.Coefficient("distance to work (km)")).flipped
    True
    """
    checked_fit(fit)
    checked_method(method)
    if most is not None:
        checked_count("The number of rows most", most)
    if not (is_whole(refitted) and refitted >= 0):
        raise InvalidChoice(
            f"The number of rows refitted must be a whole number, not {quoted(refitted)}."
        )
    if not is_number(level):
        raise InvalidChoice(
            f"The level that a target is to cross must be a number, not {quoted(level)}."
        )
    warn_without_effect(prepared(method, fit).corrected())
    if target is None:
        return decision_flips(fit, split, method, most=most or DECISIONS, refitted=refitted)
    if not isinstance(target, Target):
        raise InvalidChoice(f"Expected a target such as Coefficient('age'), got {quoted(target)}.")
    return conclusion_flip(fit, target, method, level=level, most=most or fit.n // SHARE)
