"""Whether a point is a minimum: the smallest eigenvalue of the Hessian."""

from __future__ import annotations

import torch
from torch import Tensor

from afif_explorer.engine.curvature.operators import Hessian
from afif_explorer.engine.curvature.spectrum import lanczos
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.runtime.memory import allowed

DENSE = 600  # parameters up to which all eigenvalues are computed
STEPS, FEWEST = 80, 10  # Lanczos steps above that, at most and at least
AFFORDABLE = 100_000_000  # rows x outputs x parameters up to which these products are affordable


def negative_curvature(objective: Objective, theta: Tensor, *, seed: int = 0) -> float | None:
    """``min(0, lambda_min(H))`` at ``theta`` ``[p]``; 0 at once where outputs are linear in ``theta``.

    An eigenvalue within rounding of 0, ``p eps lambda_max(H)``, counts as 0.

    Up to 600 parameters from all eigenvalues; above, from 80 Lanczos steps (fewer where memory is limited),
    whose smallest Ritz value is never below the true one, so that negative curvature that is found is real.
    None if too expensive.

    With a non-smooth penalty ``H`` is the Hessian among the parameters that are not held at a kink, the
    penalty's own curvature included, and all its eigenvalues are computed. The others do not matter: at
    an optimum, any small change of theirs increases the objective to first order, whatever the Hessian.
    Source: Lewis, Active Sets, Nonsmoothness, and Sensitivity (2002).
    """
    if objective.canonical:
        return 0.0
    if objective.n * objective.model.k * objective.p > AFFORDABLE:
        return None
    hessian = Hessian(objective, theta)
    if not objective.smooth:
        values = torch.linalg.eigvalsh(_among_free(hessian, objective.vector(theta)))
    elif objective.p <= DENSE:
        values = torch.linalg.eigvalsh(hessian.dense())
    else:
        generator = torch.Generator().manual_seed(seed)
        start = objective.vector(torch.randn(objective.p, generator=generator, dtype=torch.float64))
        room = allowed() // (2 * start.numel() * start.itemsize)  # for the basis
        steps = min(STEPS, max(FEWEST, room))
        values = torch.linalg.eigvalsh(lanczos(hessian, start, steps)[1])
    return _below_rounding(values)


def _below_rounding(values: Tensor) -> float:
    """The smallest of ascending eigenvalues if it is negative and no rounding error; else 0."""
    if not len(values):
        return 0.0
    rounding = len(values) * torch.finfo(values.dtype).eps * float(values.abs().max())
    lowest = float(values[0])
    return lowest if lowest < -rounding else 0.0


def _among_free(hessian: Hessian, theta: Tensor) -> Tensor:
    """The Hessian, penalty included, among the ``q`` parameters that are not held at a kink: ``[q, q]``."""
    objective = hessian.point.objective
    penalised, kinked = objective.penalised, objective.kinked
    basis = torch.eye(len(theta), dtype=theta.dtype, device=theta.device)[:, objective.free(theta)]
    matrix = basis.T @ (hessian @ basis)
    bent = kinked.kink_hessian(theta[penalised])
    if bent is not None:
        seen = basis[penalised]
        matrix = matrix + seen.T @ bent @ seen
    return 0.5 * (matrix + matrix.T)
