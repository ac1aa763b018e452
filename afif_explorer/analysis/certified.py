"""``certified_unlearn``: a step away from some rows, with noise that hides what it gets wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from afif_explorer.analysis.fitting import Fit
from afif_explorer.analysis.prepared import prepared
from afif_explorer.analysis.removable import removable
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
    """Parameters without the rows that may be released.

    Attributes:
        theta: ``[p]``, with noise. theta_exact: ``[p]``, the step without noise (not to be released).
        gamma: proved bound of ``||theta_exact - refit||``. sigma: standard deviation of the noise in each
            parameter. epsilon, delta: of the guarantee.
        certificate: the constants behind ``gamma``. rows: positions of the removed rows, in order.
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
    """Parameters ``[p]`` without ``rows``, plus noise: hardly to be told from a refit with that noise.

    ``theta = theta~ + N(0, sigma^2 I)`` with ``sigma = (gamma / epsilon) sqrt(2 ln(1.25 / delta))``, where
    ``theta~`` is the method's step and ``gamma`` bounds its distance from the refit
    (:mod:`afif_explorer.engine.influence.certificate`). Whatever is done with ``theta``, an event that has
    probability ``P`` after a refit has at most ``e^epsilon P + delta``, and the other way round.

    That takes ``gamma`` as public. ``certificate.measured`` names what was measured on the rows that are
    to be forgotten; nothing is for classes, a given ``row_bound`` and a ridge on every parameter
    (``LinearMap(intercept=False)``). Each further release spends further ``epsilon`` and ``delta``. A
    strength that was chosen by looking at the removed rows is outside the guarantee.

    Args:
        epsilon: above 0, at most 1. delta: between 0 and 1. method: AFIF, InfinitesimalJackknife or
            NewtonStep, not rescaled, solved directly. row_bound: on the norm of every row of ``X``.
        seed: of the noise, for experiments; None, as any real use needs: fresh noise that nobody knows.

    Raises :class:`InvalidChoice` where no bound holds (networks, kinks, counts, too little curvature), and
    what :func:`unlearn` raises for rows that cannot be removed. Sources: Dwork and Roth (2014), theorem
    A.1; Sekhari et al. (2021); Suriyakumar and Wilson (2022).
    """
    numbers = is_number(epsilon) and is_number(delta)
    if not (numbers and 0 < epsilon <= 1 and 0 < delta < 1):
        raise InvalidChoice("epsilon must be above 0 and at most 1, delta between 0 and 1.")
    if not issubclass(checked_method(method).curvature, Fisher) or method.rescale:
        raise InvalidChoice(
            "The error bound is for AFIF, InfinitesimalJackknife or NewtonStep without rescaling."
        )
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
        newton=isinstance(method, NewtonStep),
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
