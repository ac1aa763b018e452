"""``diagnostics``: the classical regression diagnostics, for every model."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import torch

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.prepared import prepared
from afif_explorer.analysis.limits.removable import irremovable
from afif_explorer.engine.influence.methods import AFIF, Method
from afif_explorer.engine.influence.smooth import Influence
from afif_explorer.engine.problem.losses import Categorical, Gaussian


def diagnostics(fit: Fit, method: Method = AFIF()) -> pd.DataFrame:  # noqa: B008 - frozen
    """The classical regression diagnostics of every training row, for any model: ``[n_train, 5]``.

    * ``leverage``: ``h_i = tr(A'' J_i C^-1 J_i') / n``; in [0, 1] for one output; sums to the effective
      number of parameters.
    * ``cooks_distance``: ``(theta_(i) - theta)' n C (theta_(i) - theta) / (rank phi)`` with the one-row
      step rescaled by the leverage; ``rank`` counts the parameters that the rows determine (dummy columns
      that add up to the intercept take one off); ``phi`` is the residual variance ``sum e^2 / (n - rank)``
      for Gaussian losses, else 1. NaN where there is no degree of freedom left to estimate it.
    * ``self_influence``: ``g_i' C^-1 g_i / n``, the predicted rise of the row's own loss without it; at
      least 0.
    * ``loss``: nats, or half squared target units.
    * ``residual``: observed minus predicted (one minus the probability of the observed class, for more than
      two classes).

    ``C`` is the method's curvature, ``M_i = J_i C^-1 J_i' / n``. A row whose leverage is 1 or more has no
    rescaled step: its distance is NaN. So are distance and self-influence of the only row of a class.

    Args:
        fit: a model and its training rows.
        method: curvature and solver; ``rescale`` makes no difference.

    Returns:
        A data frame indexed by row id.

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
    return diagnostics_of(influence, fit)


def diagnostics_of(influence: Influence, fit: Fit) -> pd.DataFrame:
    """:func:`diagnostics` with a prepared method."""
    columns = {
        "leverage": influence.leverage(),
        "cooks_distance": _cooks_distance(influence),
        "self_influence": influence.self_influence(),
        "loss": influence.point.losses(),
        "residual": _residual(influence),
    }
    table = pd.DataFrame(
        {name: column.cpu().numpy() for name, column in columns.items()}, index=row_index(fit)
    )
    table.iloc[irremovable(fit.objective), [1, 2]] = np.nan
    return table


def row_index(fit: Fit) -> pd.Index:
    """The ids of the training rows; their positions if the fit has no data set."""
    index = pd.RangeIndex(fit.n) if fit.data is None else pd.Index(fit.data.train.ids)
    return index.rename("id")


def _cooks_distance(influence: Influence) -> torch.Tensor:
    pull = influence.rescaled_residual
    size = (pull[:, None, :] @ influence.row_blocks @ pull[:, :, None])[:, 0, 0]
    return size / (influence.rank * _dispersion(influence))


def _dispersion(influence: Influence) -> float:
    """``phi``; NaN without a degree of freedom."""
    if not isinstance(influence.objective.loss, Gaussian):
        return 1.0
    degrees = influence.objective.n - influence.rank
    return float(influence.point.residual.square().sum() / degrees) if degrees > 0 else math.nan


def _residual(influence: Influence) -> torch.Tensor:
    if isinstance(influence.objective.loss, Categorical):
        index = influence.objective.y.to(torch.int64)[:, None]
        return -influence.point.residual.gather(1, index)[:, 0]
    return -influence.point.residual[:, 0]
