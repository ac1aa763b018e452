"""The dense factor of the curvature."""

from __future__ import annotations

from afif_explorer.choices.solvers.kind import SolverOption

OPTION = SolverOption(key="cholesky", label="Direct (Cholesky)", order=10, public="Cholesky")
