"""``unlearn``: the model without some rows, by one step instead of retraining."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial

import numpy as np
from torch import Tensor

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.prepared import bound, prepared, warn_unfinished
from afif_explorer.analysis.limits.comparisons import warn_of_comparisons
from afif_explorer.analysis.limits.reasons import of_the_fit
from afif_explorer.analysis.limits.removable import removable
from afif_explorer.analysis.limits.trust import Reason, Trust, warn_of
from afif_explorer.analysis.removal.reach import Reach, RefitEstimate
from afif_explorer.analysis.rows.effects import label
from afif_explorer.analysis.rows.told import method_words
from afif_explorer.engine.influence.methods import AFIF, Method
from afif_explorer.engine.influence.refinement import towards_refit
from afif_explorer.engine.influence.smooth import Influence
from afif_explorer.engine.targets.base import Target, as_targets
from afif_explorer.errors import NotConverged
from afif_explorer.html_tables import html_table
from afif_explorer.numeric import checked_flag

SHOWN = 3  # targets in a repr


@dataclass(frozen=True, eq=False, repr=False)
class Unlearned:
    """Predicted parameters and targets without some rows: the result of :func:`unlearn`.

    Attributes:
        theta: ``[p]``. effects: the predicted change of each target, ``T(theta) - T(before)``.
        rows: ids of the removed rows, in order of the training rows. method: how both were computed.
    """

    theta: np.ndarray
    effects: dict[Target, float]
    rows: np.ndarray
    method: str
    _estimate: RefitEstimate = field(repr=False)
    _values: Mapping[Target, Callable[[Tensor], float]] = field(repr=False)
    _limits: Callable[[], list[Reason]] = field(repr=False)

    @property
    def reach(self) -> Reach:
        """How far to trust the parameters; computed when first asked for, by steps towards the refit."""
        return self._estimate.reach

    @cached_property
    def trust(self) -> Trust:
        """How far to trust the prediction: its :attr:`reach`, and what limits all results of the fit."""
        return Trust.of((*self._limits(), Reason(self.reach.level, self.reach.text)))

    @cached_property
    def target_reach(self) -> dict[Target, Reach]:
        """How far to trust each target's change, likewise."""
        return {target: self._estimate.reach_on(value) for target, value in self._values.items()}

    def __repr__(self) -> str:
        changes = [f", {label(target)} {change:+.3g}" for target, change in self.effects.items()]
        more = f", and {len(changes) - SHOWN} more targets" if len(changes) > SHOWN else ""
        told = "".join(changes[:SHOWN])
        return f"<Unlearned: {len(self.rows)} rows, reach {self.reach.level}{told}{more}>"

    def _repr_html_(self) -> str:
        """The targets' changes and how far to trust each."""
        rows = [
            (label(target), change, self.target_reach[target].level)
            for target, change in self.effects.items()
        ]
        title = f"Unlearned: {len(self.rows)} rows"
        told = (self.method, self.trust.text)
        return html_table(title, ("target", "predicted change", "reach"), rows, told)


def unlearn(
    fit: Fit,
    rows: Sequence[int] | np.ndarray,
    method: Method = AFIF(),  # noqa: B008 - a frozen value
    targets: Target | Sequence[Target] = (),
    *,
    refine: bool = False,
) -> Unlearned:
    """Parameters and targets without ``rows``, predicted in one step, or in a few.

    ``theta(w) = theta + (1/n) C_w^-1 sum_rows g_i``, ``[p]``, with ``C_w`` the method's curvature less the
    rows' own Gauss-Newton part ``(1/n) sum_rows J_i' A'' J_i`` (leverage correction, by default on where it
    costs little; else ``C`` itself), so that one row has the effect that :func:`attribute` tells (of rows
    that it refines, with ``refine=True``). For a non-smooth penalty it is the proximal step in that norm.
    Each target is evaluated there: its effect is ``T(theta(w)) - T(theta(1))``, in its units, positive if it
    rises without the rows.

    Args:
        fit: the model with all rows.
        rows: ids ``[m]``, as in ``fit.data.train.ids``, or a mask ``[n_train]``.
        method: curvature, solver and corrections.
        targets: one target or several, measured before and after.
        refine: take further steps towards the refit, those that ``reach`` is estimated from: for sets of
            which one step is not enough ("fair" or "poor").

    Returns:
        An ``Unlearned``: ``theta`` ``[p]``, ``effects`` by target, and how far to trust them (``reach``,
        ``target_reach``, and with what limits the fit itself ``trust``).

    Raises:
        InvalidChoice: for rows that do not exist.
        DataError: if no rows, or none of a class, would be left.
        CurvatureError, SolverDiverged: where the step does not exist.

    Warns :class:`NotAtMinimum` and :class:`NegativeCurvature` as :func:`attribute` does;
    :class:`NotConverged`, also where the default correction does not exist (a network's Hessian that is
    not positive definite without the rows) and the plain step is taken, or further steps do not converge; and
    :class:`Undefined` where a disparity leaves out groups.

    Sources: Lev and Wilson, arXiv 2407.08169; Suriyakumar and Wilson (2022).

    >>> import afif_explorer as ax
    >>> fit, target = ax.fit(ax.load_dataset("hiring")), ax.MeanLoss("test")
    >>> found = ax.unlearn(fit, fit.data.train.ids[:3], targets=target)
    >>> found.theta.shape
    (13,)
    >>> found.reach.level
    'good'
    """
    influence = prepared(method, fit)
    found = unlearn_with(influence, fit, rows, targets, refine=checked_flag("refine", refine))
    warn_unfinished(influence)
    warn_of_comparisons(fit, found.effects)
    warn_of(of_the_fit(fit, influence), stacklevel=3)
    return found


def unlearn_with(
    influence: Influence,
    fit: Fit,
    rows: Sequence[int] | np.ndarray,
    targets: Target | Sequence[Target] = (),
    *,
    refine: bool = False,
) -> Unlearned:
    """:func:`unlearn` with a prepared method and without the method's warnings."""
    chosen = removable(fit, rows)
    values = {target: bound(target, fit).value for target in as_targets(targets)}
    theta = influence.parameters_without([chosen])[:, 0]
    told = method_words(influence, corrected=influence.was_corrected())
    if refine:
        told += ", refined"
        theta = _refined(influence, chosen, theta)
    effects = {target: value(theta) - value(fit.parameters) for target, value in values.items()}
    estimate = RefitEstimate(influence, chosen, theta)
    ids, limits = fit.ids[chosen], partial(of_the_fit, fit, influence)
    return Unlearned(theta.cpu().numpy(), effects, ids, told, estimate, values, limits)


def _refined(influence: Influence, rows: np.ndarray, theta: Tensor) -> Tensor:
    """``theta`` ``[p]`` and further steps towards the refit without these rows."""
    found = towards_refit(influence, rows, theta)
    if not found.settled:
        warnings.warn(
            "Further steps towards the refit do not converge; use retrain.",
            NotConverged,
            stacklevel=4,
        )
    return theta + found.step
