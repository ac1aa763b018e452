"""The references for predictions: retraining, and the proximal Bregman response."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from torch import Tensor

from afif_explorer.analysis.fits.basins import Basins
from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.metrics import measure, measured_rows
from afif_explorer.analysis.fits.retraining import BUILT_IN, retraining_of
from afif_explorer.analysis.fits.trainer import Trainer
from afif_explorer.analysis.limits.removable import removable, removable_each
from afif_explorer.engine.influence.methods import checked_damping
from afif_explorer.engine.problem.weights import leave_out
from afif_explorer.engine.targets.base import Target, as_targets
from afif_explorer.engine.training import bregman as engine
from afif_explorer.engine.training.fit import Optimum
from afif_explorer.engine.training.retrain import Refits
from afif_explorer.html_tables import html_table
from afif_explorer.numeric import checked_flag
from afif_explorer.progress import partial_result

SHOWN = 10  # rows of a table in a notebook


@dataclass(frozen=True, eq=False, repr=False)
class Retrained:
    """A model fitted without some rows: the result of :func:`retrain` and :func:`bregman_response`.

    Attributes:
        fit: the model with all rows.
        theta: ``[p]``. gradient_norm: of its objective there (for a response: of the function that it
            minimises); the parameters are accurate to this tolerance.
        gradient_threshold: as for a :class:`~afif_explorer.analysis.fits.fitting.Fit`. converged: True if the
            norm is at most that. seconds: wall time. rows: ids of the removed rows.
        trained_by: whose training it was, in words. start: ``[p]``, where the same training ends with all
            rows; ``fit.theta``, but for a trainer that does not reproduce it.
        another_basin: whether a warm refit of a network ended in another minimum than the one next to the
            fit, or far from it.
    """

    fit: Fit
    theta: np.ndarray
    gradient_norm: float
    gradient_threshold: float
    converged: bool
    seconds: float
    rows: np.ndarray
    trained_by: str
    start: np.ndarray
    another_basin: bool = False

    def __repr__(self) -> str:
        state = "converged" if self.converged else "not converged"
        state += ", in another minimum" if self.another_basin else ""
        return (
            f"<Retrained without {len(self.rows)} of {self.fit.n} rows by {self.trained_by}: gradient norm "
            f"{self.gradient_norm:.2g}, {state}>"
        )

    def _repr_html_(self) -> str:
        """The metrics of the fit and of the refit, on the test rows if there are any."""
        objective, sample = self.fit.objective, measured_rows(self.fit.samples)
        after = measure(objective, objective.vector(self.theta), sample)
        rows = [(name, self.fit.metrics.get(name, ""), value) for name, value in after.items()]
        title = repr(self).strip("<>")
        return html_table(title, ("metric", "all rows", "without them"), rows)

    def effects(self, targets: Target | Sequence[Target]) -> dict[Target, float]:
        """The actual change of each target, ``T(theta) - T(start)``, in its units."""
        theta, start = map(self.fit.objective.vector, (self.theta, self.start))
        found = {}
        for target in as_targets(targets):
            bound = target.bind(self.fit)
            found[target] = bound.value(theta) - bound.value(start)
        return found


def retrain(
    fit: Fit,
    rows: Sequence[int] | np.ndarray,
    *,
    warm: bool = True,
    trainer: Trainer | None = None,
) -> Retrained:
    """Fit again without ``rows``: what :func:`unlearn` predicts.

    ``theta(w) = argmin_t (1/n) sum_(rows that stay) l_i(t) + strength * pi(t)``, ``[p]``: ``n`` stays the
    full count, so the penalty keeps its weight relative to each row.

    Args:
        fit: the model with all rows.
        rows: ids ``[m]``, as in ``fit.data.train.ids``, or a mask ``[n_train]``.
        warm: start at the old parameters; else at the model's own start. A network may then end in another
            minimum, so that only warm refits show one row's effect.
        trainer: your own training as the truth, as for :func:`from_trained`; it is called with the rows to
            keep, a mask ``[n_train]`` of bool. None: that of the fit, if it has one, else the optimiser of
            this package.

    Returns:
        A ``Retrained`` with ``theta`` ``[p]``, ``effects(targets)``, whose training it was, and how far it
        converged; ``converged`` is False if it did not reach its ``gradient_threshold``.

    Raises:
        InvalidChoice: for rows that do not exist.
        DataError: if no rows, or none of a class, would be left.
        TrainerError: if the trainer fails or returns something else.

    Warns :class:`AnotherBasin` if a warm refit of a network ends in another minimum than the one next to the
    fit, and :class:`NotReproduced` if a trainer does not end at the fit when nothing is removed; effects are
    then changes from where it ends.

    Sources: Koh and Liang (2017), section 4.1; Bae et al. (2022) on warm and cold starts.

    >>> import afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"), penalty=ax.Ridge(1e-2))
    >>> target = ax.MeanLoss("test")
    >>> rows = fit.data.train.ids[:3]
    >>> refit = ax.retrain(fit, rows)
    >>> predicted = ax.unlearn(fit, rows, targets=target).effects[target]
    >>> abs(predicted / refit.effects(target)[target] - 1) < 0.1
    True
    """
    chosen, warm = removable(fit, rows), checked_flag("warm", warm)
    training = retraining_of(fit, trainer)
    found = training.without(chosen, warm=warm)
    basins = training.basins([chosen], found.theta[:, None]) if warm else Basins()
    basins.warn()
    again = retrained(fit, found, chosen, training.trained_by, training.start)
    return replace(again, another_basin=bool(basins.another.any()))


def bregman_response(
    fit: Fit, rows: Sequence[int] | np.ndarray, *, damping: float = 0.0
) -> Retrained:
    """The minimum of the proximal Bregman objective without ``rows``: what AFIF approximates, ``[p]``.

    ``argmin_t (1/n) sum_i KL(p_i(theta) || p_i(t)) - (1/n) sum_rows l_i(t) + damping ||t - theta||^2 / 2``,
    with the penalty entering by its divergence from ``theta`` as well. Without rows it is the fit itself,
    converged or not. For a network it is therefore the reference for AFIF (with the same damping), as warm
    retraining is for the Hessian. For a converged fit of a linear map the two are the same.

    Args:
        fit: the model with all rows.
        rows: ids ``[m]``, as in ``fit.data.train.ids``, or a mask ``[n_train]``.
        damping: that of the method it is compared with.

    Returns:
        A ``Retrained``, as from :func:`retrain`.

    Raises:
        InvalidChoice: for rows that do not exist and for a damping below 0.
        DataError: if no rows, or none of a class, would be left.

    Source: Bae et al., If Influence Functions are the Answer, Then What is the Question? (2022).

    >>> import numpy as np, afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"), penalty=ax.Ridge(1e-2))
    >>> rows = fit.data.train.ids[:2]
    >>> response, refit = ax.bregman_response(fit, rows), ax.retrain(fit, rows)
    >>> bool(np.allclose(response.theta, refit.theta, atol=1e-6))
    True
    """
    chosen = removable(fit, rows)
    weights = fit.objective.vector(leave_out(fit.n, chosen))
    damping = checked_damping(damping)
    found = engine.bregman_response(fit.objective, fit.parameters, weights, damping=damping)
    return retrained(fit, found, chosen, BUILT_IN, fit.parameters)


def retrained(
    fit: Fit, found: Optimum, rows: np.ndarray, trained_by: str, start: Tensor
) -> Retrained:
    """The result of training without some rows (positions)."""
    theta = found.theta.cpu().numpy()
    return Retrained(
        fit=fit,
        theta=theta,
        gradient_norm=found.gradient_norm,
        gradient_threshold=found.gradient_threshold,
        converged=found.converged,
        seconds=found.seconds,
        rows=fit.ids[rows],
        trained_by=trained_by,
        start=start.cpu().numpy(),
    )


@dataclass(frozen=True, eq=False, repr=False)
class LeftOut:
    """One refit for each of some rows: the result of :func:`retrain_each` and :func:`bregman_response_each`.

    Attributes:
        rows: ids ``[m]``, in the order given. theta: ``[p, m]``.
        effects: ``[m]``, or ``[m, t]`` for a list of targets: the actual change if that row alone is left
            out.
        gradient_norm: ``[m]``. seconds: wall time of all. trained_by: whose training it was, in words.
        another_basin: ``[m]`` bool, which refits of a network ended in another minimum than the one next to
            the fit, or far from it.
    """

    rows: np.ndarray
    theta: np.ndarray
    effects: np.ndarray
    gradient_norm: np.ndarray
    seconds: float
    trained_by: str
    another_basin: np.ndarray

    def __repr__(self) -> str:
        largest = self.gradient_norm.max(initial=0.0)
        there = (
            f", {self.another_basin.sum()} in another minimum" if self.another_basin.any() else ""
        )
        return (
            f"<LeftOut: {len(self.rows)} refits without one row each, gradient norms up to {largest:.2g}"
            f"{there}>"
        )

    def to_frame(self) -> pd.DataFrame:
        """A row per refit, indexed by id: its effect on each target, the gradient norm it reached, and
        whether it ended in another basin."""
        effects = self.effects.reshape(len(self.rows), -1)
        names = (
            ["effect"]
            if self.effects.ndim == 1
            else [f"effect {j}" for j in range(effects.shape[1])]
        )
        table = pd.DataFrame(effects, index=pd.Index(self.rows, name="id"), columns=names)
        return table.assign(gradient_norm=self.gradient_norm, another_basin=self.another_basin)

    def _repr_html_(self) -> str:
        """The first rows of the table."""
        table = self.to_frame().head(SHOWN)
        return html_table(
            repr(self).strip("<>"), ("id", *table.columns), table.itertuples(name=None)
        )


def retrain_each(
    fit: Fit,
    rows: Sequence[int] | np.ndarray,
    target: Target | Sequence[Target],
    *,
    trainer: Trainer | None = None,
) -> LeftOut:
    """Leave out each of ``rows`` alone, fit again, and measure: what :func:`attribute` predicts.

    ``T(theta(w)) - T(theta(1))`` for each row and target, in the target's units: positive if the target
    rises without the row. Refits start at the fit's parameters; where outputs are linear in the parameters
    many rows are refitted in parallel.

    Args:
        fit: the model with all rows.
        rows: ids ``[m]``, as in ``fit.data.train.ids``, or a mask ``[n_train]``.
        target: what to measure, or a list of ``t`` targets.
        trainer: your own training as the truth, as for :func:`retrain`.

    Returns:
        A ``LeftOut`` with effects ``[m]`` or ``[m, t]``, ``theta`` ``[p, m]`` and the ``gradient_norm``
        ``[m]`` that each refit reached.

    Raises:
        InvalidChoice: for rows that do not exist.
        DataError: for the only row of a class.
        TrainerError: if the trainer fails or returns something else.
        Interrupted: on Ctrl-C; its ``result`` is the ``LeftOut`` with NaN for the refits that are missing.

    Warns :class:`AnotherBasin` and :class:`NotReproduced` as :func:`retrain` does.

    Source: Koh and Liang (2017), section 4.1.

    >>> import numpy as np, afif_explorer as ax
    >>> fit, target = ax.fit(ax.load_dataset("hiring"), penalty=ax.Ridge(1e-2)), ax.MeanLoss("test")
    >>> refits = ax.retrain_each(fit, fit.data.train.ids[:3], target)
    >>> bool(np.allclose(refits.effects, ax.attribute(fit, target)[:3], rtol=0.1))
    True
    """
    chosen = removable_each(fit, rows)
    sets = list(chosen[:, None])
    as_targets(target)
    training = retraining_of(fit, trainer)
    about = (training.trained_by, training.start)

    def result(refits: Refits) -> LeftOut:
        basins = training.basins(sets, refits.theta)
        basins.warn(fit.ids[chosen], "row", stacklevel=3)
        return _left_out(fit, chosen, refits, target, *about, basins)

    with partial_result(result):
        found = training.without_each(sets)
    return result(found)


def bregman_response_each(
    fit: Fit,
    rows: Sequence[int] | np.ndarray,
    target: Target | Sequence[Target],
    *,
    damping: float = 0.0,
) -> LeftOut:
    """:func:`bregman_response` without each of ``rows`` alone, and its effects on the targets.

    ``T(theta_response) - T(theta)`` for each row and target: positive if the target rises without the row,
    in the target's units.

    Args:
        fit: the model with all rows.
        rows: ids ``[m]``, as in ``fit.data.train.ids``, or a mask ``[n_train]``.
        target: what to measure, or a list of ``t`` targets.
        damping: that of the method it is compared with.

    Returns:
        A ``LeftOut``, as from :func:`retrain_each`: effects ``[m]`` or ``[m, t]``.

    Raises:
        InvalidChoice: for rows that do not exist and for a damping below 0.
        DataError: for the only row of a class.
        Interrupted: on Ctrl-C, as :func:`retrain_each` does.

    Source: Bae et al. (2022).

    >>> import afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"), penalty=ax.Ridge(1e-2))
    >>> targets = [ax.MeanLoss("test"), ax.MeanLoss("train")]
    >>> ax.bregman_response_each(fit, fit.data.train.ids[:2], targets).effects.shape
    (2, 2)
    """
    chosen = removable_each(fit, rows)
    damping, sets = checked_damping(damping), list(chosen[:, None])
    as_targets(target)
    about = (BUILT_IN, fit.parameters)
    with partial_result(lambda responses: _left_out(fit, chosen, responses, target, *about)):
        found = engine.bregman_response_each(fit.objective, fit.parameters, sets, damping=damping)
    return _left_out(fit, chosen, found, target, *about)


def _left_out(
    fit: Fit,
    rows: np.ndarray,
    found: Refits,
    target: Target | Sequence[Target],
    trained_by: str,
    start: Tensor,
    basins: Basins | None = None,
) -> LeftOut:
    targets, finished = as_targets(target), found.finished
    effects = np.full((len(rows), len(targets)), np.nan)
    for column, one in enumerate(targets):
        bound = one.bind(fit)
        before = bound.value(start)
        after = [bound.value(theta) for theta in found.theta.T[finished]]
        effects[finished.cpu().numpy(), column] = np.array(after) - before
    return LeftOut(
        fit.ids[rows],
        found.theta.cpu().numpy(),
        effects[:, 0] if isinstance(target, Target) else effects,
        found.gradient_norm.cpu().numpy(),
        found.seconds,
        trained_by,
        np.zeros(len(rows), dtype=bool) if basins is None else basins.another,
    )
