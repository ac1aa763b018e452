"""``cross_validation_path``: held-out losses along a path of penalty strengths, without a refit per row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from torch import Tensor

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.objectives import grouped, objective_for
from afif_explorer.analysis.fits.prepared import warn_unfinished
from afif_explorer.analysis.heldout.crossvalidation import CrossValidation, held_out
from afif_explorer.engine.influence.methods import AFIF, Method, checked_method
from afif_explorer.engine.problem.objective import Objective, checked_penalty
from afif_explorer.engine.problem.penalties import Penalty, Ridge
from afif_explorer.engine.training.fit import Optimum, minimise
from afif_explorer.errors import Interrupted, InvalidChoice
from afif_explorer.html_tables import html_table
from afif_explorer.numeric import is_number
from afif_explorer.progress import report

if TYPE_CHECKING:
    from afif_explorer.datasets import Dataset


@dataclass(frozen=True, eq=False, repr=False)
class CrossValidationPath:
    """Held-out losses along a path of strengths, weakest first: see :func:`cross_validation_path`.

    Attributes:
        strengths: ``[s]``, ascending. means, standard_errors: ``[s]`` of the held-out losses, in nats or
            half squared target units. losses: ``[s, n_train]``.
        gradient_norms: ``[s]`` of each fit, and converged: ``[s]`` whether it counts as a minimum (see
            :class:`~afif_explorer.analysis.fits.fitting.Fit`); results are only as accurate as the fit.
        thetas: ``[s, p]``.

    >>> import afif_explorer as ax
    >>> path = ax.cross_validation_path(ax.load_dataset("hiring"), [1e-3, 1e-1])
    >>> path.strengths.tolist()
    [0.001, 0.1]
    >>> path.one_standard_error >= path.best
    True
    """

    strengths: np.ndarray
    means: np.ndarray
    standard_errors: np.ndarray
    losses: np.ndarray
    gradient_norms: np.ndarray
    converged: np.ndarray
    thetas: np.ndarray

    def __repr__(self) -> str:
        return (
            f"<CrossValidationPath of {len(self.strengths)} strengths: best {self.best:.3g} with mean "
            f"{self.means.min():.4g}, one standard error {self.one_standard_error:.3g}>"
        )

    def to_frame(self) -> pd.DataFrame:
        """A row per strength: mean and standard error of the held-out losses, and the fit's gradient norm."""
        return pd.DataFrame(
            {
                "mean": self.means,
                "standard_error": self.standard_errors,
                "gradient_norm": self.gradient_norms,
                "converged": self.converged,
            },
            index=pd.Index(self.strengths, name="strength"),
        )

    def _repr_html_(self) -> str:
        """The table."""
        table = self.to_frame()
        rows = table.itertuples(name=None)
        return html_table(repr(self).strip("<>"), ("strength", *table.columns), rows)

    @property
    def best(self) -> float:
        """The strength of the smallest mean."""
        return float(self.strengths[np.argmin(self.means)])

    @property
    def one_standard_error(self) -> float:
        """The largest strength whose mean is within one standard error of the smallest mean.

        The simplest model that is not distinguishable from the best one. Source: Breiman, Friedman,
        Olshen and Stone, Classification and Regression Trees (1984), section 3.4.3.
        """
        lowest = int(np.argmin(self.means))
        within = self.means <= self.means[lowest] + self.standard_errors[lowest]
        return float(self.strengths[within].max())


