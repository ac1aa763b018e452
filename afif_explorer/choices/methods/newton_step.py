"""One Newton step with the Hessian of the remaining rows."""

from __future__ import annotations

from afif_explorer.choices.methods.kind import MethodOption

OPTION = MethodOption(
    key="newton_step",
    label="Newton step (curvature without the removed rows)",
    order=30,
    public="NewtonStep",
    solvers=("cholesky",),
    only="The Newton step always uses the direct solver.",
    downdates=True,
)
