"""``attribute``: what each training row does to a target."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from afif_explorer.analysis.fitting import Fit
from afif_explorer.engine.influence import AFIF, Influence, Method
from afif_explorer.engine.targets import Target


def attribute(
    fit: Fit,
    target: Target | Sequence[Target],
    method: Method = AFIF(),  # noqa: B008 - frozen
) -> np.ndarray:
    """The predicted change of the target if each training row is removed, ``T(theta(w)) - T(theta(1))``.

    ``(1/n) c' C^-1 g_i`` with ``c`` the target's gradient, ``C`` the method's curvature and ``g_i`` the
    row's loss gradient. Positive: leaving the row out raises the target. Units: those of the target.

    Returns ``[n_train]``, or ``[n_train, m]`` for ``m`` targets, which share one block solve.
    Raises :class:`SolverDiverged`; warns :class:`NotConverged`. Source: Lev and Wilson, arXiv 2407.08169.
    """
    return effects_of(method.prepare(fit.objective, fit.parameters), fit, target)


def effects_of(influence: Influence, fit: Fit, target: Target | Sequence[Target]) -> np.ndarray:
    """The same with a method that was prepared before."""
    targets = [target] if isinstance(target, Target) else list(target)
    gradients = torch.stack([one.bind(fit).gradient() for one in targets], dim=1)
    effects = influence.effects(gradients).cpu().numpy()
    return effects[:, 0] if isinstance(target, Target) else effects
