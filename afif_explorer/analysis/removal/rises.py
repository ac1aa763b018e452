"""How much the loss of a row rises in a refit without it."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch

from afif_explorer.analysis.fits.basins import Basins
from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.retraining import Retraining, retraining_of
from afif_explorer.engine.training.retrain import Refits
from afif_explorer.progress import partial_result


class Rises(NamedTuple):
    """The increase of the loss of each of some rows in a refit without it, ``[m]``; NaN where it is missing.

    Attributes:
        gradient_norm: the largest of the refits. basins: where they ended.
    """

    losses: np.ndarray
    gradient_norm: float
    basins: Basins


def rises_without(fit: Fit, rows: np.ndarray) -> Rises:
    """Refit without each of some rows (positions); raises :class:`Interrupted` with those finished."""
    if not len(rows):
        return Rises(np.empty(0), math.nan, Basins())
    training = retraining_of(fit)
    with partial_result(lambda refits: _rises(fit, rows, refits, training)):
        refits = training.without_each(list(rows[:, None]))
    return _rises(fit, rows, refits, training)


def _rises(fit: Fit, rows: np.ndarray, refits: Refits, training: Retraining) -> Rises:
    objective, theta = fit.objective, training.start
    place = torch.as_tensor(rows, device=objective.device)
    X, y = objective.X[place], objective.y[place]
    with torch.no_grad():
        before = objective.loss.value(objective.model.outputs(theta, X), y)
        after = torch.cat(
            [
                objective.loss.value(objective.model.outputs(one, X[i : i + 1]), y[i : i + 1])
                for i, one in enumerate(refits.theta.T)
            ]
        )
    norms = refits.gradient_norm[refits.finished]
    worst = float(norms.max()) if len(norms) else math.nan
    basins = training.basins(list(rows[:, None]), refits.theta)
    return Rises((after - before).cpu().numpy(), worst, basins)
