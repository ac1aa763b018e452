"""Checks of estimates against other estimates and against refits."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import torch

from afif_explorer.analysis.checks.finding import OK, UNKNOWN, WARNING, Check
from afif_explorer.analysis.checks.subject import Subject
from afif_explorer.analysis.limits.removable import irremovable
from afif_explorer.analysis.removal.refits import retrain_each
from afif_explorer.analysis.rows.attribution import effects_of
from afif_explorer.analysis.rows.compare import pearson, slope
from afif_explorer.analysis.rows.curvatures import APART, curvature_difference
from afif_explorer.engine.training.fit import minimise
from afif_explorer.errors import CurvatureError, SolverDiverged
from afif_explorer.progress import report

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
        apart = curvature_difference(subject.fit, [subject.target])
    except (CurvatureError, SolverDiverged) as error:
        return Check("AX401", title, UNKNOWN, f"They cannot be compared: {error}", why, "")
    return Check(
        "AX401",
        title,
        WARNING if apart > APART else OK,
        f"Their effects on the target differ by {100 * apart:.2g} % of their size.",
        why,
        "Refit without a few rows to see which one to use (refits=20)." if apart > APART else "",
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
    truth = retrain_each(subject.fit, subject.fit.ids[rows], subject.target)
    found, ratio = pearson(effects[rows], truth.effects), slope(effects[rows], truth.effects)
    if found is None or ratio is None:
        seen = "The effects or their refits are all equal, so that they cannot be compared."
        return Check("AX501", title, UNKNOWN, seen, why, "")
    agree = found >= LEAST_PEARSON and SLOPES[0] <= ratio <= SLOPES[1]
    there = int(truth.another_basin.sum())
    told = (
        f" {there} of them ended in another minimum than the one next to the fit." if there else ""
    )
    return Check(
        "AX501",
        title,
        OK if agree else WARNING,
        f"Over {len(rows)} refits the correlation with effects is {found:.3g}, their slope "
        f"{ratio:.3g}.{told}",
        why,
        ""
        if agree
        else "Compare with the Bregman response, train to a minimum, or change the damping.",
        {
            "pearson": found,
            "slope": ratio,
            "gradient_norm": float(truth.gradient_norm.max()),
            "another_basin": there,
        },
    )


def seeds(subject: Subject) -> Check | None:
    """AX502: effects are others after training from another random start."""
    if not subject.seeds:
        return None
    fit, title = subject.fit, "effects are the same from other random starts"
    why = "Effects are those of one trained model; what changes with its seed is no property of the data."
    if fit.objective.canonical:
        seen = "The outputs are linear in the parameters: every start ends at the same minimum."
        return Check("AX502", title, OK, seen, why, "", {"pearson": 1.0})
    model = fit.objective.model
    if fit.trainer is not None or torch.equal(model.initial(0), model.initial(1)):
        seen = "Your own model has one start: train it with other seeds, and compare their effects."
        return Check("AX502", title, UNKNOWN, seen, why, "")
    try:
        every = [
            subject.effects,
            *(_trained_again(subject, place) for place in range(subject.seeds)),
        ]
    except (CurvatureError, SolverDiverged) as error:
        return Check("AX502", title, UNKNOWN, f"There are no effects: {error}", why, "")
    known = np.isfinite(every).all(axis=0)
    pairs = [pearson(one[known], other[known]) for one, other in combinations(every, 2)]
    if None in pairs:
        seen = "All effects of a training are equal, so that they cannot be compared."
        return Check("AX502", title, UNKNOWN, seen, why, "")
    found = np.array(pairs, dtype=float)
    agree = found.mean() >= LEAST_PEARSON
    return Check(
        "AX502",
        title,
        OK if agree else WARNING,
        f"Between {len(every)} trainings the effects on the target have a mean correlation of "
        f"{found.mean():.3g} (lowest {found.min():.3g}).",
        why,
        "" if agree else "Average the effects of several seeds, or use a stronger penalty.",
        {"pearson": float(found.mean()), "lowest": float(found.min())},
    )


def _trained_again(subject: Subject, place: int) -> np.ndarray:
    """The effects ``[n]`` after training from the random start of another seed."""
    fit, objective = subject.fit, subject.fit.objective
    report("training from another seed", place, subject.seeds)
    theta = minimise(objective, seed=fit.seed + 1 + place).theta
    other = replace(fit, theta=theta.cpu().numpy())
    return effects_of(subject.method.prepare(objective, theta), other, subject.target)


def _chosen(subject: Subject, effects: np.ndarray) -> np.ndarray:
    """Half of the rows with the largest effects, half at random."""
    free = np.setdiff1d(np.arange(len(effects)), irremovable(subject.fit.objective))
    count = min(subject.refits, len(free))
    order = free[np.argsort(-np.abs(effects[free]), kind="stable")]
    top, rest = order[: (count + 1) // 2], order[(count + 1) // 2 :]
    draw = np.random.default_rng(subject.seed).choice(rest, count - len(top), replace=False)
    return np.concatenate([top, draw])
