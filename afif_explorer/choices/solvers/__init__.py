"""The solvers of the system with the curvature, one file each."""

from afif_explorer.choices.option import declared
from afif_explorer.choices.solvers.kind import SolverOption

SOLVERS: dict[str, SolverOption] = declared(__name__, __path__)
