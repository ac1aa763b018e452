"""``cross_validate``: held-out losses of all rows from one fit."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.prepared import prepared, warn_unfinished
from afif_explorer.analysis.limits.removable import irremovable, loses_a_class
from afif_explorer.engine.influence.methods import AFIF, Method
from afif_explorer.engine.influence.smooth import Influence
from afif_explorer.engine.problem.weights import folds as folds_of
from afif_explorer.errors import Undefined
from afif_explorer.progress import report


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """Held-out losses: the result of :func:`cross_validate`.

    Attributes:
        losses: ``[n_train]``, the loss of each row under the predicted fit without it (or without its
            fold); NaN where there is no such fit.
        mean: of the losses that are defined. standard_error: of that mean, ``std / sqrt(count)``.
        notes: which values are NaN and why.
    """

    losses: np.ndarray
    mean: float
    standard_error: float
    notes: tuple[str, ...] = ()


def cross_validate(
    fit: Fit,
    method: Method = AFIF(rescale=True),  # noqa: B008 - a frozen value
    *,
    folds: int | None = None,
    seed: int = 0,
) -> CrossValidation:
    """Approximate leave-one-out (``folds=None``) or k-fold cross-validation, without retraining.

    Leave-one-out: ``l(f_i + M_i r_i, y_i)`` with ``M_i = J_i C^-1 J_i' / n``, which gives the row's own
    outputs after its removal (linearised in the parameters for networks), and the residual ``r_i`` divided
    by one minus the row's leverage: the closed form ``e_i / (1 - h_i)`` for ridge regression. With a
    non-smooth penalty every row has its own proximal step ``D_i``, and its outputs become
    ``f_i + J_i D_i``. k folds: the parameters without each fold are predicted, and its rows evaluated
    there.

    Args:
        fit: a model and its training rows.
        method: of prediction. Without ``rescale``, losses of high-leverage rows are underestimated.
        folds: their number; None: leave-one-out.
        seed: of the folds.

    Returns:
        A ``CrossValidation`` with ``losses`` ``[n_train]`` (nats, or half squared target units), their
        ``mean``, its ``standard_error`` and ``notes``. A row whose removal leaves no fit (the only one of
        its class, or of leverage 1) has the loss NaN, with a note and the warning :class:`Undefined`.

    Raises:
        InvalidChoice: for fewer than 2 folds or more than there are rows, or if ``fit`` is not a fit.

    Source: Wilson, Kasy and Mackey, Approximate Cross-Validation: Guarantees for Model Assessment and
    Selection (2020).

    >>> import afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"))
    >>> held_out = ax.cross_validate(fit)
    >>> held_out.losses.shape
    (1400,)
    >>> training_loss = ax.diagnostics(fit)["loss"].mean()
    >>> bool(held_out.mean > training_loss)
    True
    """
    influence = prepared(method, fit)
    found = held_out(influence, folds, seed)
    warn_unfinished(influence)
    for note in found.notes:
        warnings.warn(note, Undefined, stacklevel=2)
    return found


def held_out(influence: Influence, folds: int | None, seed: int) -> CrossValidation:
    """:func:`cross_validate` with a prepared method and without warnings."""
    objective = influence.objective
    if folds is None:
        lost = np.zeros(objective.n, dtype=bool)
        lost[irremovable(objective)] = True
        losses = _one_out(influence)
    else:
        weights = folds_of(objective.n, folds, seed)
        lost = (weights[:, loses_a_class(objective, weights)] == 0).any(1)
        losses = _fold_out(influence, weights)
    found = losses.cpu().numpy()
    found[lost] = np.nan
    known = found[~np.isnan(found)]
    spread = float(known.std(ddof=1)) if len(known) > 1 else 0.0
    mean = float(known.mean()) if len(known) else math.nan
    error = spread / len(known) ** 0.5 if len(known) else math.nan
    return CrossValidation(found, mean, error, tuple(_notes(found, lost)))


def _notes(losses: np.ndarray, lost: np.ndarray) -> Iterator[str]:
    """Why rows are left out of the mean; ``lost``: those without which a class has no row ``[n]``."""
    n, rest = len(losses), int(np.isnan(losses[~lost]).sum())
    if lost.any():
        yield (
            f"{int(lost.sum())} of {n} rows have no held-out loss: without them, or without their fold, a "
            "class has no training row. They are NaN and left out of the mean."
        )
    if rest:
        yield (
            f"{rest} of {n} rows have no held-out loss: their leverage is 1, so without one of them the "
            "curvature is singular. They are NaN and left out of the mean; add damping, or use a stronger "
            "penalty."
        )


def _one_out(influence: Influence) -> torch.Tensor:
    outputs = influence.point.outputs + influence.own_moves()
    return influence.objective.loss.value(outputs, influence.objective.y)


def _fold_out(influence: Influence, left: np.ndarray) -> torch.Tensor:
    objective, k = influence.objective, left.shape[1]
    weights = objective.vector(left)
    thetas = influence.parameters(weights)
    losses = torch.empty(objective.n, dtype=objective.dtype, device=objective.device)
    for fold in range(k):
        report("folds", fold, k)
        out = weights[:, fold] == 0
        f = objective.model.outputs(thetas[:, fold], objective.X[out])
        losses[out] = objective.loss.value(f, objective.y[out])
    return losses
