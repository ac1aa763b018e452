"""``dfbetas`` and ``dffits``: standardised changes if a row is left out."""

from __future__ import annotations

from collections.abc import Iterator

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
from afif_explorer.engine.runtime.memory import block_rows
from afif_explorer.progress import report


def dfbetas(fit: Fit, method: Method = AFIF()) -> pd.DataFrame:  # noqa: B008 - frozen
    """The standardised change of each parameter if each row is removed, ``[n_train, p]``.

    ``DFBETAS_ij = (theta - theta_(i))_j / (s_(i) sqrt((C^-1)_jj / n))`` with ``theta_(i)`` the one-row
    step, leverage-corrected, and ``s_(i)^2`` the residual variance without row ``i`` (Gaussian
    losses; else 1), with ``n - rank - 1`` degrees of freedom for the rank of the columns (see
    :func:`diagnostics`). In standard errors of the parameter. Positive: the row raises the parameter; the
    sign is that of the classical literature, fit minus fit without the row. Exact for least squares. Beyond
    ``2 / sqrt(n)`` a row is usually called influential.

    Args:
        fit: a model and its training rows.
        method: of prediction.

    Returns:
        A data frame indexed by row id, with one column per parameter; NaN for a row of leverage 1 or more.

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
    whitener, spread = influence.whitener, left_out_spread(influence)
    errors = (whitener.square().sum(1) / fit.n).sqrt()
    found = whitener.new_empty(fit.n, fit.objective.p)
    for rows, steps in _corrected_steps(influence):
        torch.div(steps @ whitener.T, spread[rows, None] * -errors, out=found[rows])
    return _table(fit, found, fit.parameter_names)


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
    influence = prepared(method, fit).corrected()
    errors = influence.row_blocks.diagonal(dim1=1, dim2=2).sqrt()
    scaled = -influence.own_moves() / (left_out_spread(influence)[:, None] * errors)
    names = [f"output {column}" for column in range(scaled.shape[1])]
    return _table(fit, scaled, names)


def _table(fit: Fit, values: Tensor, columns: list[str]) -> pd.DataFrame:
    """A row for each training row; NaN for those without which the model has no finite fit."""
    table = pd.DataFrame(values.cpu().numpy(), index=row_index(fit), columns=columns, copy=False)
    table.iloc[irremovable(fit.objective)] = np.nan
    return table


def _corrected_steps(influence: Influence) -> Iterator[tuple[slice, Tensor]]:
    """The rows' leverage-corrected steps ``theta_(i) - theta`` in the basis of the whitener, in blocks of
    rows: ``[rows, rank]``."""
    pull, n, whitener = influence.corrected().residual, influence.objective.n, influence.whitener
    size = min(ROWS_AT_ONCE, block_rows((pull.shape[1] + 1) * len(whitener), pull))
    for start in range(0, n, size):
        report("steps", start, n)
        rows = slice(start, min(start + size, n))
        half = influence.point.linearization.project(rows, whitener)
        yield rows, (pull[rows][:, :, None] * half).sum(1) / n


def left_out_spread(influence: Influence) -> Tensor:
    """``s_(i)``, ``[n]``; NaN where no degree of freedom is left."""
    objective, residual = influence.objective, influence.point.plain_residual()
    if not isinstance(objective.loss, Gaussian):
        return torch.ones_like(residual[:, 0])
    degrees = objective.model.k * (int(objective.counted.sum()) - 1) - influence.rank
    if degrees < 1:
        return torch.full_like(residual[:, 0], torch.nan)
    each = (influence.point.residual * residual).sum()
    squares = each - (residual * influence.corrected_residual).sum(1)
    return (squares / degrees).clamp(min=np.finfo(float).tiny).sqrt()
