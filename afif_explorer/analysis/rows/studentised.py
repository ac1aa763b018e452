"""Standardised and studentised residuals, covariance ratios, R's table of them, and the outlier test."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.prepared import prepared
from afif_explorer.analysis.limits.removable import irremovable
from afif_explorer.analysis.rows.deletion import dffits, left_out_spread
from afif_explorer.analysis.rows.diagnostics import diagnostics_of, dispersion, row_index
from afif_explorer.engine.influence.correction import SINGULAR
from afif_explorer.engine.influence.methods import AFIF, Method
from afif_explorer.engine.influence.smooth import Influence
from afif_explorer.engine.problem.losses import Bernoulli, Gaussian, Poisson
from afif_explorer.errors import InvalidChoice
from afif_explorer.numeric import is_name, is_number
from afif_explorer.wording import quoted

KINDS = ("deviance", "pearson")


def rstandard(
    fit: Fit,
    method: Method = AFIF(),  # noqa: B008 - frozen
    *,
    kind: str = "deviance",
) -> pd.Series:
    """Standardised residuals of all training rows, ``[n_train]``.

    ``d_i / sqrt(phi (1 - h_i))`` with ``h_i`` the leverage and ``phi`` the residual variance (Gaussian
    losses; else 1, see :func:`diagnostics`). ``d_i`` is observed minus predicted, and for classes and
    counts the deviance residual ``sign(y_i - mu_i) sqrt(2 (l_i - min l))``, with a sample weight ``a_i``
    times ``sqrt(a_i)``. Positive: observed above predicted; in standard deviations. Pearson's residual is
    ``d_i = (y_i - mu_i) / sqrt(v_i)`` with ``v_i`` the variance under the model; Cook's distance is its
    standardised square times ``h_i / ((1 - h_i) rank)``.

    Args:
        fit: a model with one output and its training rows.
        method: curvature and solver, for the leverage.
        kind: "deviance" or "pearson"; the same for Gaussian losses.

    Returns:
        A series ``[n_train]`` indexed by row id; NaN for a row whose leverage is 1 or more, for the only row
        of a class, for a row of sample weight 0, and where no degree of freedom is left.

    Raises:
        InvalidChoice: for what is not a fit, a method or a kind, for several outputs, and for losses other
            than Gaussian, Bernoulli and Poisson, whose standardised residual has no common definition.

    Source: Davison and Snell (1991), section 2; R's ``rstandard``.

    >>> import afif_explorer as ax
    >>> ax.rstandard(ax.fit(ax.load_dataset("hiring"))).shape
    (1400,)
    """
    if not is_name(kind, KINDS):
        raise InvalidChoice(
            f"The kind of a residual is 'deviance' or 'pearson', not {quoted(kind)}."
        )
    influence = prepared(method, fit)
    residual = _deviance_residual(influence)
    if kind == "pearson" and not isinstance(fit.objective.loss, Gaussian):
        residual = residual.sign() * _pearson_square(influence).sqrt()
    scaled = residual / _left(influence).sqrt()
    return _series(fit, scaled / np.sqrt(dispersion(influence)), "rstandard")


def rstudent(fit: Fit, method: Method = AFIF()) -> pd.Series:  # noqa: B008 - frozen
    """Studentised residuals of all training rows: in standard deviations of a fit without the row, ``[n]``.

    ``e_i / (s_(i) sqrt(1 - h_i))`` with ``s_(i)^2`` the residual variance without row ``i``. For classes and
    counts Williams' likelihood residual ``sign(d_i) sqrt(d_i^2 + h_i e_i^2 / (v_i (1 - h_i)))`` with ``d_i``
    the deviance residual and ``v_i`` the variance under the model. Positive: observed above predicted; in
    standard deviations.

    Args:
        fit: a model with one output and its training rows.
        method: curvature and solver, for the leverage.

    Returns:
        A series ``[n_train]`` indexed by row id, NaN as for :func:`rstandard`.

    Raises:
        InvalidChoice: as for :func:`rstandard`.

    Source: Belsley, Kuh and Welsch, Regression Diagnostics (1980), section 2.1; Williams (1987) for other
    families; R's ``rstudent``.

    >>> import afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("diabetes"), penalty=None)
    >>> bool(ax.rstudent(fit).abs().max() > ax.rstandard(fit).abs().max())
    True
    """
    return _series(fit, _studentised(prepared(method, fit)), "rstudent")


def covratio(fit: Fit, method: Method = AFIF()) -> pd.Series:  # noqa: B008 - frozen
    """The change of the parameters' covariance without each training row, as a ratio: ``[n_train]``.

    ``det(V_(i)) / det(V) = (s_(i)^2 / s^2)^rank / (1 - h_i)`` with ``V`` the covariance of the parameters
    that the rows determine; for losses other than the Gaussian the variance is known and the first factor 1
    (R estimates a dispersion there). Above 1: the row makes the parameters more precise. Beyond
    ``1 +- 3 rank / n`` a row is usually called influential.

    Args:
        fit: a model with one output and its training rows.
        method: curvature and solver, for the leverage.

    Returns:
        A series ``[n_train]`` indexed by row id, NaN as for :func:`rstandard`.

    Raises:
        InvalidChoice: as for :func:`rstandard`.

    Source: Belsley, Kuh and Welsch, Regression Diagnostics (1980), section 2.1; R's ``covratio``.

    >>> import afif_explorer as ax
    >>> ratio = ax.covratio(ax.fit(ax.load_dataset("diabetes"), penalty=None))
    >>> bool((ratio > 0).all())
    True
    """
    influence = prepared(method, fit)
    _deviance_residual(influence)  # one output and a known family, as for the residuals
    return _series(fit, _covariance_ratio(influence), "covratio")


def influence_measures(fit: Fit, method: Method = AFIF()) -> pd.DataFrame:  # noqa: B008 - frozen
    """The table of R's ``influence.measures`` but for DFBETAS (:func:`dfbetas`): ``[n_train, 7]``.

    Columns ``rstandard``, ``rstudent``, ``dffits``, ``covratio``, ``cooks_distance``, ``leverage``, and
    ``influential``: True where one of them passes R's limits, ``|dffits| > 3 sqrt(rank / (n - rank))``,
    ``|1 - covratio| > 3 rank / (n - rank)``, ``P(F(rank, n - rank) < cooks_distance) > 1 / 2`` or ``leverage
    > 3 rank / n``. Signs and units are those of the functions of the same names.

    Args:
        fit: a model with one output and its training rows.
        method: curvature and solver.

    Returns:
        A data frame indexed by row id.

    Raises:
        InvalidChoice: as for :func:`rstandard`.
        CurvatureError: where the curvature has a negative eigenvalue.

    Source: Belsley, Kuh and Welsch, Regression Diagnostics (1980); R's ``influence.measures``.

    >>> import afif_explorer as ax
    >>> table = ax.influence_measures(ax.fit(ax.load_dataset("diabetes"), penalty=None))
    >>> table[table["influential"]].shape[0] < 60
    True
    """
    from scipy.stats import f as f_distribution

    influence = prepared(method, fit)
    plain = diagnostics_of(influence, fit)
    table = pd.DataFrame(
        {
            "rstandard": rstandard(fit, method),
            "rstudent": rstudent(fit, method),
            "dffits": dffits(fit, method)["output 0"],
            "covratio": covratio(fit, method),
            "cooks_distance": plain["cooks_distance"],
            "leverage": plain["leverage"],
        }
    )
    rank, n = influence.rank, int(fit.objective.counted.sum())
    left = n - rank
    if left < 1:
        return table.assign(influential=False)
    beyond = table["dffits"].abs() > 3 * np.sqrt(rank / left)
    beyond |= (1 - table["covratio"]).abs() > 3 * rank / left
    beyond |= f_distribution.cdf(table["cooks_distance"], rank, left) > 0.5
    beyond |= table["leverage"] > 3 * rank / n
    return table.assign(influential=beyond)


def outlier_test(fit: Fit, method: Method = AFIF(), *, level: float = 0.05) -> pd.DataFrame:  # noqa: B008
    """Bonferroni's test of the largest studentised residuals.

    ``p_i = 2 P(t > |rstudent_i|)`` with ``n - rank - 1`` degrees of freedom (for classes and counts, whose
    variance is known, the normal distribution), and ``min(1, n p_i)`` corrected for looking at all ``n``
    rows. A single row that does not fit the model gets a small value.

    Args:
        fit: a model with one output and its training rows.
        method: curvature and solver, for the leverage.
        level: rows up to this corrected p-value are listed; if there are none, the row with the smallest.

    Returns:
        A data frame ``[m, 3]`` indexed by row id, columns ``rstudent``, ``p_value`` and ``bonferroni_p``, the
        smallest first.

    Raises:
        InvalidChoice: as for :func:`rstandard`, and for a level outside 0 to 1.

    Source: Cook and Weisberg, Residuals and Influence in Regression (1982), section 2.2.2; ``outlierTest`` of
    R's package car.

    >>> import afif_explorer as ax
    >>> ax.outlier_test(ax.fit(ax.load_dataset("diabetes"), penalty=None)).columns.tolist()
    ['rstudent', 'p_value', 'bonferroni_p']
    """
    from scipy.stats import norm, t

    if not (is_number(level) and 0 <= level <= 1):
        raise InvalidChoice(
            f"The level of a test must be a number from 0 to 1, not {quoted(level)}."
        )
    influence = prepared(method, fit)
    residual = rstudent(fit, method)
    known = not isinstance(fit.objective.loss, Gaussian)
    degrees = int(fit.objective.counted.sum()) - influence.rank - 1
    tail = norm.sf if known else lambda x: t.sf(x, degrees)
    p_value = pd.Series(2 * tail(residual.abs()), index=residual.index)
    corrected = (p_value * int(residual.notna().sum())).clip(upper=1.0)
    table = pd.DataFrame({"rstudent": residual, "p_value": p_value, "bonferroni_p": corrected})
    table = table.dropna().sort_values("p_value", kind="stable")
    return table[: max(1, int((table["bonferroni_p"] <= level).sum()))]


def _series(fit: Fit, values: Tensor, name: str) -> pd.Series:
    found = values.cpu().numpy().copy()
    found[irremovable(fit.objective)] = np.nan
    found[~fit.objective.counted.cpu().numpy()] = np.nan
    return pd.Series(found, index=row_index(fit), name=name)


def _left(influence: Influence) -> Tensor:
    """One minus the leverage; NaN where the curvature is singular without the row."""
    left = 1 - influence.leverage()
    return left.masked_fill(left <= SINGULAR, torch.nan)


def _studentised(influence: Influence) -> Tensor:
    deviance, left = _deviance_residual(influence), _left(influence)
    if isinstance(influence.objective.loss, Gaussian):
        return deviance / (left_out_spread(influence) * left.sqrt())
    pearson = _pearson_square(influence)
    return deviance.sign() * (deviance.square() + (1 - left) * pearson / left).sqrt()


def _pearson_square(influence: Influence) -> Tensor:
    """The squared residual of each row over its variance under the model, ``[n]``."""
    point = influence.point
    variance = point.hessian_products(slice(None), torch.ones_like(point.outputs)[:, :, None])
    return point.residual[:, 0].square() / variance[:, 0, 0]


def _covariance_ratio(influence: Influence) -> Tensor:
    spread = left_out_spread(influence).square() / dispersion(influence)
    return spread**influence.rank / _left(influence)


def _deviance_residual(influence: Influence) -> Tensor:
    """``d_i`` ``[n]``, observed minus predicted in its sign."""
    objective, point = influence.objective, influence.point
    if point.outputs.shape[1] != 1 or not isinstance(
        objective.loss, Gaussian | Bernoulli | Poisson
    ):
        raise InvalidChoice(
            "Standardised residuals need one output and a Gaussian, Bernoulli or Poisson loss, not "
            f"{point.outputs.shape[1]} of {objective.loss.name}; see diagnostics for other models."
        )
    residual = -point.plain_residual()[:, 0]
    if not isinstance(objective.loss, Gaussian):
        excess = point.plain_losses() - _least_loss(objective.loss, objective.y)
        residual = residual.sign() * (2 * excess.clamp(min=0)).sqrt()
    weight = objective.sample_weight
    return residual if weight is None else residual * weight.sqrt()


def _least_loss(loss: Bernoulli | Poisson, y: Tensor) -> Tensor:
    """The loss of each row under the best possible mean, ``y`` itself."""
    if isinstance(loss, Bernoulli):
        return torch.zeros_like(y)
    return y - torch.xlogy(y, y) + torch.lgamma(y + 1)
