"""``dfbetas`` and ``dffits``: standardised changes if a row is left out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.prepared import prepared
from afif_explorer.analysis.limits.removable import irremovable
from afif_explorer.analysis.rows.diagnostics import row_index
from afif_explorer.engine.influence.methods import AFIF, Method
from afif_explorer.engine.influence.smooth import ROWS_AT_ONCE, Influence
from afif_explorer.engine.problem.losses import Gaussian
from afif_explorer.engine.problem.models import LinearMap
from afif_explorer.progress import report


def dfbetas(fit: Fit, method: Method = AFIF()) -> pd.DataFrame:  # noqa: B008 - frozen
    """The standardised change of each parameter if each row is removed, ``[n_train, p]``.

    ``DFBETAS_ij = (theta - theta_(i))_j / (s_(i) sqrt((C^-1)_jj / n))`` with ``theta_(i)`` the one-row
    step, rescaled by the leverage, and ``s_(i)^2`` the residual variance without row ``i`` (Gaussian
    losses; else 1), with ``n - rank - 1`` degrees of freedom for the rank of the columns (see
    :func:`diagnostics`). In standard errors of the parameter. Positive: the row raises the parameter; the
    sign is that of the classical literature, fit minus fit without the row. Exact for least squares. Beyond
    ``2 / sqrt(n)`` a row is usually called influential.

    Args:
        fit: a model and its training rows.
        method: of prediction.

    Returns:
        A data frame indexed by row id, with one column per parameter.

    Raises:
        CurvatureError: if a row's leverage is 1 or more.
        InvalidChoice: if an argument is not a fit or a method.

    Source: Belsley, Kuh and Welsch, Regression Diagnostics (1980), section 2.1.

    >>> import afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"), penalty=None)
    >>> table = ax.dfbetas(fit)
    >>> table.shape == (fit.n, len(fit.theta))
    True
    >>> table.columns[0]
    'years of experience'
    """
    influence = prepared(method, fit)
    whitener = influence.whitener
    steps = _rescaled_steps(influence) @ whitener.T  # theta_(i) - theta
    errors = (whitener.square().sum(1) / fit.n).sqrt()
    scaled = -steps / (_left_out_spread(influence)[:, None] * errors)
    return _table(fit, scaled, parameter_names(fit))


def dffits(fit: Fit, method: Method = AFIF()) -> pd.DataFrame:  # noqa: B008 - frozen
    """The standardised change of each row's own outputs if it is removed, ``[n_train, k]``.

    ``DFFITS_i = (f_i - f_(i)i) / (s_(i) sqrt(M_i))`` with ``M_i = J_i C^-1 J_i' / n`` (its diagonal, for
    several outputs) and ``s_(i)`` as for :func:`dfbetas`: in standard errors of the output. Positive: the
    row raises its own output. Beyond ``2 sqrt(p / n)`` a row is usually called influential.

    Args:
        fit: a model and its training rows.
        method: of prediction.

    Returns:
        A data frame indexed by row id, with one column per output; NaN for a row of leverage 1 or more.

    Raises:
        InvalidChoice: if an argument is not a fit or a method.

    Source: Belsley, Kuh and Welsch, Regression Diagnostics (1980), section 2.1.

    >>> import afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"), penalty=None)
    >>> ax.dffits(fit).shape
    (1400, 1)
    """
    influence = prepared(method, fit).rescaled()
    errors = influence.row_blocks.diagonal(dim1=1, dim2=2).sqrt()
    scaled = -influence.own_moves() / (_left_out_spread(influence)[:, None] * errors)
    names = [f"output {column}" for column in range(scaled.shape[1])]
    return _table(fit, scaled, names)


def _table(fit: Fit, values: Tensor, columns: list[str]) -> pd.DataFrame:
    """A row for each training row; NaN for those without which the model has no finite fit."""
    table = pd.DataFrame(values.cpu().numpy(), index=row_index(fit), columns=columns)
    table.iloc[irremovable(fit.objective)] = np.nan
    return table


def parameter_names(fit: Fit) -> list[str]:
    """One name for each parameter: features and intercepts of a linear map, else positions."""
    model, data = fit.objective.model, fit.data
    if not isinstance(model, LinearMap) or data is None:
        return [f"theta[{place}]" for place in range(model.p)]
    outputs = [f"{name}: " for name in data.classes] if model.k > 1 else [""]
    weights = [f"{output}{feature}" for output in outputs for feature in data.feature_names]
    return weights + [f"{output}intercept" for output in outputs]


def _rescaled_steps(influence: Influence) -> Tensor:
    """Every row's rescaled step in the basis of the whitener, ``[n, rank]``."""
    pull, n, found = influence.rescaled().residual, influence.objective.n, []
    for rows in torch.arange(n, device=pull.device).split(ROWS_AT_ONCE):
        report("steps", int(rows[0]), n)
        half = influence.point.linearization.project(rows, influence.whitener)
        found.append((pull[rows][:, :, None] * half).sum(1) / n)
    return torch.cat(found)


def _left_out_spread(influence: Influence) -> Tensor:
    """``s_(i)``, ``[n]``; NaN where no degree of freedom is left."""
    objective, residual = influence.objective, influence.point.residual
    if not isinstance(objective.loss, Gaussian):
        return torch.ones_like(residual[:, 0])
    degrees = objective.n - influence.rank - 1
    if degrees < 1:
        return torch.full_like(residual[:, 0], torch.nan)
    squares = residual.square().sum() - (residual * influence.rescaled_residual).sum(1)
    return (squares / degrees).clamp(min=np.finfo(float).tiny).sqrt()
