"""``certified_unlearn``: unlearning with noise that hides the error of the step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.prepared import prepared
from afif_explorer.analysis.limits.removable import removable
from afif_explorer.engine.curvature.operators import Fisher
from afif_explorer.engine.influence.certificate import Certificate, certify
from afif_explorer.engine.influence.methods import AFIF, Method, NewtonStep, checked_method
from afif_explorer.engine.problem.weights import leave_out
from afif_explorer.engine.solvers.auto import Auto
from afif_explorer.engine.solvers.base import Cholesky
from afif_explorer.errors import InvalidChoice
from afif_explorer.numeric import checked_seed, is_number


@dataclass(frozen=True, eq=False)
class CertifiedUnlearning:
    """Parameters without the removed rows, with noise, that may be released: see :func:`certified_unlearn`.

    Attributes:
        theta: ``[p]``, with noise. theta_exact: ``[p]``, the step without noise (not to be released).
        gamma: proved bound of ``||theta_exact - refit||``. sigma: standard deviation of the noise in each
            parameter. epsilon, delta: of the guarantee.
        certificate: the constants behind ``gamma``. rows: positions of the removed rows, in order.

    >>> import numpy as np, afif_explorer as ax
    >>> X = np.random.default_rng(0).normal(size=(500, 3))
    >>> model = ax.LinearMap(3, intercept=False)
    >>> objective = ax.Objective(model, "bernoulli", ax.Ridge(0.1), X, 1.0 * (X[:, 0] > 0))
    >>> fit = ax.fit_objective(objective)
    >>> found = ax.certified_unlearn(fit, [3, 5], epsilon=1.0, delta=1e-5)
    >>> found.theta.shape == found.theta_exact.shape == fit.theta.shape
    True
    >>> found.rows.tolist()
    [3, 5]
    """

    theta: np.ndarray
    theta_exact: np.ndarray
    gamma: float
    sigma: float
    epsilon: float
    delta: float
    certificate: Certificate
    rows: np.ndarray


def certified_unlearn(
    fit: Fit,
    rows: Sequence[int] | np.ndarray,
    epsilon: float,
    delta: float,
    method: Method = AFIF(),  # noqa: B008 - a frozen value
    *,
    row_bound: float | None = None,
    seed: int | None = None,
) -> CertifiedUnlearning:
    """Parameters ``[p]`` without ``rows``, with noise: (epsilon, delta)-indistinguishable from a noisy refit.

    ``theta = theta~ + N(0, sigma^2 I)`` with ``sigma = (gamma / epsilon) sqrt(2 ln(1.25 / delta))``, where
    ``theta~`` is the method's step and ``gamma`` bounds its distance from the refit
    (:mod:`afif_explorer.engine.influence.certificate`). An event that has probability ``P`` after a refit
    with the same noise has probability at most ``e^epsilon P + delta`` after this step, and the other way
    round.

    ``gamma`` itself is treated as public. ``certificate.measured`` names the constants that were measured
    on the removed rows; there are none for a classifier with a given ``row_bound`` and a ridge on every
    parameter (``LinearMap(intercept=False)``). Each further release spends further ``epsilon`` and
    ``delta``. A strength that was chosen by looking at the removed rows is outside the guarantee.

    Args:
        fit: a fit of a linear map with a smooth penalty.
        rows: positions ``[m]`` or a mask ``[n_train]``.
        epsilon: above 0, at most 1. delta: between 0 and 1.
        method: AFIF, InfinitesimalJackknife or NewtonStep, solved directly; the first two without leverage
            correction.
        row_bound: a bound on the norm of every row of ``X``; None: measured.
        seed: of the noise, for experiments only. None: fresh noise from the operating system.

    Returns:
        A :class:`CertifiedUnlearning`.

    Raises:
        InvalidChoice: where no bound exists (networks, non-smooth penalties, counts, too little curvature),
            for numbers out of range and for rows that do not exist.
        DataError: if no rows, or none of a class, would be left.

    Sources: Dwork and Roth (2014), theorem A.1; Sekhari et al. (2021); Suriyakumar and Wilson (2022).

    >>> import numpy as np, afif_explorer as ax
    >>> X = np.random.default_rng(0).normal(size=(500, 3))
    >>> model = ax.LinearMap(3, intercept=False)
    >>> objective = ax.Objective(model, "bernoulli", ax.Ridge(0.1), X, 1.0 * (X[:, 0] > 0))
    >>> fit = ax.fit_objective(objective)
    >>> found = ax.certified_unlearn(fit, [3, 5], epsilon=1.0, delta=1e-5)
    >>> bool(0 < found.gamma < found.sigma)
    True
    """
    numbers = is_number(epsilon) and is_number(delta)
    if not (numbers and 0 < epsilon <= 1 and 0 < delta < 1):
        raise InvalidChoice("epsilon must be above 0 and at most 1, delta between 0 and 1.")
    newton = isinstance(checked_method(method), NewtonStep)
    corrected = method.leverage_correction is True and not newton
    if not issubclass(method.curvature, Fisher) or corrected:
        raise InvalidChoice(
            "The error bound is for AFIF or InfinitesimalJackknife without leverage correction, or for "
            "NewtonStep."
        )
    if not newton:
        method = replace(method, leverage_correction=False)
    if isinstance(method.chosen_solver, Auto):
        method = replace(method, solver=Cholesky())
    if not isinstance(method.chosen_solver, Cholesky):
        raise InvalidChoice("The error bound is for exact solves; use the Cholesky solver.")
    chosen = removable(fit, rows)
    chance = None if seed is None else checked_seed(seed)
    influence = prepared(method, fit)
    certificate = certify(
        influence.point,
        len(chosen),
        damping=method.damping,
        newton=newton,
        row_bound=row_bound,
    )
    exact = influence.parameters(fit.objective.vector(leave_out(fit.n, chosen))).cpu().numpy()
    sigma = certificate.gamma / epsilon * math.sqrt(2 * math.log(1.25 / delta))
    noise = np.random.default_rng(chance).normal(size=exact.shape)
    return CertifiedUnlearning(
        exact + sigma * noise,
        exact,
        certificate.gamma,
        sigma,
        epsilon,
        delta,
        certificate,
        chosen,
    )
