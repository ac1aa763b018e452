"""The references for predictions: retraining, and the proximal Bregman response."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.limits.removable import removable, removable_each
from afif_explorer.engine.influence.methods import checked_damping
from afif_explorer.engine.problem.weights import leave_one_out, leave_out
from afif_explorer.engine.targets.base import Target, as_targets
from afif_explorer.engine.training import bregman as engine
from afif_explorer.engine.training.fit import Optimum
from afif_explorer.engine.training.retrain import Refits, refit, refit_each


@dataclass(frozen=True, eq=False)
class Retrained:
    """A model fitted without some rows: the result of :func:`retrain` and :func:`bregman_response`.

    Attributes:
        fit: the model with all rows.
        theta: ``[p]``. gradient_norm: of its objective there (for a response: of the function that it
            minimises); the parameters are accurate to this tolerance.
        gradient_threshold: as for a :class:`~afif_explorer.analysis.fits.fitting.Fit`. converged: True if the
            norm is at most that. seconds: wall time. rows: positions of the removed rows.
    """

    fit: Fit
    theta: np.ndarray
    gradient_norm: float
    gradient_threshold: float
    converged: bool
    seconds: float
    rows: np.ndarray

    def effects(self, targets: Target | Sequence[Target]) -> dict[Target, float]:
        """The actual change of each target, ``T(theta) - T(before)``, in its units."""
        theta = self.fit.objective.vector(self.theta)
        found = {}
        for target in as_targets(targets):
            bound = target.bind(self.fit)
            found[target] = bound.value(theta) - bound.value(self.fit.parameters)
        return found


def retrain(fit: Fit, rows: Sequence[int] | np.ndarray, *, warm: bool = True) -> Retrained:
    """Fit again without ``rows``: what :func:`unlearn` predicts.

    ``theta(w) = argmin_t (1/n) sum_(rows that stay) l_i(t) + strength * pi(t)``, ``[p]``: ``n`` stays the
    full count, so the penalty keeps its weight relative to each row.

    Args:
        fit: the model with all rows.
        rows: positions ``[m]`` or a mask ``[n_train]``.
        warm: start at the old parameters; else at the model's own start. A network may then end in another
            minimum, so that only warm refits show one row's effect.

    Returns:
        A ``Retrained`` with ``theta`` ``[p]``, ``effects(targets)`` and how far it converged; ``converged``
        is False if it did not reach its ``gradient_threshold``.

    Raises:
        InvalidChoice: for rows that do not exist.
        DataError: if no rows, or none of a class, would be left.

    Sources: Koh and Liang (2017), section 4.1; Bae et al. (2022) on warm and cold starts.

    >>> import afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"), penalty=ax.Ridge(1e-2))
    >>> target = ax.MeanLoss("test")
    >>> refit = ax.retrain(fit, [0, 1, 2])
    >>> predicted = ax.unlearn(fit, [0, 1, 2], targets=target).effects[target]
    >>> abs(predicted / refit.effects(target)[target] - 1) < 0.1
    True
    """
    chosen = removable(fit, rows)
    weights = fit.objective.vector(leave_out(fit.n, chosen))
    found = refit(fit.objective, fit.parameters, weights, warm=warm, seed=fit.seed)
    return _retrained(fit, found, chosen)


def rises_without(fit: Fit, rows: np.ndarray) -> tuple[np.ndarray, float]:
    """The increase of the loss of each of some rows (positions) in a refit without it, ``[m]``, and the
    largest gradient norm of the refits."""
    objective, theta = fit.objective, fit.parameters
    refits = refit_each(objective, theta, objective.vector(leave_one_out(fit.n, rows)))
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
    return (after - before).cpu().numpy(), float(refits.gradient_norm.max())


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
        rows: positions ``[m]`` or a mask ``[n_train]``.
        damping: that of the method it is compared with.

    Returns:
        A ``Retrained``, as from :func:`retrain`.

    Raises:
        InvalidChoice: for rows that do not exist and for a damping below 0.
        DataError: if no rows, or none of a class, would be left.

    Source: Bae et al., If Influence Functions are the Answer, Then What is the Question? (2022).

    >>> import numpy as np, afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"), penalty=ax.Ridge(1e-2))
    >>> response, refit = ax.bregman_response(fit, [0, 1]), ax.retrain(fit, [0, 1])
    >>> bool(np.allclose(response.theta, refit.theta, atol=1e-6))
    True
    """
    chosen = removable(fit, rows)
    weights = fit.objective.vector(leave_out(fit.n, chosen))
    damping = checked_damping(damping)
    found = engine.bregman_response(fit.objective, fit.parameters, weights, damping=damping)
    return _retrained(fit, found, chosen)


