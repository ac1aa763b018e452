"""Whether a point is a minimum: the smallest eigenvalue of the Hessian."""

from __future__ import annotations

import torch
from torch import Tensor

from afif_explorer.engine.curvature import Hessian
from afif_explorer.engine.objective import Objective
from afif_explorer.engine.spectrum import lanczos

DENSE = 600  # parameters up to which all eigenvalues are computed
STEPS = 80  # Lanczos steps above that
AFFORDABLE = 100_000_000  # rows x outputs x parameters up to which so many products are waited for


def negative_curvature(objective: Objective, theta: Tensor, *, seed: int = 0) -> float | None:
    """``min(0, lambda_min(H))`` at ``theta`` ``[p]``; 0 at once where outputs are linear in ``theta``.

    Up to 600 parameters from all eigenvalues; above, from 80 Lanczos steps, whose smallest value is never
    below the true one: what is found to bend down does. None if that would take long, or if the penalty
    has kinks.
    """
    if objective.canonical:
        return 0.0
    if not objective.smooth or objective.n * objective.model.k * objective.p > AFFORDABLE:
        return None
    hessian = Hessian(objective, theta)
    if objective.p <= DENSE:
        lowest = torch.linalg.eigvalsh(hessian.dense())[0]
    else:
        generator = torch.Generator().manual_seed(seed)
        start = torch.randn(objective.p, generator=generator, dtype=torch.float64)
        lowest = torch.linalg.eigvalsh(lanczos(hessian, objective.vector(start), STEPS)[1])[0]
    return min(0.0, float(lowest))
