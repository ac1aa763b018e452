"""A fit in a few words."""

from __future__ import annotations

from afif_explorer.engine.problem.objective import Objective
from afif_explorer.wording import count


def in_words(objective: Objective, name: str, *, converged: bool) -> str:
    """The data set, model, penalty and size of a fit, and whether it converged."""
    penalty = objective.penalty
    of = f" of {name!r}" if name else ""
    penalised = (
        "no penalty" if penalty is None else f"{type(penalty).__name__}({penalty.strength:g})"
    )
    return (
        f"Fit{of}: {type(objective.model).__name__}, {objective.loss.name}, {penalised}, "
        f"{count(objective.n)} rows, p = {count(objective.p)}, "
        f"{'converged' if converged else 'not converged'}"
    )
