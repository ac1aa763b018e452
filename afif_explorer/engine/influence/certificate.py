"""A proven bound on the distance between the parameters after one step and those of a true refit.

For a map linear in its parameters, ``m`` of ``n`` rows removed and a fit with gradient norm ``e``, let

* ``R`` bound every row's norm (the intercept's 1 included), ``C = r R`` every loss gradient at the fit, with
  ``r`` a bound on the residuals; ``Q = a R^2`` every loss Hessian, ``M = b R^3`` how fast Hessians change,
  with ``a`` and ``b`` the largest second and third derivatives of the family (with sample weights, ``C``,
  ``Q`` and ``M`` are those of the heaviest row);
* ``mu`` be a lower bound of the mean curvature, without the rows, between the fit and the refit;
* ``mu_C`` the smallest eigenvalue of the step's own curvature, its damping ``delta`` included.

Then the refit is within ``D = g / mu`` of the fit, ``g = m C / n + e``, and the step within

``gamma = (D / mu_C) (M D / 2 + q + delta) + e / mu_C``

of the refit; ``q = m Q / n`` bounds the change of curvature by the removed rows, 0 for the Newton step.

If a ridge penalises every parameter, ``mu`` is its strength. An unpenalised intercept is determined by the
data alone. At the fit the curvature without the rows is at least ``mu_0 = lambda_min(H) - q``. A third
derivative is at most ``c`` times the second, so along a path of length ``x`` the curvature decreases by at
most the factor ``exp(-S x)``, ``S = c R``; the refit is no farther than where that balances the
rows' gradient:
``D = -log(1 - S g / mu_0) / S``, if ``S g < mu_0`` (``g / mu_0`` for ``S = 0``).

Sources: Sekhari, Acharya, Kamath and Suresh, Remember What You Want to Forget (2021), and Suriyakumar and
Wilson, Algorithms that Approximate Data Removal (2022), for bounds of this form; Bach, Self-concordant
Analysis for Logistic Regression (2010), for the argument about the refit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from afif_explorer.engine.curvature.operators import Hessian
from afif_explorer.engine.models.model import LinearMap
from afif_explorer.engine.problem.losses import Bernoulli, Categorical, Gaussian, Loss
from afif_explorer.engine.problem.objective import Objective, Point
from afif_explorer.errors import InvalidChoice
from afif_explorer.numeric import is_number
from afif_explorer.wording import quoted


@dataclass(frozen=True)
class Family:
    """Bounds of a family, in the natural parameter.

    Attributes:
        residual: ``r`` (None: measured). second: ``a``, of the second derivative of ``A``.
        third: ``b``, of the third. relative: ``c``, of the third in terms of the second.
    """

    residual: float | None
    second: float
    third: float
    relative: float


class NoBound(InvalidChoice):
    """There is too little curvature for a bound."""


ROUNDING = 1e-12  # relative tolerance for rows that were scaled to a bound

# A third central moment is at most range^3 / (6 sqrt 3); logits of norm 1 differ by at most sqrt 2.
_THIRD = 1 / (6 * math.sqrt(3))
FAMILIES: dict[type[Loss], Family] = {
    Gaussian: Family(None, 1.0, 0.0, 0.0),
    Bernoulli: Family(1.0, 0.25, _THIRD, 1.0),
    Categorical: Family(math.sqrt(2), 0.5, math.sqrt(8) * _THIRD, math.sqrt(2)),
}


@dataclass(frozen=True)
class Certificate:
    """The bound and the constants it was computed from (see the module).

    Attributes:
        gamma: bound of ``||step - refit||``, in parameter units. removed, n: ``m`` and ``n``.
        row_norm: ``R``. gradient: ``C``. curvature: ``Q``. hessian_lipschitz: ``M``.
        strong_convexity: ``mu``. step_curvature: ``mu_C``. residual_gradient: ``e``. damping: ``delta``.
        measured: names of those that were measured on the training rows rather than known in advance.
    """

    gamma: float
    removed: int
    n: int
    row_norm: float
    gradient: float
    curvature: float
    hessian_lipschitz: float
    strong_convexity: float
    step_curvature: float
    residual_gradient: float
    damping: float
    measured: tuple[str, ...]


@dataclass(frozen=True)
class Constants:
    """The constants of a fit that all its certificates share (see the module and :class:`Certificate`).

    Attributes:
        relative: ``c``. at_fit: the smallest eigenvalue of the mean curvature at the fit, or the ridge's
            strength if it penalises all parameters (``everywhere``). The others as in :class:`Certificate`.
    """

    n: int
    row_norm: float
    gradient: float
    curvature: float
    hessian_lipschitz: float
    relative: float
    at_fit: float
    everywhere: bool
    residual_gradient: float
    measured: tuple[str, ...]

    @classmethod
    def of(cls, point: Point, row_bound: float | None = None) -> Constants:
        """Those at a fit.

        ``row_bound``: a bound on ``||x||`` known in advance; None: the largest norm of a training row.
        Raises :class:`InvalidChoice` for a model, loss or penalty without such constants.
        """
        objective = point.objective
        family = _family(objective)
        longest, measured = _row_norm(objective, row_bound)
        residual = family.residual or float(point.plain_residual().norm(dim=1).max())
        if isinstance(objective.loss, Bernoulli):
            residual *= math.sqrt(objective.model.k)  # one for each label
        a = objective.sample_weight
        heaviest = 1.0 if a is None else float(a.max())
        if family.residual is None:
            measured.append("gradient")
        at_fit = float(objective.penalty_diagonal().min())
        everywhere = at_fit > 0
        if not everywhere:
            measured += ["strong_convexity", "step_curvature"]
            at_fit = float(torch.linalg.eigvalsh(Hessian.of(point).dense())[0])
        return cls(
            n=objective.n,
            row_norm=longest,
            gradient=heaviest * residual * longest,
            curvature=heaviest * family.second * longest**2,
            hessian_lipschitz=heaviest * family.third * longest**3,
            relative=family.relative,
            at_fit=at_fit,
            everywhere=everywhere,
            residual_gradient=point.optimality(),
            measured=tuple(measured),
        )

    def certificate(
        self, removed: int, *, damping: float = 0.0, newton: bool = False
    ) -> Certificate:
        """The certificate for any ``removed`` rows.

        Args:
            damping: of the step. newton: the step's curvature is that without the rows.

        Raises :class:`NoBound` where there is too little curvature.
        """
        q, e = removed * self.curvature / self.n, self.residual_gradient
        pull = removed * self.gradient / self.n + e
        if self.everywhere:
            mu = without = self.at_fit
        else:
            without = self.at_fit - q
            mu = pull / _farthest(without, self.relative * self.row_norm, pull)
        own = (without if newton else self.at_fit) + damping
        way = pull / mu
        change = self.hessian_lipschitz * way / 2 + (0.0 if newton else q) + damping
        return Certificate(
            gamma=(way / own) * change + e / own,
            removed=removed,
            n=self.n,
            row_norm=self.row_norm,
            gradient=self.gradient,
            curvature=self.curvature,
            hessian_lipschitz=self.hessian_lipschitz,
            strong_convexity=mu,
            step_curvature=own,
            residual_gradient=e,
            damping=damping,
            measured=self.measured,
        )

    def capacity(self, gamma: float, *, damping: float = 0.0, newton: bool = False) -> int:
        """The largest number of rows with a bound of at most ``gamma``, by bisection; 0 if there is none."""
        enough, least = self.n, 0  # the bound rises with the number of rows
        while enough - least > 1:
            middle = (least + enough) // 2
            try:
                held = self.certificate(middle, damping=damping, newton=newton).gamma <= gamma
            except NoBound:
                held = False
            least, enough = (middle, enough) if held else (least, middle)
        return least


def _family(objective: Objective) -> Family:
    if not isinstance(objective.model, LinearMap):
        raise InvalidChoice(
            "The error bound needs a model that is linear in its parameters; use 'linear', 'logistic' or "
            "'softmax', or retrain."
        )
    if not objective.smooth:
        raise InvalidChoice("The error bound needs a smooth penalty; use Ridge, or retrain.")
    family = FAMILIES.get(type(objective.loss))
    if family is None:
        raise InvalidChoice(
            f"The {objective.loss.name} loss has no bound on how fast its curvature changes, so there is "
            "no error bound; retrain."
        )
    return family


def _row_norm(objective: Objective, row_bound: float | None) -> tuple[float, list[str]]:
    if row_bound is not None and not (is_number(row_bound) and row_bound > 0):
        raise InvalidChoice(
            f"row_bound must be a number above 0, or None, not {quoted(row_bound)}."
        )
    longest = float(objective.X.norm(dim=1).max())
    if row_bound is not None and not longest <= row_bound * (1 + ROUNDING) < math.inf:
        raise InvalidChoice(
            f"row_bound must hold for every training row, but one has norm {longest:.4g}; scale the rows "
            "or raise the bound."
        )
    bound = longest if row_bound is None else row_bound
    assert isinstance(objective.model, LinearMap)
    measured = ["row_norm"] if row_bound is None else []
    return math.hypot(bound, float(objective.model.intercept)), measured


def _farthest(without: float, relative: float, pull: float) -> float:
    """``D`` if some parameters are not penalised."""
    if without <= 0 or relative * pull >= without:
        raise NoBound(
            "No error bound holds: the intercept is not penalised, and the data's curvature (at least "
            f"{max(without, 0.0):.2g} at the fit without that many rows) is too small to keep the refit "
            "near the fit."
        )
    return pull / without if relative == 0 else -math.log1p(-relative * pull / without) / relative
