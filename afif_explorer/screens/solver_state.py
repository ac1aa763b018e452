"""Above every view: a solver that did not converge or diverged, and the button that mends it."""

from __future__ import annotations

from afif_explorer.choices.solvers import SOLVERS
from afif_explorer.figures.solver import unsettled
from afif_explorer.results import SolverSummary
from afif_explorer.screens.content import Content, line
from afif_explorer.screens.parts import Action, Text
from afif_explorer.state import Explorer

DIRECT = "cholesky"
_CHOSEN = ("scale", "depth", "batch_size")  # automatic where None


def _solver(explorer: Explorer) -> Content:
    told = _trouble(explorer)
    return (line(told, tone="poor"),) if told else ()


def _trouble(explorer: Explorer) -> str:
    """What is wrong with the effects that every view uses; empty if nothing is."""
    if explorer.solver == DIRECT or not explorer.fresh("points"):
        return ""
    if explorer.points is None:
        return str(explorer.absence("points"))
    solver: SolverSummary = explorer.points.solver
    return unsettled(solver)


def _automatic(explorer: Explorer) -> bool:
    """Whether leaving the solver's settings to the rule would change something."""
    chosen = any(getattr(explorer, name) is not None for name in _CHOSEN)
    return chosen and "scale" in SOLVERS[explorer.solver].needs


def _caption(explorer: Explorer) -> str:
    return "Set scale and depth automatically" if _automatic(explorer) else "Use the direct solver"


def _mend(explorer: Explorer) -> None:
    if _automatic(explorer):
        explorer.param.update(**dict.fromkeys(_CHOSEN))
    else:
        explorer.param.update(solver=DIRECT)


_READS = ("points", "status", "solver", *_CHOSEN)
SOLVER = Text(
    "solver",
    label="The state of the solver",
    page="choices/solver",
    reads=_READS,
    content=_solver,
)
MEND = Action(
    "mend",
    label="Mend the solver",
    page="choices/solver",
    reads=_READS,
    icon="automatic",
    act=_mend,
    about="Let the numbers on screen converge: automatic settings, or the direct solver.",
    caption=_caption,
    shown=lambda explorer: bool(_trouble(explorer)),
)
