"""``cross_validate``: held-out losses of all rows from one fit."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import compress

import numpy as np
import torch

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.prepared import prepared
from afif_explorer.analysis.fits.retraining import retraining_of
from afif_explorer.analysis.limits.removable import irremovable, loses_a_class
from afif_explorer.analysis.limits.trust import Reason, Trust, warn_of
from afif_explorer.analysis.rows.judging import judge
from afif_explorer.engine.influence.methods import AFIF, Method
from afif_explorer.engine.influence.smooth import Influence
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.problem.weights import folds as folds_of
from afif_explorer.engine.runtime.memory import block_rows
from afif_explorer.engine.targets.bound import checked_fit
from afif_explorer.engine.targets.losses import MeanLoss
from afif_explorer.errors import Undefined
from afif_explorer.progress import report


@dataclass(frozen=True, eq=False, repr=False)
class CrossValidation:
    """Held-out losses: the result of :func:`cross_validate`.

    Attributes:
        losses: ``[n_train]``, the loss of each row under the predicted fit without it (or without its
            fold); NaN where there is no such fit.
        mean: of the losses that are defined, weighted by the sample weights. standard_error: of that mean,
            ``std / sqrt(count)``; with weights that of a ratio, Cochran's formula (:func:`mean_and_error`).
        notes: which values are NaN and why. trained_by: whose training the losses come from, in words; empty
            if they are predicted.
    """

    losses: np.ndarray
    mean: float
    standard_error: float
    notes: tuple[str, ...] = ()
    trained_by: str = ""
    _judge: Callable[[], Trust] = lambda: Trust.of(())

    def __repr__(self) -> str:
        mean = f"{self.mean:.4g} +- {self.standard_error:.2g}"
        by = f" by {self.trained_by}" if self.trained_by else ""
        return f"<CrossValidation of {len(self.losses)} rows{by}: mean {mean}>"

    @cached_property
    def trust(self) -> Trust:
        """How far the losses can be trusted."""
        return self._judge()


def cross_validate(
    fit: Fit,
    method: Method = AFIF(),  # noqa: B008 - a frozen value
    *,
    folds: int | None = None,
    seed: int = 0,
    refit: bool = False,
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
        method: of prediction. With ``leverage_correction=False``, losses of high-leverage rows are
            underestimated.
        folds: their number; None: leave-one-out.
        seed: of the folds.
        refit: train again without each fold, or each row, instead: the truth, by the fit's own trainer if it
            has one (:func:`from_trained`). ``method`` then plays no part.

    Returns:
        A ``CrossValidation`` with ``losses`` ``[n_train]`` (nats, or half squared target units), their
        ``mean``, its ``standard_error``, ``notes`` and ``trust``. A row whose removal leaves no fit (the
        only one of its class, or of leverage 1) has the loss NaN, with a note and the warning
        :class:`Undefined`. Warns of limited trust, and takes further steps for the rows that need them, as
        :func:`attribute` does.

    Raises:
        InvalidChoice: for fewer than 2 folds or more than there are rows, or if ``fit`` is not a fit.
        TrainerError: if a trainer fails.

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
    if refit:
        found = _refitted(fit, folds, seed)
        own = [Reason("good", note, Undefined) for note in found.notes]
        warn_of(own, stacklevel=3)
        return replace(found, _judge=lambda: Trust.of(own))
    influence = prepared(method, fit)
    found = held_out(influence, folds, seed)
    own = [Reason("good", note, Undefined) for note in found.notes]
    refinement = influence.row_refinement if folds is None else None
    return replace(found, _judge=judge(fit, influence, refinement, own, [MeanLoss("train")]))


def held_out(
    influence: Influence, folds: int | None, seed: int, *, refine: bool = True
) -> CrossValidation:
    """:func:`cross_validate` with a prepared method and without warnings.

    ``refine``: take further steps for the rows that need them, as :func:`attribute` does.
    """
    objective = influence.objective
    if folds is None:
        lost = np.zeros(objective.n, dtype=bool)
        lost[irremovable(objective)] = True
        return _result(objective, _one_out(influence, refine), lost)
    sets = folds_of(objective.n, folds, seed)
    without = influence.parameters_without
    return _result(objective, _fold_out(objective, sets, without), _without_class(objective, sets))


def _refitted(fit: Fit, folds: int | None, seed: int) -> CrossValidation:
    """:func:`cross_validate` by training again without each fold that leaves a row of every class."""
    objective = checked_fit(fit).objective
    sets = list(np.arange(fit.n)[:, None]) if folds is None else folds_of(fit.n, folds, seed)
    lost = _without_class(objective, sets)
    training = retraining_of(fit, stacklevel=3)
    possible = [fold for fold in sets if not lost[fold].any()]
    losses = _fold_out(objective, possible, lambda some: training.without_each(some).theta)
    return replace(_result(objective, losses, lost), trained_by=training.trained_by)


def _without_class(objective: Objective, sets: Sequence[np.ndarray]) -> np.ndarray:
    """The rows of the folds without which a class has no row, ``[n]`` bool."""
    lost = np.zeros(objective.n, dtype=bool)
    for fold in compress(sets, loses_a_class(objective, sets)):
        lost[fold] = True
    return lost


def _result(objective: Objective, losses: torch.Tensor, lost: np.ndarray) -> CrossValidation:
    """The result, NaN for the rows ``lost`` ``[n]`` without which a class has no row."""
    found = losses.cpu().numpy()
    found[lost] = np.nan
    mean, error = mean_and_error(found, objective.sample_weight)
    return CrossValidation(found, mean, error, tuple(_notes(found, lost)))


def mean_and_error(losses: np.ndarray, sample_weight: torch.Tensor | None) -> tuple[float, float]:
    """The weighted mean ``[n]`` of the losses that are defined, and its standard error.

    ``m = sum_i a_i l_i / sum_i a_i`` and ``sqrt(n / (n - 1) sum_i a_i^2 (l_i - m)^2) / sum_i a_i``, over the
    ``n`` rows whose weight is not 0; without weights it is ``std / sqrt(n)``. NaN without a row; an error of
    0 for one row.

    Source: Cochran, Sampling Techniques (1977), section 6.4, for the error of a ratio.
    """
    weight = np.ones(len(losses)) if sample_weight is None else sample_weight.cpu().numpy()
    known = ~np.isnan(losses) & (weight > 0)
    count, total = int(known.sum()), float(weight[known].sum())
    if not count:
        return math.nan, math.nan
    mean = float(weight[known] @ losses[known]) / total
    squares = float(np.square(weight[known] * (losses[known] - mean)).sum())
    return mean, (count / max(count - 1, 1) * squares) ** 0.5 / total


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


def _one_out(influence: Influence, refine: bool) -> torch.Tensor:
    objective, refinement = influence.objective, influence.row_refinement if refine else None
    outputs = influence.point.outputs + influence.own_moves()
    if refinement is not None:
        for row, step in zip(refinement.rows.tolist(), refinement.steps.T, strict=True):
            theta = influence.point.theta + step
            outputs[row] = objective.model.outputs(theta, objective.X[row : row + 1])[0]
    return objective.loss.value(outputs, objective.y)


def _fold_out(
    objective: Objective,
    sets: Sequence[np.ndarray],
    without: Callable[[Sequence[np.ndarray]], torch.Tensor],
) -> torch.Tensor:
    """The loss of each row ``[n]`` at the parameters without its fold; ``without(sets)``: ``[p, folds]``."""
    losses = torch.full_like(objective.weights(None), torch.nan)
    step = block_rows(2 * (objective.n + objective.p), losses)  # weights and parameters
    for start in range(0, len(sets), step):
        report("folds", start, len(sets))
        some = sets[start : start + step]
        for theta, fold in zip(without(some).T, some, strict=True):
            out = torch.as_tensor(fold, device=objective.device)
            f = objective.model.outputs(theta, objective.X[out])
            losses[out] = objective.loss.value(f, objective.y[out])
    return losses
