"""``added_variable``: the added-variable plot of one coefficient, for every model with one output."""

from __future__ import annotations

import pandas as pd
import torch

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.prepared import prepared
from afif_explorer.analysis.rows.diagnostics import row_index
from afif_explorer.engine.influence.methods import AFIF, Method
from afif_explorer.engine.targets.bound import checked_fit
from afif_explorer.engine.targets.coefficients import Coefficient
from afif_explorer.errors import InvalidChoice


def added_variable(
    fit: Fit,
    coefficient: str | int,
    method: Method = AFIF(),  # noqa: B008 - frozen
) -> pd.DataFrame:
    """The added-variable (partial regression) plot of a coefficient, ``[n_train, 3]``.

    * ``input``: ``x_i = J_i b`` with ``b = C^-1 e_j / (C^-1)_jj``, the change of the row's output if the
      coefficient rises by one and the others adapt. For least squares it is the residual of the column
      in a regression on all other columns.
    * ``response``: ``theta_j x_i + e_i / v_i`` with ``e_i`` observed minus predicted and ``v_i`` the variance
      function (1 for Gaussian losses): the residual of the response in a regression on the others.
    * ``weight``: ``a_i v_i``, the row's weight in that regression, with its sample weight ``a_i``.

    Without a penalty and damping the weighted regression of the response on the input through the origin
    has the slope ``theta_j``, and its residuals are those of the model. A penalty shrinks ``theta_j`` below
    that slope. Rows far from zero on the input pull the coefficient most.

    Args:
        fit: a model with one output and its training rows.
        coefficient: name or position, as for :class:`Coefficient`.
        method: curvature.

    Returns:
        A data frame indexed by row id, in the model's output (log-odds, log counts, or target units) and,
        for the input, that per unit of the coefficient.

    Raises:
        InvalidChoice: for several outputs, an unknown coefficient, and one that the rows do not determine or
            that a penalty holds at zero.

    Sources: Cook and Weisberg, Residuals and Influence in Regression (1982), section 2.3.2; Wang (1985) for
    generalised linear models.

    >>> import numpy as np, afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("diabetes"), penalty=None)
    >>> plot = ax.added_variable(fit, "blood pressure")
    >>> slope = (plot.input * plot.response).sum() / (plot.input**2).sum()
    >>> bool(np.isclose(slope, fit.theta[fit.parameter_names.index("blood pressure")]))
    True
    """
    checked_fit(fit)
    place, influence = Coefficient(coefficient).place(fit), prepared(method, fit)
    point = influence.point
    if point.outputs.shape[1] != 1:
        raise InvalidChoice(
            f"An added-variable plot needs one output, and this model has {point.outputs.shape[1]}; choose a "
            "target with two classes, or a number."
        )
    whitener = influence.whitener
    spread = whitener[place].square().sum()
    if not spread > torch.finfo(whitener.dtype).tiny:
        raise InvalidChoice(
            f"The coefficient {coefficient!r} is held at zero or not determined by the rows, so that it has "
            "no added-variable plot; choose another one, or a weaker penalty."
        )
    along = whitener @ whitener[place] / spread
    moves = point.linearization.project(slice(None), along[:, None])[:, 0, 0]
    ones = torch.ones_like(point.outputs)[:, :, None]
    weight = point.hessian_products(slice(None), ones)[:, 0, 0]
    response = fit.parameters[place] * moves - point.residual[:, 0] / weight
    columns = {"input": moves, "response": response, "weight": weight}
    return pd.DataFrame(
        {name: column.cpu().numpy() for name, column in columns.items()}, index=row_index(fit)
    )
