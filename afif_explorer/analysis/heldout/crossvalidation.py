"""``cross_validate``: held-out losses of all rows from one fit."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import compress

import numpy as np
import pandas as pd
import torch

from afif_explorer.analysis.fits.basins import Basins
from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.prepared import prepared
from afif_explorer.analysis.fits.retraining import retraining_of
from afif_explorer.analysis.limits.removable import irremovable, loses_a_class
from afif_explorer.analysis.limits.trust import NONE, Reason, Trust, warn_of
from afif_explorer.analysis.rows.judging import judge
from afif_explorer.analysis.rows.told import method_words, refined_words
from afif_explorer.engine.influence.methods import AFIF, Method
from afif_explorer.engine.influence.smooth import Influence
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.problem.weights import folds as folds_of
from afif_explorer.engine.runtime.memory import block_rows
from afif_explorer.engine.targets.bound import checked_fit
from afif_explorer.engine.targets.losses import MeanLoss
from afif_explorer.errors import AnotherBasin, Undefined
from afif_explorer.html_tables import html_table
from afif_explorer.progress import report

SHOWN = 10  # rows of a table in a notebook


@dataclass(frozen=True, eq=False, repr=False)
class CrossValidation:
    """Held-out losses: the result of :func:`cross_validate`.

    Attributes:
        losses: ``[n_train]``, the loss of each row under the predicted fit without it (or without its
            fold); NaN where there is no such fit.
        mean: of the losses that are defined, weighted by the sample weights. standard_error: of that mean,
            ``std / sqrt(count)``; with weights that of a ratio, Cochran's formula (:func:`mean_and_error`).
        notes: which values are NaN and why. trained_by: whose training the losses come from, in words; empty
            if they are predicted. method: how they were predicted, in words; empty if they were not.
        ids: ``[n_train]``, of the rows. another_basin: ``[n_train]`` bool, the rows held out by a refit of a
            network that ended in another minimum than the one next to the fit.
    """

    losses: np.ndarray
    mean: float
    standard_error: float
    notes: tuple[str, ...] = ()
    trained_by: str = ""
    method: str = ""
    ids: np.ndarray = field(default_factory=lambda: NONE)
    another_basin: np.ndarray = field(default_factory=lambda: NONE)
    _judge: Callable[[], Trust] = lambda: Trust.of(())

    def to_frame(self) -> pd.DataFrame:
        """A row per training row, indexed by id: its held-out loss, and whether the refit that it comes from
        ended in another basin."""
        columns = {"loss": self.losses, "another_basin": self.another_basin}
        return pd.DataFrame(columns, index=pd.Index(self.ids, name="id"))

    def _repr_html_(self) -> str:
        """The rows with the largest losses."""
        table = self.to_frame()[["loss"]].nlargest(SHOWN, "loss")
        told = (f"The {len(table)} largest losses.", *self.notes, self.method, str(self.trust))
        return html_table(repr(self).strip("<>"), ("id", "loss"), table.itertuples(name=None), told)

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
        :func:`attribute` does; with ``refit=True`` :class:`AnotherBasin` as :func:`retrain_each` does.

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
        found, elsewhere = _refitted(fit, folds, seed)
        own = [Reason("good", note, Undefined) for note in found.notes]
        if elsewhere:
            own.append(Reason("fair", elsewhere, AnotherBasin))
        warn_of(own, stacklevel=3)
        own.append(Reason("good", f"{_TRAINED_AGAIN}{found.trained_by}, not predicted."))
        return replace(found, ids=fit.ids, _judge=lambda: Trust.of(own))
    influence = prepared(method, fit)
    found = held_out(influence, folds, seed)
    own = [Reason("good", note, Undefined) for note in found.notes]
    refinement = influence.row_refinement if folds is None else None
    corrected = None if folds is None else influence.was_corrected()
    told = method_words(influence, *refined_words(refinement), corrected=corrected)
    judged = judge(fit, influence, refinement, own, [MeanLoss("train")])
    another = np.zeros(fit.n, dtype=bool)
    return replace(found, method=told, ids=fit.ids, another_basin=another, _judge=judged)


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


def _refitted(fit: Fit, folds: int | None, seed: int) -> tuple[CrossValidation, str]:
    """:func:`cross_validate` by training again without each fold that leaves a row of every class, and a
    sentence about the folds whose refits ended in another minimum."""
    objective = checked_fit(fit).objective
    sets = list(np.arange(fit.n)[:, None]) if folds is None else folds_of(fit.n, folds, seed)
    lost = _without_class(objective, sets)
    training = retraining_of(fit, stacklevel=3)
    possible = [fold for fold in sets if not lost[fold].any()]
    basins = Basins()

    def without(some: Sequence[np.ndarray]) -> torch.Tensor:
        nonlocal basins
        found = training.without_each(some).theta
        basins += training.basins(some, found)
        return found

    found = _result(objective, _fold_out(objective, possible, without), lost)
    another = np.zeros(fit.n, dtype=bool)
    for fold in compress(possible, basins.another):
        another[fold] = True
    what = "row" if folds is None else "the fold of row"
    told = basins.told((fit.ids[fold[0]] for fold in possible), what)
    return replace(found, trained_by=training.trained_by, another_basin=another), told


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


_TRAINED_AGAIN = "The losses come from training again without the rows, by "
