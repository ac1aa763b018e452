"""``certified_unlearn``: unlearning with noise that hides the error of the step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.stats import norm

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.prepared import prepared
from afif_explorer.analysis.limits.removable import removable
from afif_explorer.analysis.removal.refits import retrain
from afif_explorer.analysis.removal.sufficient import Terms, certified
from afif_explorer.engine.curvature.operators import Fisher
from afif_explorer.engine.influence.certificate import Certificate, Constants
from afif_explorer.engine.influence.methods import AFIF, Method, NewtonStep, checked_method
from afif_explorer.engine.solvers.auto import Auto
from afif_explorer.engine.solvers.base import Cholesky
from afif_explorer.errors import InvalidChoice
from afif_explorer.html_tables import html_table
from afif_explorer.numeric import checked_seed, is_number
from afif_explorer.wording import quoted


@dataclass(frozen=True, eq=False, repr=False)
class CertifiedUnlearning:
    """Parameters without the removed rows, with noise, that may be released: see :func:`certified_unlearn`.

    Attributes:
        theta: ``[p]``, with noise. theta_exact: ``[p]``, the step without noise (not to be released).
        gamma: proved bound of ``||theta_exact - refit||``. sigma: standard deviation of the noise in each
            parameter. epsilon, delta: of the guarantee.
        certificate: the constants behind ``gamma``. rows: ids of the removed rows, in order.
        fit: the model with all rows. terms: what was asked for.

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
    >>> found.capacity(10 * found.sigma) > 2, found.audit().holds
    (True, True)
    """

    fit: Fit
    theta: np.ndarray
    theta_exact: np.ndarray
    gamma: float
    sigma: float
    epsilon: float
    delta: float
    certificate: Certificate
    rows: np.ndarray
    terms: Terms = field(repr=False)

    def __repr__(self) -> str:
        return (
            f"<CertifiedUnlearning of {len(self.rows)} rows: epsilon {self.epsilon:g}, delta {self.delta:g}, "
            f"gamma {self.gamma:.2g}, sigma {self.sigma:.2g}>"
        )

    def _repr_html_(self) -> str:
        """The guarantee, the noise and the constants behind the bound."""
        rows = [
            ("epsilon", self.epsilon),
            ("delta", self.delta),
            ("sigma: standard deviation of the noise", self.sigma),
            ("gamma: bound of the distance from the refit", self.gamma),
            ("strong convexity", self.certificate.strong_convexity),
        ]
        measured = ", ".join(self.certificate.measured)
        note = f"Measured on the training rows: {measured}." if measured else ""
        title = f"CertifiedUnlearning of {len(self.rows)} rows"
        return html_table(title, ("quantity", "value"), rows, (note,))

    def capacity(self, sigma: float | None = None) -> int:
        """How many rows, in one request or in several together, noise of this standard deviation hides.

        At the same epsilon and delta, whichever rows they are; None: the noise of this result. Known as
        deletion capacity (Sekhari et al., 2021). Raises :class:`InvalidChoice` for a number not above 0.
        """
        if sigma is not None and not (is_number(sigma) and sigma > 0):
            raise InvalidChoice(f"sigma must be a number above 0, or None, not {quoted(sigma)}.")
        constants = Constants.of(self.fit.objective.at(self.fit.parameters), self.terms.row_bound)
        return self.terms.capacity(constants, self.sigma if sigma is None else sigma)

    def audit(self) -> CertificateAudit:
        """The certificate beside what a refit without the rows shows: see :class:`CertificateAudit`."""
        truth = retrain(self.fit, self.rows)
        distance = float(np.linalg.norm(self.theta_exact - truth.theta))
        accuracy = truth.gradient_norm / self.certificate.strong_convexity
        exact = exact_delta(distance, self.sigma, self.epsilon)
        return CertificateAudit(self.gamma, distance, accuracy, self.delta, exact)


@dataclass(frozen=True)
class CertificateAudit:
    """A certificate and its audit by a refit: the result of :meth:`CertifiedUnlearning.audit`.

    Attributes:
        gamma: the proven bound. distance: ``||theta_exact - refit||``, at most ``gamma``, known up to
            ``accuracy``, in parameter units.
        delta: that was certified. exact_delta: the smallest delta that holds for these rows at the same
            epsilon and noise, ``Phi(d / 2 sigma - epsilon sigma / d) - e^epsilon Phi(-d / 2 sigma - epsilon
            sigma / d)`` for the distance ``d`` (Balle and Wang, 2018, theorem 8). It depends on the removed
            rows, so it must not be released.
    """

    gamma: float
    distance: float
    accuracy: float
    delta: float
    exact_delta: float

    @property
    def holds(self) -> bool:
        """Whether the refit is within the bound."""
        return self.distance <= self.gamma + self.accuracy

    def __repr__(self) -> str:
        return (
            f"<CertificateAudit: distance {self.distance:.2g}, certified at most {self.gamma:.2g}; delta "
            f"{self.exact_delta:.2g}, certified {self.delta:.2g}>"
        )


def exact_delta(distance: float, sigma: float, epsilon: float) -> float:
    """The delta of the Gaussian mechanism for two means at this distance."""
    if distance == 0:
        return 0.0
    half, shift = distance / (2 * sigma), epsilon * sigma / distance
    return float(norm.cdf(half - shift) - math.exp(epsilon + norm.logcdf(-half - shift)))


def certified_unlearn(
    fit: Fit,
    rows: Sequence[int] | np.ndarray,
    epsilon: float,
    delta: float,
    method: Method = AFIF(),  # noqa: B008 - a frozen value
    *,
    row_bound: float | None = None,
    max_sigma: float | None = None,
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
        rows: ids ``[m]``, as in ``fit.data.train.ids``, or a mask ``[n_train]``.
        epsilon: above 0, at most 1. delta: between 0 and 1.
        method: AFIF, InfinitesimalJackknife or NewtonStep, solved directly; the first two without leverage
            correction.
        row_bound: a bound on the norm of every row of ``X``; None: measured.
        max_sigma: largest standard deviation of the noise that is acceptable; None: any.
        seed: of the noise, for experiments only. None: fresh noise from the operating system.

    Returns:
        A :class:`CertifiedUnlearning`.

    Raises:
        InvalidChoice: where no bound exists (networks, non-smooth penalties, counts), for numbers out of
            range and for rows that do not exist. With too little curvature, or if more noise than
            ``max_sigma`` is needed, the message says how many rows could be removed, and with which strength
            of a ridge these could be; both are computed by the same bound, the strength by refits.
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
    if max_sigma is not None and not (is_number(max_sigma) and max_sigma > 0):
        raise InvalidChoice(
            f"max_sigma must be a number above 0, or None, not {quoted(max_sigma)}."
        )
    chosen = removable(fit, rows)
    chance = None if seed is None else checked_seed(seed)
    most = math.inf if max_sigma is None else float(max_sigma)
    terms = Terms(epsilon, delta, most, method.damping, newton, row_bound)
    certificate = certified(fit.objective, fit.parameters, len(chosen), terms)
    exact = prepared(method, fit).parameters_without([chosen])[:, 0].cpu().numpy()
    sigma = terms.sigma(certificate.gamma)
    noise = np.random.default_rng(chance).normal(size=exact.shape)
    return CertifiedUnlearning(
        fit=fit,
        theta=exact + sigma * noise,
        theta_exact=exact,
        gamma=certificate.gamma,
        sigma=sigma,
        epsilon=epsilon,
        delta=delta,
        certificate=certificate,
        rows=fit.ids[chosen],
        terms=terms,
    )
