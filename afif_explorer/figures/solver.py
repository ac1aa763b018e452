"""The warning on figures whose solver did not converge."""

from __future__ import annotations

from afif_explorer.figures.drawing.text import percent, short
from afif_explorer.results import SolverSummary
from afif_explorer.wording import count


def unsettled(solver: SolverSummary) -> str:
    """What did not converge, its error where known, and advice; "" if it converged."""
    if solver.status == "converged":
        return ""
    steps = f" after {count(solver.depth)} steps" if solver.depth else ""
    off = _off(solver)
    return (
        f"{short(solver.name)} has not converged{steps}{off}. {short(solver.advice, 160)}".strip()
    )


def _off(solver: SolverSummary) -> str:
    if solver.off is not None:
        return f": the values shown differ by {percent(solver.off)} from the direct solution"
    if solver.residual is not None:
        return f": the relative residual is {percent(solver.residual)}"
    return ""
