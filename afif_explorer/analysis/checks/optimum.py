"""Checks of where training ended."""

from __future__ import annotations

from afif_explorer.analysis.checks.finding import ERROR, NOTE, OK, UNKNOWN, WARNING, Check
from afif_explorer.analysis.checks.subject import Subject


def minimum(subject: Subject) -> Check:
    """AX101: the fit is not at a minimum."""
    fit = subject.fit
    numbers = {
        "gradient_norm": fit.gradient_norm,
        "gradient_threshold": fit.gradient_threshold,
    }
    return Check(
        "AX101",
        "converged",
        OK if fit.converged else ERROR,
        f"The gradient norm is {fit.gradient_norm:.2g}; at a minimum it is at most "
        f"{fit.gradient_threshold:.2g}.",
        "Effects assume a minimum; elsewhere a refit also moves because it goes on training.",
        fit.advice,
        numbers,
    )


def negative_curvature(subject: Subject) -> Check:
    """AX102: the Hessian has negative curvature."""
    lowest = subject.fit.negative_curvature
    level = UNKNOWN if lowest is None else WARNING if lowest < 0 else OK
    seen = {
        OK: "The Hessian has no negative curvature.",
        UNKNOWN: "The smallest eigenvalue of the Hessian is too expensive here.",
        WARNING: f"The smallest eigenvalue of the Hessian is {lowest or 0:.2g}: a saddle point.",
    }[level]
    damping = f"{-(lowest or 0):.2g}"
    remedy = (
        f"Train longer; use AFIF, whose Fisher is never negative, or a damping above {damping}."
    )
    return Check(
        "AX102",
        "curvature is positive",
        level,
        seen,
        "Refits may leave along that direction, and the Hessian has no usable inverse.",
        remedy if level == WARNING else "",
        {} if lowest is None else {"negative_curvature": lowest},
    )


def determined(subject: Subject) -> Check:
    """AX103: the rows do not determine all parameters."""
    objective = subject.fit.objective
    rank, p = subject.influence.rank, objective.p
    free = objective.penalty is None or objective.penalty.strength == 0
    level = OK if rank == p or not objective.smooth else WARNING if free else NOTE
    return Check(
        "AX103",
        "parameters are determined",
        level,
        f"The rows determine {rank} of {p} parameters"
        f"{'' if free or rank == p else ', the penalty the rest'}.",
        "Along the others parameters are arbitrary, and so are effects on them; predictions are not.",
        "Use a penalty or a damping, or leave out columns that add up." if level == WARNING else "",
        {"rank": rank, "parameters": p},
    )
