"""Conjugate gradients."""

from __future__ import annotations

from afif_explorer.choices.solvers.kind import SolverOption

OPTION = SolverOption(
    key="conjugate_gradient",
    label="Conjugate gradients",
    order=20,
    public="ConjugateGradient",
)
