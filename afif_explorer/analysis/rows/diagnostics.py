"""``diagnostics``: the classical regression diagnostics, for every model."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import torch

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.prepared import prepared
from afif_explorer.analysis.limits.removable import irremovable
from afif_explorer.analysis.rows.told import method_words
from afif_explorer.engine.influence.methods import AFIF, Method
from afif_explorer.engine.influence.smooth import Influence
from afif_explorer.engine.problem.losses import Categorical, Gaussian


def diagnostics(fit: Fit, method: Method = AFIF()) -> pd.DataFrame:  # noqa: B008 - frozen
    """The classical regression diagnostics of every training row, for any model: ``[n_train, 5]``.

    * ``leverage``: ``h_i = tr(A'' J_i C^-1 J_i') / n``; in [0, 1] for one output; sums to the effective
      number of parameters.
    * ``cooks_distance``: ``(theta_(i) - theta)' n C (theta_(i) - theta) / (rank phi)`` with the one-row
      step, leverage-corrected; ``rank`` counts the parameters that the rows determine (dummy columns
      that add up to the intercept take one off); ``phi`` is the residual variance ``sum e^2 / (n - rank)``
      for Gaussian losses (``n k - rank`` for ``k`` outputs), else 1. NaN where there is no degree of freedom
      left to estimate it.
    * ``self_influence``: ``(grad l_i)' D_i``, the predicted rise of the row's own loss without it, to first
      order; at least 0. ``D_i`` is the one-row step: leverage-corrected, or ``C^-1 g_i / n`` for a method
      with ``leverage_correction=False``.
    * ``loss``: nats, or half squared target units.
    * ``residual``: observed minus predicted (one minus the probability of the observed class, for more than
      two classes; minus the derivative of a :class:`CallableLoss`); of several labels or numbers
      ``residual 0``, ``residual 1``, ...

    With sample weights ``a_i`` a row's part of the objective is ``a_i l_i``, so ``g_i`` and ``A''`` stand for
    ``a_i`` times themselves, and ``phi`` is ``sum a_i e_i^2`` by the degrees of freedom of the rows whose
    weight is not 0, as in R's ``lm(weights=)``. ``loss`` and ``residual`` are not weighted.

    ``C`` is the method's curvature, ``M_i = J_i C^-1 J_i' / n``. A row whose leverage is 1 or more has no
    corrected step: distance and self-influence are NaN, as are those of the only row of a class.

    Args:
        fit: a model and its training rows.
        method: curvature, solver and correction of the self-influence.

    Returns:
        A data frame indexed by row id; ``attrs["method"]`` says how distance and self-influence were
        computed.

    Raises:
        CurvatureError: where the curvature has a negative eigenvalue.
        InvalidChoice: if an argument is not a fit or a method.

    Sources: Cook (1977); Cook and Weisberg, Residuals and Influence in Regression (1982), chapter 3;
    Pregibon (1981) for generalised linear models.

    >>> import afif_explorer as ax
    >>> table = ax.diagnostics(ax.fit(ax.load_dataset("hiring")))
    >>> list(table.columns)
    ['leverage', 'cooks_distance', 'self_influence', 'loss', 'residual']
    >>> bool((table["leverage"] < 1).all())
    True
    """
    influence = prepared(method, fit)
    table = diagnostics_of(influence, fit)
    table.attrs["method"] = method_words(influence)
    return table


def diagnostics_of(influence: Influence, fit: Fit) -> pd.DataFrame:
    """:func:`diagnostics` with a prepared method."""
    columns = {
        "leverage": influence.leverage(),
        "cooks_distance": _cooks_distance(influence),
        "self_influence": influence.self_influence(),
        "loss": influence.point.plain_losses(),
        **_residuals(influence),
    }
    table = pd.DataFrame(
        {name: column.cpu().numpy() for name, column in columns.items()}, index=row_index(fit)
    )
    table.iloc[irremovable(fit.objective), [1, 2]] = np.nan
    return table


def row_index(fit: Fit) -> pd.Index:
    """The ids of the training rows."""
    return pd.Index(fit.ids, name="id")


def _cooks_distance(influence: Influence) -> torch.Tensor:
    pull = influence.corrected_residual
    size = (pull[:, None, :] @ influence.row_blocks @ pull[:, :, None])[:, 0, 0]
    return size / (influence.rank * dispersion(influence))


def dispersion(influence: Influence) -> float:
    """``phi``; NaN without a degree of freedom."""
    if not isinstance(influence.objective.loss, Gaussian):
        return 1.0
    k = influence.objective.model.k
    degrees = k * int(influence.objective.counted.sum()) - influence.rank
    squares = (influence.point.residual * influence.point.plain_residual()).sum()
    return float(squares / degrees) if degrees > 0 else math.nan


def _residuals(influence: Influence) -> dict[str, torch.Tensor]:
    """Each row's residual by the name of its column."""
    residual = -influence.point.plain_residual()
    if isinstance(influence.objective.loss, Categorical):
        residual = residual.gather(1, influence.objective.y.to(torch.int64)[:, None])
    if residual.shape[1] == 1:
        return {"residual": residual[:, 0]}
    return {f"residual {place}": column for place, column in enumerate(residual.T)}