def cross_validation_path(
    data: Dataset | Fit,
    strengths: Sequence[float] | np.ndarray,
    *,
    model: str = "auto",
    penalty: Penalty | None = None,
    method: Method = AFIF(),  # noqa: B008 - a frozen value
    folds: int | None = None,
    seed: int = 0,
    hidden: Sequence[int] = (16,),
) -> CrossValidationPath:
    """Approximate cross-validation for each strength of a penalty: one fit per strength, no refits.

    ``CV(s) = (1/n) sum_i l(z_i, theta_s(w_i))`` with ``w_i`` leaving row ``i`` (or its fold) out, as
    :func:`cross_validate` has it. The strongest penalty is fitted first and each fit starts the next.

    Args:
        data: a data set, or a fit whose model, rows and penalty are used.
        strengths: at least one number of at least 0.
        model, hidden: what to fit to a data set, as for :func:`fit`.
        penalty: its kind; its own strength does not matter. None: that of the fit, or a ridge.
        method: of prediction.
        folds: their number; None: leave-one-out.
        seed: of the folds and of training.

    Returns:
        A :class:`CrossValidationPath`: losses ``[s, n_train]``, strengths ascending.

    Raises:
        InvalidChoice: for strengths, a method or a penalty that do not exist, or a fit without a penalty.
        Interrupted: on Ctrl-C; its ``result`` is the path of the strengths that were finished, the strongest
            first (None before the first).

    Source: Wilson, Kasy and Mackey, Approximate Cross-Validation: Guarantees for Model Assessment and
    Selection (2020).

    >>> import afif_explorer as ax
    >>> path = ax.cross_validation_path(ax.load_dataset("hiring"), [1e-4, 1e-2, 1.0], folds=5)
    >>> path.losses.shape
    (3, 1400)
    >>> path.best < 1
    True
    """
    checked_method(method)
    base, kind, start = _base(data, model, penalty, hidden)
    ordered = _checked(strengths)
    found: list[tuple[Optimum, CrossValidation]] = []
    try:
        for step, strength in enumerate(ordered[::-1]):
            report("strengths", step, len(ordered))
            scaled = replace(kind, strength=float(strength))
            objective = Objective(
                base.model,
                base.loss,
                scaled,
                base.X,
                base.y,
                penalised=base.penalised,
                sample_weight=base.sample_weight,
            )
            optimum = minimise(objective, start=start, seed=seed)
            start = optimum.theta
            influence = method.prepare(objective, start)
            found.append((optimum, held_out(influence, folds, seed)))
            warn_unfinished(influence)
    except KeyboardInterrupt as stop:
        done, told = len(found), f"Interrupted after {len(found)} of {len(ordered)} strengths."
        raise Interrupted(told, _path(ordered[-done:], found[::-1]) if done else None) from stop
    return _path(ordered, found[::-1])


def _base(
    data: Dataset | Fit, model: str, penalty: Penalty | None, hidden: Sequence[int]
) -> tuple[Objective, Penalty, Tensor | None]:
    """Model and rows, a penalty of the wanted kind, and where its training starts."""
    checked_penalty(penalty)
    if isinstance(data, Fit):
        base, start = data.objective, data.parameters
        kind, source = penalty or base.penalty, data.data
    else:
        base, start = objective_for(data, model, None, hidden=hidden), None
        kind, source = penalty or Ridge(1.0), data
    if source is not None:
        kind = grouped(kind, source, base.model)
    if kind is None:
        raise InvalidChoice(
            "The fit has no penalty whose strength could vary; give one as penalty."
        )
    return base, kind, start


def _path(
    strengths: np.ndarray, found: Sequence[tuple[Optimum, CrossValidation]]
) -> CrossValidationPath:
    return CrossValidationPath(
        strengths=strengths,
        means=np.array([held.mean for _, held in found]),
        standard_errors=np.array([held.standard_error for _, held in found]),
        losses=np.stack([held.losses for _, held in found]),
        gradient_norms=np.array([optimum.gradient_norm for optimum, _ in found]),
        converged=np.array([optimum.converged for optimum, _ in found]),
        thetas=np.stack([optimum.theta.cpu().numpy() for optimum, _ in found]),
    )


def _checked(strengths: Sequence[float] | np.ndarray) -> np.ndarray:
    """The strengths in ascending order, each once."""
    try:
        given = np.atleast_1d(np.asarray(strengths))
    except (TypeError, ValueError):  # lists of different lengths
        given = np.empty(0)
    if not (given.size and all(is_number(value) and value >= 0 for value in given.ravel())):
        raise InvalidChoice(
            "The strengths must be at least one number, each finite and at least 0."
        )
    return np.unique(given.astype(float))
