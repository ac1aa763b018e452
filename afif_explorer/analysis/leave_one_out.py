"""``leave_one_out``: four estimates of every row's held-out loss side by side."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.prepared import prepared
from afif_explorer.analysis.limits.removable import irremovable
from afif_explorer.analysis.removal.refits import rises_without
from afif_explorer.analysis.rows.crossvalidation import held_out
from afif_explorer.analysis.rows.diagnostics import row_index
from afif_explorer.analysis.rows.psis import UNRELIABLE, smoothed_losses
from afif_explorer.engine.influence.methods import AFIF, Method
from afif_explorer.errors import InvalidChoice
from afif_explorer.numeric import is_whole

ESTIMATES = ("one_step", "corrected", "psis_plug_in")  # of the same quantity
APART = 0.05  # standard deviations of the rows' losses, by which estimates of one row part
MOST_NAMED = 5


@dataclass(frozen=True, eq=False, repr=False)
class LeaveOneOut:
    """Held-out losses by four ways: the result of :func:`leave_one_out`.

    Attributes:
        table: a row per training row, indexed by id: ``loss`` with the row, and without it ``one_step``,
            ``corrected``, ``psis``, ``psis_plug_in`` and ``refit`` (NaN where it was not refitted);
            ``pareto_k``, ``leverage``, and ``apart``: whether the estimates other than ``psis`` differ by
            more than 0.05 standard deviations of the rows' losses, or Pareto k is above 0.7.
        means: of each column of losses over all rows; of ``refit`` only if all were refitted.
        gradient_norm: the largest at which a refit stopped; NaN without refits.
        notes: where the estimates part, and what is left out, in sentences.
    """

    table: pd.DataFrame
    means: pd.Series
    gradient_norm: float
    notes: tuple[str, ...]

    @property
    def apart(self) -> pd.Index:
        """The ids of the rows whose estimates differ."""
        return self.table.index[self.table["apart"]]

    def to_frame(self) -> pd.DataFrame:
        """The table."""
        return self.table

    def __repr__(self) -> str:
        means = ", ".join(f"{name} {value:.4g}" for name, value in self.means.items())
        return f"<LeaveOneOut of {len(self.table)} rows: {means}; {len(self.apart)} rows apart>"


def leave_one_out(
    fit: Fit,
    method: Method = AFIF(),  # noqa: B008 - a frozen value
    *,
    refits: int | None = 100,
    draws: int = 1000,
    seed: int = 0,
) -> LeaveOneOut:
    """Four estimates of the loss of each training row under the model without it, and where they part.

    * ``one_step``: at ``f_i + M_i r_i`` with ``M_i = J_i C^-1 J_i' / n``, the classical influence;
    * ``corrected``: with ``r_i`` divided by one minus the leverage, as in :func:`cross_validate`;
    * ``psis``: importance sampling from the Laplace posterior (:func:`psis`), NaN for a non-smooth penalty;
      the predictive density averages over the parameters, ``psis_plug_in`` does not and compares with the
      others;
    * ``refit``: the truth, for the rows whose estimates differ most.

    Args:
        fit: a model and its training rows.
        method: curvature and solver of the estimates.
        refits: number of rows to refit without, those with the largest differences; None: all rows.
        draws: of importance sampling. seed: of the draws.

    Returns:
        A ``LeaveOneOut`` with the ``table`` (nats, or half squared target units), ``means``, and the ids of
        the rows that are ``apart``.

    Raises:
        InvalidChoice: for what is not a fit, and for a number of refits below 0.
        CurvatureError: where the curvature has a negative eigenvalue.

    Sources: Vehtari, Gelman and Gabry (2017); Pregibon, Logistic Regression Diagnostics (1981).

    >>> import afif_explorer as ax
    >>> found = ax.leave_one_out(ax.fit(ax.load_dataset("hiring")), refits=10)
    >>> found.table[["one_step", "corrected", "psis"]].shape
    (1400, 3)
    >>> int(found.table["refit"].notna().sum())
    10
    """
    if refits is not None and not (is_whole(refits) and refits >= 0):
        raise InvalidChoice(f"The number of refits must be a whole number or None, not {refits!r}.")
    influence = prepared(method, fit)
    plain = prepared(replace(method, leverage_correction=False), fit)
    loss = influence.point.losses().cpu().numpy()
    columns = {
        "loss": loss,
        "one_step": held_out(plain, None, seed).losses,
        "corrected": held_out(influence.corrected(), None, seed).losses,
    }
    notes: list[str] = []
    shapes = np.full(fit.n, np.nan)
    if fit.objective.smooth:
        sampled = smoothed_losses(influence, fit, draws=draws, seed=seed)
        columns["psis"], columns["psis_plug_in"] = sampled.losses, sampled.plug_in
        shapes = sampled.pareto_k
        notes += sampled.notes
    else:
        columns["psis"] = columns["psis_plug_in"] = np.full(fit.n, np.nan)
        notes.append("Importance sampling is left out: with a non-smooth penalty it is undefined.")
    table = pd.DataFrame(columns, index=row_index(fit))
    spread = _spread(table[list(ESTIMATES)])
    table["refit"], norm = _refitted(fit, loss, spread, fit.n if refits is None else refits)
    table["pareto_k"], table["leverage"] = shapes, influence.leverage().cpu().numpy()
    spread = _spread(table[[*ESTIMATES, "refit"]])
    table["apart"] = (spread > APART * loss.std()) | (shapes > UNRELIABLE)
    every = ["loss", *ESTIMATES, "psis"]
    if table["refit"].notna().sum() == fit.n - len(irremovable(fit.objective)):
        every.append("refit")
    return LeaveOneOut(table, table[every].mean(), norm, (*notes, *_parting(table)))


def _spread(losses: pd.DataFrame) -> np.ndarray:
    """The largest minus the smallest estimate of each row, ``[n]``; 0 where none is defined."""
    return (losses.max(axis=1) - losses.min(axis=1)).fillna(0.0).to_numpy()


def _refitted(
    fit: Fit, loss: np.ndarray, spread: np.ndarray, most: int
) -> tuple[np.ndarray, float]:
    """The loss of the rows that differ most in a refit without it ``[n]``, and the largest gradient."""
    found, order = np.full(fit.n, np.nan), np.argsort(-spread, kind="stable")
    rows = np.sort(order[~np.isin(order, irremovable(fit.objective))][:most])
    if not len(rows):
        return found, np.nan
    rises, norm = rises_without(fit, rows)
    found[rows] = loss[rows] + rises
    return found, norm


def _parting(table: pd.DataFrame) -> list[str]:
    apart = table.index[table["apart"]]
    if not len(apart):
        return []
    named = ", ".join(map(str, apart[:MOST_NAMED]))
    more = " and others" if len(apart) > MOST_NAMED else ""
    return [
        f"The estimates part on {len(apart)} of {len(table)} rows (ids {named}{more}); compare them with the "
        "column refit."
    ]
