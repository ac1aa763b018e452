"""Mean predictions of rows as one number each."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.engine.problem.losses import Categorical
from afif_explorer.engine.targets.predictions import predicted


def mean_predictions(fit: Fit, theta: Tensor, split: str, favourable: int | None) -> np.ndarray:
    """The mean prediction of every row of a split at ``theta`` ``[p]``, ``[n]``.

    ``favourable``: the class whose probability it is. Of several labels or numbers, their mean.
    """
    loss, sample = fit.objective.loss, fit.sample(split)
    with torch.no_grad():
        f = fit.objective.model.outputs(theta, sample.X)
        several = f.shape[1] > 1 and not isinstance(loss, Categorical)
        values = loss.mean(f).mean(1) if several else predicted(loss, f, favourable)
    found: np.ndarray = values.cpu().numpy()
    return found
