"""The methods a user can choose: a curvature, a solver for it, and corrections.

:class:`AFIF` takes the Fisher, :class:`InfinitesimalJackknife` the Hessian, :class:`NewtonStep` the
Hessian of the rows that stay. ``method.prepare(objective, theta)`` gives the
:class:`~afif_explorer.engine.influence.smooth.Influence` that answers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from torch import Tensor

from afif_explorer.engine.curvature.operators import Curvature, EmpiricalFisher, Fisher, Hessian
from afif_explorer.engine.influence.nonsmooth import ProximalInfluence, ProximalNewtonInfluence
from afif_explorer.engine.influence.smooth import Influence, NewtonInfluence
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.solvers.auto import Auto, SolverPlan, choose
from afif_explorer.engine.solvers.base import Cholesky, ConjugateGradient, Solver
from afif_explorer.engine.solvers.block_cg import BlockConjugateGradient
from afif_explorer.engine.solvers.dual import Dual
from afif_explorer.engine.solvers.ekfac import EKFAC
from afif_explorer.engine.solvers.lanczos import Lanczos
from afif_explorer.engine.solvers.lissa.solver import LiSSA
from afif_explorer.engine.targets.bound import Fitted
from afif_explorer.errors import InvalidChoice
from afif_explorer.numeric import is_number

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
    """A solver itself, or the one of that name with its default settings."""
    if isinstance(solver, Solver):
        return solver
    if solver not in SOLVERS:
        raise InvalidChoice(f"There is no solver {solver!r}; choose one of: {', '.join(SOLVERS)}.")
    return SOLVERS[solver]()


def checked_damping(damping: float) -> float:
    """The damping itself; raises :class:`InvalidChoice` for what is none."""
    if not (is_number(damping) and damping >= 0):
        raise InvalidChoice(f"The damping must be a number of at least 0, not {damping!r}.")
    return damping


@dataclass(frozen=True)
class Method:
    """How to answer: a curvature, a solver for it, and corrections.

    Args:
        solver: a solver or its name; "auto" chooses, see :meth:`plan`.
        damping: added to the curvature's diagonal, in its own units.
        rescale: divide each row's effect by one minus its leverage.

    ``theta`` is ``[p]``, weights are ``[n]``; a removed row has the weight 0. Raises :class:`InvalidChoice`
    for an unknown solver or a damping below 0.
    """

    solver: Solver | str = field(default_factory=Auto)
    damping: float = 0.0
    rescale: bool = False
    curvature: ClassVar[type[Curvature]] = Fisher

    def __post_init__(self) -> None:
        solver_named(self.solver)  # a wrong name is told here, not at the first use
        checked_damping(self.damping)

    @property
    def chosen_solver(self) -> Solver:
        """The solver itself, also where it was given by name."""
        return solver_named(self.solver)

    def plan(self, fit: Fitted, *, columns: int = 1, dampings: int = 1) -> SolverPlan:
        """Which solver will answer for so many right-hand sides (targets or sets of rows), and why.

        ``dampings``: how many the same right-hand sides are to be solved for. Nothing is solved here.
        """
        curvature = self.curvature(fit.objective, fit.parameters, damping=self.damping)
        solver = self.chosen_solver
        if isinstance(solver, Auto):
            return choose(curvature, columns, tolerance=solver.tolerance, dampings=dampings)
        return SolverPlan(solver, solver.name, "It was asked for.")

    def prepare(self, objective: Objective, theta: Tensor) -> Influence:
        """Everything that many weights and targets share, done once.

        With a penalty that has kinks the step is a proximal one, solved jointly without an inverse (see
        :mod:`afif_explorer.engine.training.proximal`); the solver is not used then.
        """
        kind = Influence if objective.smooth else ProximalInfluence
        return kind(self, objective, theta)


@dataclass(frozen=True)
class AFIF(Method):
    """The Approximate Fisher Influence Function: ``theta(w) - theta = (1/n) F^-1 sum_i (1 - w_i) g_i``.

    ``F`` ``[p, p]`` is the model-expectation :class:`Fisher`, penalty and damping included, ``g_i`` ``[p]``
    the gradient of row ``i``'s loss. Positive semi-definite everywhere, so that it needs no minimum.
    Source: Lev and Wilson, arXiv 2407.08169.
    """

    curvature: ClassVar[type[Curvature]] = Fisher


@dataclass(frozen=True)
class InfinitesimalJackknife(Method):
    """The classical influence function: ``theta(w) - theta = (1/n) H^-1 sum_i (1 - w_i) g_i``.

    ``H`` ``[p, p]`` is the :class:`Hessian`, penalty and damping included. Answers raise
    :class:`CurvatureError` with a damping that would do, where it bends down.
    Sources: Koh and Liang (2017); Giordano et al. (2019).
    """

    curvature: ClassVar[type[Curvature]] = Hessian


@dataclass(frozen=True)
class EmpiricalFisherInfluence(Method):
    """A contrast: ``(1/n) sum_i g_i g_i'`` at the observed labels (:class:`EmpiricalFisher`) as curvature.

    ``theta(w) - theta = (1/n) C^-1 sum_i (1 - w_i) g_i`` otherwise, with sign and shapes as for
    :class:`AFIF`. Source: Kunstner, Hennig and Balles (2019).
    """

    curvature: ClassVar[type[Curvature]] = EmpiricalFisher


@dataclass(frozen=True)
class NewtonStep(Method):
    """``theta(w) - theta = (1/n) H(w)^-1 sum_i (1 - w_i) g_i``: the removed rows' curvature goes too.

    One Newton step of the objective at the new weights, exact for least squares.

    ``parameters`` takes the Hessian at the given weights. ``effects`` of all rows removes each row's
    Gauss-Newton part ``J_i' A'' J_i / n`` by the Woodbury identity, which is the whole of its Hessian
    where the outputs are linear in the parameters. Raises :class:`CurvatureError` if a row has a leverage
    of 1 or more. Sources: Wilson, Kasy and Mackey (2020); Sekhari et al. (2021).
    """

    curvature: ClassVar[type[Curvature]] = Hessian

    def prepare(self, objective: Objective, theta: Tensor) -> Influence:
        kind = NewtonInfluence if objective.smooth else ProximalNewtonInfluence
        return kind(self, objective, theta)


def checked_method(method: Method) -> Method:
    """The method itself. Raises :class:`InvalidChoice` for what is none."""
    if not isinstance(method, Method):
        raise InvalidChoice(f"A method is one such as AFIF(), with its brackets, not {method!r}.")
    return method
