"""Minimises the objective and reports the gradient norm reached.

Influence functions are valid near a minimum, so the gradient norm of the fit matters. Models that are
linear in their parameters are fitted by Newton's method; any other module by L-BFGS, then Newton steps,
damped if necessary, with the exact Hessian as long as that is affordable. A start near a minimum, as for a
refit, uses Newton steps immediately.

Sources: Nocedal and Wright, Numerical Optimization (2006), chapters 3, 7 and 10.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from afif_explorer.engine.curvature.operators import Hessian
from afif_explorer.engine.problem.losses import Bernoulli, Categorical
from afif_explorer.engine.problem.objective import Objective, Point
from afif_explorer.engine.runtime.threads import threads_for
from afif_explorer.engine.solvers.factor import Factor
from afif_explorer.engine.training.convergence import gradient_scale, gradient_threshold, same_value
from afif_explorer.engine.training.working_sets import minimise_nonsmooth
from afif_explorer.errors import CurvatureError, InvalidChoice
from afif_explorer.numeric import checked_seed, is_whole
from afif_explorer.progress import report
from afif_explorer.wording import quoted

NEWTON_STEPS, PROXIMAL_STEPS, LBFGS_STEPS = (
    100,
    200,
    2000,
)  # limit, if training isn't stopped early
LBFGS_END = 0.1  # relative to the threshold, at which L-BFGS stops
DENSE_LIMIT = 3000  # parameters up to which Newton and Levenberg-Marquardt steps are affordable


@dataclass(frozen=True, eq=False)
class Optimum:
    """The result of the optimisation.

    Attributes:
        theta: ``[p]``. gradient_norm: Euclidean norm of the objective's gradient; with a non-smooth
            penalty, of ``theta - prox(theta - gradient)``, which is also 0 at a minimum.
        gradient_threshold: the norm at and below which it has converged: 1e-8 of the magnitude of the
            gradient's terms, or the rounding error, if larger
            (:mod:`afif_explorer.engine.training.convergence`).
        converged: True if the gradient norm is at most the threshold, at a minimum.
        steps: iterations. seconds: wall time. advice: what to change if it did not converge.
    """

    theta: Tensor
    gradient_norm: float
    gradient_threshold: float
    converged: bool
    steps: int
    seconds: float
    advice: str = ""


def minimise(
    objective: Objective,
    *,
    weights: Tensor | None = None,
    start: Tensor | None = None,
    seed: int = 0,
    max_steps: int | None = None,
) -> Optimum:
    """Minimise ``L(theta; w)`` from ``start`` (None: the model's initial parameters for ``seed``).

    ``max_steps`` stops training after that many steps in total; None: at convergence, or without further
    progress. Raises :class:`InvalidChoice` for less than one step, and for an invalid seed.
    """
    if max_steps is not None and not (is_whole(max_steps) and max_steps >= 1):
        raise InvalidChoice(
            f"Training's max_steps must be at least 1, not {quoted(max_steps)}; give a whole number, or "
            "None to train to convergence."
        )
    began, seed = time.perf_counter(), checked_seed(seed)
    theta = objective.vector(objective.model.initial(seed) if start is None else start)
    weights = objective.weights(weights)
    with threads_for(objective.n * objective.p):
        theta, steps = _minimised(objective, theta, weights, start is not None, max_steps)
    end = objective.at(theta)
    norm, threshold = end.optimality(weights), gradient_threshold(end, weights)
    advice = "" if norm <= threshold else _advice(norm, threshold)
    if one_class(objective, weights):
        advice = (
            "The loss has no minimum: all training rows have the same class and the intercept diverges; add "
            "rows of another class."
        )
    elif not advice and _runs_off(objective, theta, weights):
        advice = (
            "The loss has no minimum: the classes are linearly separable and the parameters diverge; "
            "add a penalty."
        )
    seconds = time.perf_counter() - began
    return Optimum(theta, norm, threshold, not advice, steps, seconds, advice)


def _minimised(
    objective: Objective, theta: Tensor, weights: Tensor, near: bool, max_steps: int | None
) -> tuple[Tensor, int]:
    """``theta`` and the steps taken; ``near``: the start is assumed to be close to a minimum."""
    taken = 0

    def left(most: int) -> int:
        return most if max_steps is None else min(most, max_steps - taken)

    if not objective.smooth:
        return minimise_nonsmooth(objective, theta, weights, max_steps=left(PROXIMAL_STEPS))
    if objective.p > DENSE_LIMIT:
        return _lbfgs(objective, theta, weights, left(LBFGS_STEPS))
    if objective.canonical or near:
        theta, taken = _newton(objective, theta, weights, left(NEWTON_STEPS))
    if not objective.canonical and left(1) and not _settled(objective, theta, weights):
        theta, more = _lbfgs(objective, theta, weights, left(LBFGS_STEPS))
        taken += more
        theta, more = _newton(objective, theta, weights, left(NEWTON_STEPS))
        taken += more
    return theta, taken


def one_class(objective: Objective, weights: Tensor) -> bool:
    """True if all rows that count have the same class, or the same label, and some parameter no penalty."""
    if not isinstance(objective.loss, Bernoulli | Categorical):
        return False
    held = objective.penalty is not None and objective.penalty.strength > 0
    if held and bool(objective.penalised.all()):
        return False
    counted = objective.y[objective.counted & (weights != 0)]
    return bool((counted == counted[:1]).all(0).any())


def _runs_off(objective: Objective, theta: Tensor, weights: Tensor) -> bool:
    """True if a Newton step would still be long although the gradient is nearly zero.

    A penalty rules that out; it is not checked for networks.
    """
    penalised = objective.penalty is not None and objective.penalty.strength > 0
    if penalised or not objective.canonical or objective.p > DENSE_LIMIT:
        return False
    point = objective.at(theta)
    values, vectors = torch.linalg.eigh(Hessian.of(point, weights=weights).dense())
    kept = values > 10 * objective.p * torch.finfo(values.dtype).eps * values[-1]
    inside = vectors[:, kept].T @ point.gradient(weights) / values[kept]
    return float(inside.norm()) > 1e-3 * (1 + float(theta.norm()))


def _settled(objective: Objective, theta: Tensor, weights: Tensor) -> bool:
    point = objective.at(theta)
    return point.optimality(weights) <= gradient_threshold(point, weights)


def _advice(norm: float, threshold: float) -> str:
    if not np.isfinite(norm):
        return "Training diverged to non-finite values: standardise the inputs or add a penalty."
    return (
        f"Not converged: gradient norm {norm:.1g}, above {threshold:.1g}; estimates assume a "
        "minimum. Train longer, use a stronger penalty, or add damping."
    )


def _lbfgs(
    objective: Objective, theta: Tensor, weights: Tensor, max_steps: int
) -> tuple[Tensor, int]:
    from scipy.optimize import OptimizeResult, minimize  # the import takes a third of a second

    def value_and_gradient(flat: np.ndarray) -> tuple[float, np.ndarray]:
        point = objective.at(flat)
        return float(point.value(weights)), point.gradient(weights).double().cpu().numpy()

    steps, enough = 0, LBFGS_END * gradient_threshold(objective.at(theta), weights)

    def progress(intermediate_result: OptimizeResult) -> None:
        nonlocal steps, enough
        steps += 1
        report("training", steps, max_steps)
        point = objective.at(intermediate_result.x)
        norm = float(point.gradient(weights).norm())
        if norm <= enough:  # evaluated at an earlier point
            enough = LBFGS_END * gradient_threshold(point, weights)
        if norm <= enough:
            raise StopIteration

    found = minimize(
        value_and_gradient,
        theta.double().cpu().numpy(),
        jac=True,
        method="L-BFGS-B",
        callback=progress,
        options={
            "maxiter": max_steps,
            "maxfun": 2 * max_steps,
            "gtol": 0.0,
            "ftol": 0.0,
            "maxcor": 30,
        },
    )
    return objective.vector(found.x), steps


def _newton(
    objective: Objective, theta: Tensor, weights: Tensor, max_steps: int
) -> tuple[Tensor, int]:
    """Newton steps, damped if the Hessian is not positive definite or a step does not improve."""
    point = objective.at(theta)
    gradient = point.gradient(weights)
    damping = 0.0
    for step in range(max_steps):
        norm = float(gradient.norm())
        if not np.isfinite(norm) or norm <= gradient_scale(point, weights).goal:
            return point.theta, step
        report("training", step, None)
        hessian = Hessian.of(point, weights=weights).dense()
        accepted = _damped_step(objective, point, gradient, weights, hessian, damping)
        if accepted is None:
            return point.theta, step
        point, gradient, damping = accepted
    return point.theta, max_steps


def _damped_step(
    objective: Objective,
    point: Point,
    gradient: Tensor,
    weights: Tensor,
    hessian: Tensor,
    damping: float,
) -> tuple[Point, Tensor, float] | None:
    """The first of increasingly damped steps that improves, with gradient and damping; None if none does."""
    size = float(hessian.diagonal().abs().mean())
    value, norm = float(point.value(weights)), float(gradient.norm())
    for _ in range(30):
        shifted = hessian + damping * torch.eye(
            len(hessian), dtype=hessian.dtype, device=hessian.device
        )
        move = _solved(objective, shifted, gradient)
        if move is not None:
            trial = objective.at(point.theta - move)
            fresh = trial.gradient(weights)
            change = float(trial.value(weights)) - value
            # Near the minimum the value is constant to rounding; there the gradient decides.
            flat = same_value(change, point, weights)
            if (change < 0 and not flat) or (flat and float(fresh.norm()) < 0.9 * norm):
                return trial, fresh, damping / 10 if damping > 1e-12 * size else 0.0
        damping = max(10 * damping, 1e-10 * size)
    return None


def _solved(objective: Objective, matrix: Tensor, gradient: Tensor) -> Tensor | None:
    """``matrix^-1 gradient``; None if the matrix is not positive (semi-)definite.

    For linear outputs, directions dominated by rounding, such as a constant added to all intercepts of a
    softmax, are left unchanged. For networks that would cost too much compared with a step.
    """
    if objective.canonical:
        try:
            return Factor(matrix, "Hessian", 0.0).solve(gradient[:, None])[:, 0]
        except CurvatureError:
            return None
    factor, info = torch.linalg.cholesky_ex(matrix)
    return torch.cholesky_solve(gradient[:, None], factor)[:, 0] if int(info) == 0 else None