def _retrained(fit: Fit, found: Optimum, rows: np.ndarray) -> Retrained:
    theta = found.theta.cpu().numpy()
    return Retrained(
        fit=fit,
        theta=theta,
        gradient_norm=found.gradient_norm,
        gradient_threshold=found.gradient_threshold,
        converged=found.converged,
        seconds=found.seconds,
        rows=rows,
    )


@dataclass(frozen=True, eq=False)
class LeftOut:
    """One refit for each of some rows: the result of :func:`retrain_each` and :func:`bregman_response_each`.

    Attributes:
        rows: ``[m]``, in the order given. theta: ``[p, m]``.
        effects: ``[m]``, or ``[m, t]`` for a list of targets: the actual change if that row alone is left
            out.
        gradient_norm: ``[m]``. seconds: wall time of all.
    """

    rows: np.ndarray
    theta: np.ndarray
    effects: np.ndarray
    gradient_norm: np.ndarray
    seconds: float


def retrain_each(
    fit: Fit, rows: Sequence[int] | np.ndarray, target: Target | Sequence[Target]
) -> LeftOut:
    """Leave out each of ``rows`` alone, fit again, and measure: what :func:`attribute` predicts.

    ``T(theta(w)) - T(theta(1))`` for each row and target, in the target's units: positive if the target
    rises without the row. Refits start at the fit's parameters; where outputs are linear in the parameters
    many rows are refitted in parallel.

    Args:
        fit: the model with all rows.
        rows: positions ``[m]``.
        target: what to measure, or a list of ``t`` targets.

    Returns:
        A ``LeftOut`` with effects ``[m]`` or ``[m, t]``, ``theta`` ``[p, m]`` and the ``gradient_norm``
        ``[m]`` that each refit reached.

    Raises:
        InvalidChoice: for rows that do not exist.
        DataError: for the only row of a class.

    Source: Koh and Liang (2017), section 4.1.

    >>> import numpy as np, afif_explorer as ax
    >>> fit, target = ax.fit(ax.load_dataset("hiring"), penalty=ax.Ridge(1e-2)), ax.MeanLoss("test")
    >>> refits = ax.retrain_each(fit, [0, 1, 2], target)
    >>> bool(np.allclose(refits.effects, ax.attribute(fit, target)[:3], rtol=0.1))
    True
    """
    chosen = removable_each(fit, rows)
    weights = fit.objective.vector(leave_one_out(fit.n, chosen))
    return _left_out(fit, chosen, refit_each(fit.objective, fit.parameters, weights), target)


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
        rows: positions ``[m]``.
        target: what to measure, or a list of ``t`` targets.
        damping: that of the method it is compared with.

    Returns:
        A ``LeftOut``, as from :func:`retrain_each`: effects ``[m]`` or ``[m, t]``.

    Raises:
        InvalidChoice: for rows that do not exist and for a damping below 0.
        DataError: for the only row of a class.

    Source: Bae et al. (2022).

    >>> import afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"), penalty=ax.Ridge(1e-2))
    >>> ax.bregman_response_each(fit, [0, 1], [ax.MeanLoss("test"), ax.PointLoss("test", 0)]).effects.shape
    (2, 2)
    """
    chosen = removable_each(fit, rows)
    weights = fit.objective.vector(leave_one_out(fit.n, chosen))
    damping = checked_damping(damping)
    found = engine.bregman_response_each(fit.objective, fit.parameters, weights, damping=damping)
    return _left_out(fit, chosen, found, target)


def _left_out(
    fit: Fit, rows: np.ndarray, found: Refits, target: Target | Sequence[Target]
) -> LeftOut:
    targets = as_targets(target)
    effects = np.empty((len(rows), len(targets)))
    for column, one in enumerate(targets):
        bound = one.bind(fit)
        before = bound.value(fit.parameters)
        effects[:, column] = [bound.value(theta) - before for theta in found.theta.T]
    return LeftOut(
        rows,
        found.theta.cpu().numpy(),
        effects[:, 0] if isinstance(target, Target) else effects,
        found.gradient_norm.cpu().numpy(),
        found.seconds,
    )
