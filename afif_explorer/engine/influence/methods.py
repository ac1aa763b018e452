"""The influence methods: a curvature, a solver for it, and corrections.

:class:`AFIF` uses the Fisher, :class:`InfinitesimalJackknife` the Hessian, :class:`NewtonStep` the
Hessian of the remaining rows. ``method.prepare(objective, theta)`` returns the
:class:`~afif_explorer.engine.influence.smooth.Influence` that computes the results.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from torch import Tensor

from afif_explorer.engine.curvature.operators import Curvature, EmpiricalFisher, Fisher, Hessian
from afif_explorer.engine.influence.nonsmooth import ProximalNewtonInfluence
from afif_explorer.engine.influence.shared import Shared
from afif_explorer.engine.influence.smooth import Influence, LeverageCorrection, NewtonInfluence
from afif_explorer.engine.influence.support import proximal_influence
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.solvers.auto import FEW, Auto, SolverPlan, choose
from afif_explorer.engine.solvers.base import Cholesky, ConjugateGradient, Solver
from afif_explorer.engine.solvers.block_cg import BlockConjugateGradient
from afif_explorer.engine.solvers.dual import Dual
from afif_explorer.engine.solvers.ekfac import EKFAC
from afif_explorer.engine.solvers.lanczos import Lanczos
from afif_explorer.engine.solvers.lissa.solver import LiSSA
from afif_explorer.engine.targets.bound import Fitted
from afif_explorer.errors import InvalidChoice
from afif_explorer.numeric import is_name, is_number
from afif_explorer.wording import quoted

SOLVERS: dict[str, type[Solver]] = {
    "auto": Auto,
    "block_conjugate_gradient": BlockConjugateGradient,
    "cholesky": Cholesky,
    "conjugate_gradient": ConjugateGradient,
    "dual": Dual,
    "ekfac": EKFAC,
    "lanczos": Lanczos,
    "lissa": LiSSA,
}


def solver_named(solver: Solver | str) -> Solver:
    """The solver, or the one with this name and default settings."""
    if isinstance(solver, Solver):
        return solver
    if not is_name(solver, SOLVERS):
        raise InvalidChoice(
            f"There is no solver {quoted(solver)}; choose one of: {', '.join(SOLVERS)}."
        )
    return SOLVERS[solver]()


def checked_damping(damping: float) -> float:
    """The damping; raises :class:`InvalidChoice` if it is invalid."""
    if not (is_number(damping) and damping >= 0):
        raise InvalidChoice(f"The damping must be a number of at least 0, not {quoted(damping)}.")
    return damping


@dataclass(frozen=True)
class Method:
    """An influence method: a curvature, a solver for it, and corrections.

    Args:
        solver: a solver or its name; "auto" chooses, see :meth:`plan`.
        damping: added to the curvature's diagonal, in its own units.
        leverage_correction: whether steps leave out the removed rows' own curvature. "auto": where leverages
            cost little (:attr:`Influence.leverage_corrected` says what was done). False: the paper's step.

    ``theta`` is ``[p]``, weights are ``[n]``; a removed row has the weight 0. Raises :class:`InvalidChoice`
    for an unknown solver, a damping below 0 or another correction.
    """

    solver: Solver | str = field(default_factory=Auto)
    damping: float = 0.0
    leverage_correction: LeverageCorrection = "auto"
    curvature: ClassVar[type[Curvature]] = Fisher

    def __post_init__(self) -> None:
        solver_named(self.solver)  # an unknown name raises here, not at the first use
        checked_damping(self.damping)
        self._check_correction()

    def _check_correction(self) -> None:
        asked = self.leverage_correction
        if not (isinstance(asked, bool) or is_name(asked, ("auto",))):
            raise InvalidChoice(
                f"leverage_correction is True, False or 'auto', not {quoted(asked)}."
            )

    @property
    def chosen_solver(self) -> Solver:
        """The solver, also if it was given by name."""
        return solver_named(self.solver)

    def plan(self, fit: Fitted, *, columns: int = 1, dampings: int = 1) -> SolverPlan:
        """The solver for this number of right-hand sides (targets or sets of rows), and why.

        ``dampings``: the number of dampings to solve for. Nothing is solved here. With a non-smooth penalty
        and more than 3000 parameters the system is that of the nonzero ones.
        """
        curvature = self.curvature(fit.objective, fit.parameters, damping=self.damping)
        solver = self.chosen_solver
        if isinstance(solver, Auto):
            if not fit.objective.smooth and curvature.p > FEW:
                free = fit.objective.free(fit.parameters)
                curvature = curvature.restricted(free.nonzero().flatten())
            return choose(curvature, columns, tolerance=solver.tolerance, dampings=dampings)
        return SolverPlan(solver, solver.name, "Chosen explicitly.")

    def prepare(self, objective: Objective, theta: Tensor) -> Influence:
        """Prepare what all weights and targets share.

        With a non-smooth penalty the step is a proximal step: by a dense matrix for a direct solver, and for
        an automatic one up to 3000 parameters (:mod:`afif_explorer.engine.training.proximal`); otherwise by
        products and the solver (:mod:`afif_explorer.engine.influence.support`).
        """
        return self.at(Shared(objective, theta))

    def at(self, shared: Shared) -> Influence:
        """The same where other methods have been before; what they worked out is shared."""
        if shared.objective.smooth:
            return Influence(self, shared)
        return proximal_influence(self, shared)


@dataclass(frozen=True)
class AFIF(Method):
    """The Approximate Fisher Influence Function: ``theta(w) - theta = (1/n) F^-1 sum_i (1 - w_i) g_i``.

    ``F`` ``[p, p]`` is the model-expectation :class:`Fisher`, penalty and damping included, ``g_i`` ``[p]``
    the gradient of row ``i``'s loss, and a removed row has the weight 0. ``F`` is positive semi-definite
    everywhere, even away from a minimum.

    Args:
        solver: a solver, or its name: "auto" (the default), "block_conjugate_gradient", "cholesky",
            "conjugate_gradient", "dual", "ekfac", "lanczos" or "lissa". ``plan(fit)`` tells which one
            "auto" uses.
        damping: added to the curvature's diagonal, in its own units.
        leverage_correction: whether a step leaves out the removed rows' own curvature, ``(1/n) J_i' A'' J_i``
            for each. For one row and one output that divides its effect by one minus its leverage.
            "auto": where leverages cost little: the solver is direct, or there are at most 3000 parameters.
            False: the step above, as in the paper.

    Raises:
        InvalidChoice: for an unknown solver, a damping below 0 or another correction.

    Source: Lev and Wilson, arXiv 2407.08169.

    >>> import afif_explorer as ax
    >>> method = ax.AFIF(solver=ax.ConjugateGradient(tolerance=1e-10), damping=1e-3)
    >>> fit = ax.fit(ax.load_dataset("hiring"))
    >>> ax.attribute(fit, ax.MeanLoss("test"), method).shape
    (1400,)
    >>> ax.AFIF().plan(fit).name
    'Cholesky'
    """

    curvature: ClassVar[type[Curvature]] = Fisher


@dataclass(frozen=True)
class InfinitesimalJackknife(Method):
    """The classical influence function: ``theta(w) - theta = (1/n) H^-1 sum_i (1 - w_i) g_i``.

    ``H`` ``[p, p]`` is the :class:`Hessian`, penalty and damping included. If it has negative curvature,
    results raise :class:`CurvatureError`, with a damping that would suffice.

    Args:
        solver, damping, leverage_correction: as for :class:`AFIF`.

    Raises:
        InvalidChoice: for an unknown solver, a damping below 0 or another correction.

    Sources: Koh and Liang (2017); Giordano et al. (2019).

    >>> import numpy as np, afif_explorer as ax
    >>> fit, target = ax.fit(ax.load_dataset("hiring")), ax.MeanLoss("test")
    >>> classical = ax.attribute(fit, target, ax.InfinitesimalJackknife())
    >>> bool(np.allclose(classical, ax.attribute(fit, target)))  # one matrix, as the model is linear
    True
    """

    curvature: ClassVar[type[Curvature]] = Hessian


@dataclass(frozen=True)
class EmpiricalFisherInfluence(Method):
    """For comparison: the :class:`EmpiricalFisher` ``(1/n) sum_i g_i g_i'`` at the observed labels as
    curvature.

    ``theta(w) - theta = (1/n) C^-1 sum_i (1 - w_i) g_i``, with sign and shapes as for :class:`AFIF`. Not an
    approximation of the Fisher or the Hessian.

    Args:
        solver, damping, leverage_correction: as for :class:`AFIF`.

    Raises:
        InvalidChoice: for an unknown solver, a damping below 0 or another correction.

    Source: Kunstner, Hennig and Balles (2019).

    >>> import afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"))
    >>> ax.attribute(fit, ax.MeanLoss("test"), ax.EmpiricalFisherInfluence(damping=1e-3)).shape
    (1400,)
    """

    curvature: ClassVar[type[Curvature]] = EmpiricalFisher


@dataclass(frozen=True)
class NewtonStep(Method):
    """``theta(w) - theta = (1/n) H(w)^-1 sum_i (1 - w_i) g_i``, with the Hessian of the remaining rows.

    One Newton step of the objective at the new weights, exact for least squares. ``parameters`` uses the
    Hessian at the given weights. ``effects`` of all rows removes each row's Gauss-Newton part
    ``J_i' A'' J_i / n`` by the Woodbury identity, which is its full Hessian if the outputs are linear in
    the parameters.

    Args:
        solver, damping: as for :class:`AFIF`.
        leverage_correction: part of the step; not False.

    Raises:
        InvalidChoice: for an unknown solver, a damping below 0 or ``leverage_correction=False``.

    Sources: Wilson, Kasy and Mackey (2020); Sekhari et al. (2021).

    >>> import numpy as np, afif_explorer as ax
    >>> X = np.random.default_rng(0).normal(size=(40, 3))
    >>> fit = ax.fit(ax.Dataset.from_arrays(X, X[:, 0] ** 2, validation=0, test=0))
    >>> rows = fit.data.train.ids[:3]
    >>> step, refit = ax.unlearn(fit, rows, ax.NewtonStep()), ax.retrain(fit, rows)
    >>> bool(np.allclose(step.theta, refit.theta, atol=1e-8))
    True
    """

    curvature: ClassVar[type[Curvature]] = Hessian

    def _check_correction(self) -> None:
        super()._check_correction()
        if not self.leverage_correction:
            raise InvalidChoice(
                "A Newton step is always without the removed rows' curvature; use InfinitesimalJackknife "
                "with leverage_correction=False."
            )

    def at(self, shared: Shared) -> Influence:
        kind = NewtonInfluence if shared.objective.smooth else ProximalNewtonInfluence
        return kind(self, shared)


def checked_method(method: Method) -> Method:
    """The method. Raises :class:`InvalidChoice` for anything else."""
    if not isinstance(method, Method):
        raise InvalidChoice(
            f"Expected a method such as AFIF(), with parentheses, got {quoted(method)}."
        )
    return method
