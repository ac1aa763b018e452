"""A proven lower bound on the number of rows that carry a conclusion."""

from __future__ import annotations

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.engine.influence.certificate import Constants, NoBound
from afif_explorer.engine.targets.base import Target
from afif_explorer.engine.targets.coefficients import Coefficient
from afif_explorer.errors import InvalidChoice


def lower_bound(fit: Fit, target: Target, margin: float, upper: int) -> tuple[int | None, str]:
    """The smallest number of rows, up to ``upper``, whose removal may move a coefficient by ``margin``.

    A refit without ``m`` rows is within ``D(m)`` of the fit
    (:mod:`~afif_explorer.engine.influence.certificate`), so each coefficient moves by at most ``D(m)``.
    With a sentence. None for other targets, and where the bound does not hold.
    """
    if not isinstance(target, Coefficient):
        return None, "No lower bound is known: one is proven for coefficients only."

    def may_move(rows: int) -> bool:
        try:
            found = constants.certificate(rows)
        except NoBound:
            return True
        pull = rows * found.gradient / found.n + found.residual_gradient
        return pull / found.strong_convexity >= margin

    try:
        constants = Constants.of(fit.objective.at(fit.parameters))
        constants.certificate(1)
    except InvalidChoice as error:
        return None, f"No lower bound is known: {error}"
    least, enough = 0, max(1, upper)
    while enough - least > 1:
        middle = (least + enough) // 2
        least, enough = (least, middle) if may_move(middle) else (middle, enough)
    return enough, "Proven: no smaller set can move a coefficient that far."
