"""What would do where certified unlearning is refused: fewer rows, or a stronger ridge."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor

from afif_explorer.engine.influence.certificate import Certificate, Constants, NoBound
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.problem.penalties import Ridge
from afif_explorer.engine.training.fit import minimise
from afif_explorer.errors import InvalidChoice

STRONGER, TIMES = 2.0, 24  # a strength is tried after the other, each so many times as strong
WEAKEST = 1e-6  # the first one to be tried, without a ridge


@dataclass(frozen=True)
class Terms:
    """What is certified, and the noise that is allowed.

    Attributes:
        epsilon, delta: of the guarantee. max_sigma: largest standard deviation of the noise, or infinity.
        damping, newton, row_bound: of the step and its bound, as for :class:`Constants`.
    """

    epsilon: float
    delta: float
    max_sigma: float
    damping: float
    newton: bool
    row_bound: float | None

    @property
    def _per_gamma(self) -> float:
        """``sigma / gamma`` of the Gaussian mechanism."""
        return math.sqrt(2 * math.log(1.25 / self.delta)) / self.epsilon

    def sigma(self, gamma: float) -> float:
        """The standard deviation that hides a distance of at most ``gamma``."""
        return gamma * self._per_gamma

    def capacity(self, constants: Constants, sigma: float) -> int:
        """The largest number of rows that noise of this standard deviation hides."""
        return constants.capacity(sigma / self._per_gamma, damping=self.damping, newton=self.newton)

    def certificate(self, constants: Constants, removed: int) -> Certificate:
        """The certificate; raises :class:`NoBound` without one, or if it needs too much noise."""
        found = constants.certificate(removed, damping=self.damping, newton=self.newton)
        needed = self.sigma(found.gamma)
        if needed > self.max_sigma:
            raise NoBound(
                f"Removing {removed} rows needs noise of standard deviation {needed:.3g}, and max_sigma is "
                f"{self.max_sigma:.3g}."
            )
        return found


def certified(objective: Objective, theta: Tensor, removed: int, terms: Terms) -> Certificate:
    """The certificate of a fit; a refusal says how many rows, and which strength, would do.

    Raises :class:`InvalidChoice`.
    """
    constants = Constants.of(objective.at(theta), terms.row_bound)
    try:
        return terms.certificate(constants, removed)
    except NoBound as refused:
        rows = terms.capacity(constants, terms.max_sigma)
        strength = _sufficient_strength(objective, theta, removed, terms)
        fewer = f"Remove at most {rows} rows" if rows else "No row of this fit can be removed"
        stronger = (
            "use a model without intercept"
            if strength is None
            else f"fit with Ridge({strength:.2g}), with which these {removed} can be removed"
        )
        raise InvalidChoice(f"{refused} {fewer}; {stronger}; or retrain.") from refused


def _sufficient_strength(
    objective: Objective, theta: Tensor, removed: int, terms: Terms
) -> float | None:
    """The first strength of a ridge, rounded to two digits, that a refit shows to be enough."""
    for strength in _strengths(objective):
        other = Objective(
            objective.model,
            objective.loss,
            Ridge(strength),
            objective.X,
            objective.y,
            penalised=objective.penalised,
        )
        theta = minimise(other, start=theta).theta
        try:
            terms.certificate(Constants.of(other.at(theta), terms.row_bound), removed)
        except NoBound:
            continue
        return strength
    return None


def _strengths(objective: Objective) -> Iterator[float]:
    penalty = objective.penalty
    strength = max(penalty.strength if isinstance(penalty, Ridge) else 0.0, WEAKEST)
    for _ in range(TIMES):
        strength *= STRONGER
        yield float(f"{strength:.2g}")
