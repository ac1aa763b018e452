"""``leave_one_out``: four estimates of every row's held-out loss side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.prepared import prepared
from afif_explorer.analysis.fits.retraining import retraining_of
from afif_explorer.analysis.heldout.crossvalidation import held_out, mean_and_error
from afif_explorer.analysis.heldout.psis import UNRELIABLE, smoothed_losses
from afif_explorer.analysis.limits.removable import irremovable, positions
from afif_explorer.analysis.removal.rises import Rises, rises_without
from afif_explorer.analysis.rows.diagnostics import row_index
from afif_explorer.engine.influence.methods import AFIF, Method
from afif_explorer.errors import InvalidChoice
from afif_explorer.html_tables import html_table
from afif_explorer.numeric import is_whole
from afif_explorer.progress import partial_result
from afif_explorer.wording import quoted

ESTIMATES = ("one_step", "corrected", "psis_plug_in")  # of the same quantity
APART = 0.05  # standard deviations of the rows' losses, by which estimates of one row part
MOST_NAMED = 5


@dataclass(frozen=True, eq=False, repr=False)
class LeaveOneOut:
    """Held-out losses by four ways: the result of :func:`leave_one_out`.

    Attributes:
        table: a row for each row asked for, indexed by id: ``loss`` with the row, and without it
            ``one_step``, ``corrected``, ``psis``, ``psis_plug_in`` and ``refit`` (NaN where it was not
            refitted); ``pareto_k``, ``leverage``, and ``apart``: whether the estimates other than ``psis``
            differ by more than 0.05 standard deviations of the rows' losses, or Pareto k is above 0.7;
            ``another_basin``: whether the refit of a network ended in another minimum.
        means: of each column of losses over these rows, weighted by the sample weights; of ``refit`` only if
            all were refitted.
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

    def _repr_html_(self) -> str:
        """The means of the estimates, and the notes."""
        return html_table(
            f"Held-out losses of {len(self.table)} rows",
            ("estimate", "mean"),
            self.means.items(),
            self.notes,
        )

    def __repr__(self) -> str:
        means = ", ".join(f"{name} {value:.4g}" for name, value in self.means.items())
        return f"<LeaveOneOut of {len(self.table)} rows: {means}; {len(self.apart)} rows apart>"


def leave_one_out(
    fit: Fit,
    method: Method = AFIF(),  # noqa: B008 - a frozen value
    *,
    ids: Sequence[int] | np.ndarray | None = None,
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
        ids: of the rows to answer for, or a mask ``[n_train]``; None: all training rows.
        refits: number of these rows to refit without, those with the largest differences; None: all.
        draws: of importance sampling. seed: of the draws.

    Returns:
        A ``LeaveOneOut`` with the ``table`` (nats, or half squared target units), ``means``, and the ids of
        the rows that are ``apart``.

    Raises:
        InvalidChoice: for what is not a fit, for rows that do not exist, and for a number of refits below 0.
        CurvatureError: where the curvature has a negative eigenvalue.
        Interrupted: on Ctrl-C during the refits; its ``result`` is the ``LeaveOneOut`` with those that were
            finished.

    Warns :class:`AnotherBasin` as :func:`retrain_each` does.

    Sources: Vehtari, Gelman and Gabry (2017); Pregibon, Logistic Regression Diagnostics (1981).

    >>> import afif_explorer as ax
    >>> found = ax.leave_one_out(ax.fit(ax.load_dataset("hiring")), refits=10)
    >>> found.table[["one_step", "corrected", "psis"]].shape
    (1400, 3)
    >>> int(found.table["refit"].notna().sum())
    10
    """
    if refits is not None and not (is_whole(refits) and refits >= 0):
        raise InvalidChoice(
            f"The number of refits must be a whole number or None, not {quoted(refits)}."
        )
    influence = prepared(method, fit)
    plain = prepared(replace(method, leverage_correction=False), fit)
    loss = influence.point.plain_losses().cpu().numpy()
    columns = {
        "loss": loss,
        "one_step": held_out(plain, None, seed, refine=False).losses,
        "corrected": held_out(influence.corrected(), None, seed, refine=False).losses,
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
    asked = np.arange(fit.n) if ids is None else positions(fit, ids)
    spread = _spread(table[list(ESTIMATES)])
    rows = _to_refit(fit, asked, spread, len(asked) if refits is None else refits)
    leverage = influence.leverage().cpu().numpy()

    def told(refitted: Rises) -> LeaveOneOut:
        table["refit"] = np.nan
        table.iloc[rows, -1] = loss[rows] + refitted.losses
        table["pareto_k"], table["leverage"] = shapes, leverage
        table["another_basin"] = np.isin(np.arange(fit.n), rows[refitted.basins.another])
        refitted.basins.warn(fit.ids[rows], "row", stacklevel=3)
        if there := refitted.basins.told(fit.ids[rows], "row"):
            notes.append(there)
        return _compared(fit, table, asked, refitted.gradient_norm, notes)

    with partial_result(told):
        refitted = rises_without(fit, rows)
    return told(refitted)


def _compared(
    fit: Fit, table: pd.DataFrame, asked: np.ndarray, norm: float, notes: list[str]
) -> LeaveOneOut:
    """Mark the rows whose estimates differ, and take the means of the rows that were asked for."""
    spread, shapes = _spread(table[[*ESTIMATES, "refit"]]), table["pareto_k"]
    table["apart"] = (spread > APART * table["loss"].std(ddof=0)) | (shapes > UNRELIABLE)
    table = table.iloc[asked]
    every = ["loss", *ESTIMATES, "psis"]
    if table["refit"].notna().sum() == len(np.setdiff1d(asked, irremovable(fit.objective))):
        every.append("refit")
    weight = fit.objective.sample_weight
    if weight is not None:
        weight = weight[torch.as_tensor(asked, device=weight.device)]
    means = {name: mean_and_error(table[name].to_numpy(), weight)[0] for name in every}
    if fit.trainer is not None:
        notes.append(f"Refits are by {retraining_of(fit).trained_by}.")
    return LeaveOneOut(table, pd.Series(means), norm, (*notes, *_parting(table)))


def _spread(losses: pd.DataFrame) -> np.ndarray:
    """The largest minus the smallest estimate of each row, ``[n]``; 0 where none is defined."""
    return (losses.max(axis=1) - losses.min(axis=1)).fillna(0.0).to_numpy()


def _to_refit(fit: Fit, asked: np.ndarray, spread: np.ndarray, most: int) -> np.ndarray:
    """The positions of those of the rows that differ most and can be removed, in order."""
    order = asked[np.argsort(-spread[asked], kind="stable")]
    return np.sort(order[~np.isin(order, irremovable(fit.objective))][:most])


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
