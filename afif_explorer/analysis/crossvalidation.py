"""``cross_validate``: held-out losses of all rows from one fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from afif_explorer.analysis.fitting import Fit
from afif_explorer.engine.influence import Influence
from afif_explorer.engine.methods import AFIF, Method, prepared
from afif_explorer.engine.weights import folds as folds_of
from afif_explorer.progress import report


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """Held-out losses.

    Attributes:
        losses: ``[n_train]`` loss of each row under the predicted fit that leaves it (or its fold) out.
        mean: their mean. standard_error: of that mean, ``std / sqrt(n)``.
    """

    losses: np.ndarray
    mean: float
    standard_error: float


def cross_validate(
    fit: Fit,
    method: Method = AFIF(),  # noqa: B008 - a frozen value
    *,
    folds: int | None = None,
    seed: int = 0,
) -> CrossValidation:
    """Approximate leave-one-out (``folds=None``) or k-fold cross-validation, without retraining.

    Leave-one-out: ``l(f_i + M_i r_i, y_i)`` with ``M_i = J_i C^-1 J_i' / n``, the row's own outputs after
    its removal (linearised in the parameters for networks). Exact for least squares with
    ``rescale=True``: the ridge closed form ``e_i / (1 - h_i)``. With kinks in the penalty every row has
    its own proximal step ``D_i``, and its outputs become ``f_i + J_i D_i``. k folds: the parameters
    without each fold are predicted, and its rows evaluated there.

    Raises :class:`ChoiceError` for fewer than 2 folds or more than there are rows. Units: nats, or half
    squared target units. Source: Wilson, Kasy and Mackey (2020).
    """
    return held_out(prepared(method, fit), folds, seed)


def held_out(influence: Influence, folds: int | None, seed: int) -> CrossValidation:
    """The same with a method that was prepared before."""
    losses = _one_out(influence) if folds is None else _fold_out(influence, folds, seed)
    found = losses.cpu().numpy()
    spread = float(found.std(ddof=1)) if len(found) > 1 else 0.0
    return CrossValidation(found, float(found.mean()), spread / len(found) ** 0.5)


def _one_out(influence: Influence) -> torch.Tensor:
    outputs = influence.point.outputs + influence.own_moves()
    return influence.objective.loss.value(outputs, influence.objective.y)


def _fold_out(influence: Influence, k: int, seed: int) -> torch.Tensor:
    objective = influence.objective
    weights = objective.vector(folds_of(objective.n, k, seed))
    thetas = influence.parameters(weights)
    losses = torch.empty(objective.n, dtype=objective.dtype, device=objective.device)
    for fold in range(k):
        report("folds", fold, k)
        out = weights[:, fold] == 0
        f = objective.model.outputs(thetas[:, fold], objective.X[out])
        losses[out] = objective.loss.value(f, objective.y[out])
    return losses
