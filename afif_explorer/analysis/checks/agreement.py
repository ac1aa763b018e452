"""Checks of estimates against other estimates and against refits."""

from __future__ import annotations

import numpy as np

from afif_explorer.analysis.checks.finding import OK, UNKNOWN, WARNING, Check
from afif_explorer.analysis.checks.subject import Subject
from afif_explorer.analysis.fits.prepared import prepared
from afif_explorer.analysis.limits.removable import irremovable
from afif_explorer.analysis.removal.refits import retrain_each
from afif_explorer.analysis.rows.attribution import effects_of
from afif_explorer.analysis.rows.compare import pearson, slope
from afif_explorer.engine.influence.methods import AFIF, InfinitesimalJackknife
from afif_explorer.errors import CurvatureError, SolverDiverged

DIFFERENCE = 0.1  # relative, of the effects by two curvatures
LEAST_PEARSON = 0.9
SLOPES = (0.8, 1.25)


def curvatures(subject: Subject) -> Check:
    """AX401: effects by Fisher and Hessian part."""
    title = "Fisher and Hessian agree"
    why = "AFIF then follows the Bregman response, and the Hessian a warm refit: choose by what you ask."
    if subject.fit.objective.canonical:
        seen = "Fisher and Hessian are the same matrix: the outputs are linear in the parameters."
        return Check("AX401", title, OK, seen, why, "", {"difference": 0.0})
    if not subject.affordable:
        return Check("AX401", title, UNKNOWN, "The Hessian is too expensive here.", why, "")
    try:
        one, two = (
            effects_of(prepared(method, subject.fit), subject.fit, subject.target, order=1)
            for method in (AFIF(), InfinitesimalJackknife())
        )
    except (CurvatureError, SolverDiverged) as error:
        return Check("AX401", title, UNKNOWN, f"They cannot be compared: {error}", why, "")
    known = ~np.isnan(one) & ~np.isnan(two)
    size = float(np.linalg.norm(two[known])) or 1.0
    apart = float(np.linalg.norm(one[known] - two[known])) / size
    return Check(
        "AX401",
        title,
        WARNING if apart > DIFFERENCE else OK,
        f"Their effects on the target differ by {100 * apart:.2g} % of their size.",
        why,
        "Refit without a few rows to see which one to use (refits=20)."
        if apart > DIFFERENCE
        else "",
        {"difference": apart},
    )


def solver(subject: Subject) -> Check:
    """AX402: the solver has not converged."""
    title = "the solver converged"
    why = "Effects are off by about the residual, and by more where rows cancel."
    try:
        _ = subject.effects
    except (CurvatureError, SolverDiverged) as error:
        return Check("AX402", title, WARNING, f"There are no effects: {error}", why, str(error))
    told = subject.influence.unfinished()
    return Check(
        "AX402",
        title,
        WARNING if told else OK,
        told or "The solver reached its tolerance.",
        why,
        "Allow more steps, add damping, or use an exact solver." if told else "",
    )


def refits(subject: Subject) -> Check | None:
    """AX501: effects do not follow a handful of refits."""
    if not subject.refits:
        return None
    title = "effects follow refits"
    why = "Refits are the truth that effects predict; a network may also end in another minimum."
    try:
        effects = subject.effects
    except (CurvatureError, SolverDiverged) as error:
        return Check("AX501", title, UNKNOWN, f"There are no effects: {error}", why, "")
    rows = _chosen(subject, effects)
    truth = retrain_each(subject.fit, rows, subject.target)
    found, ratio = pearson(effects[rows], truth.effects), slope(effects[rows], truth.effects)
    if found is None or ratio is None:
        seen = "The effects or their refits are all equal, so that they cannot be compared."
        return Check("AX501", title, UNKNOWN, seen, why, "")
    agree = found >= LEAST_PEARSON and SLOPES[0] <= ratio <= SLOPES[1]
    return Check(
        "AX501",
        title,
        OK if agree else WARNING,
        f"Over {len(rows)} refits the correlation with effects is {found:.3g}, their slope {ratio:.3g}.",
        why,
        ""
        if agree
        else "Compare with the Bregman response, train to a minimum, or change the damping.",
        {"pearson": found, "slope": ratio, "gradient_norm": float(truth.gradient_norm.max())},
    )


def _chosen(subject: Subject, effects: np.ndarray) -> np.ndarray:
    """Half of the rows with the largest effects, half at random."""
    free = np.setdiff1d(np.arange(len(effects)), irremovable(subject.fit.objective))
    count = min(subject.refits, len(free))
    order = free[np.argsort(-np.abs(effects[free]), kind="stable")]
    top, rest = order[: (count + 1) // 2], order[(count + 1) // 2 :]
    draw = np.random.default_rng(subject.seed).choice(rest, count - len(top), replace=False)
    return np.concatenate([top, draw])
