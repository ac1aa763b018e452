"""The third stage: the curvature at the fit, made ready, and solves with it.

LiSSA is answered from the eigenvalues: with all rows in every step it is a polynomial in the
curvature, so any scale and depth cost one small product.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from afif_explorer.choices.methods import METHODS
from afif_explorer.engine.curvature.operators import Curvature, Fisher, Hessian
from afif_explorer.engine.curvature.spectrum import Bounds, Spectrum
from afif_explorer.engine.influence.methods import AFIF, InfinitesimalJackknife, Method
from afif_explorer.engine.influence.smooth import Influence
from afif_explorer.engine.solvers.base import ConjugateGradient, Status
from afif_explorer.engine.solvers.lissa.noise import row_noise
from afif_explorer.engine.solvers.lissa.rule import Rule, batch_for
from afif_explorer.engine.solvers.lissa.solver import TOLERANCE
from afif_explorer.errors import SolverDiverged
from afif_explorer.progress import report
from afif_explorer.results import SolverSummary
from afif_explorer.spec import Spec
from afif_explorer.study.fitting import fit
from afif_explorer.study.store import stage
from afif_explorer.wording import count

DIRECT = "Direct (Cholesky)"
TINY = 1e-300
_FLAT = "The flattest directions are not reached: raise the damping, or solve directly."
_READY: dict[type[Curvature], type[Method]] = {Fisher: AFIF, Hessian: InfinitesimalJackknife}


@dataclass(frozen=True, eq=False)
class Solved:
    """``x`` of ``(C + damping) x = c``, ``[p, m]``, and how it came about."""

    value: Tensor
    products: int  # curvature times one vector
    summary: SolverSummary


def curvature_of(spec: Spec) -> type[Curvature]:
    """The curvature that the chosen method takes."""
    kind: type[Curvature] = METHODS[spec.method].engine_class.curvature
    return kind


@dataclass(frozen=True, eq=False)
class _Factorised:
    influence: Influence
    seconds: float  # to build and factorise the matrix


def influence(spec: Spec, kind: type[Curvature]) -> Influence:
    """A curvature at the fit with its dense factor, shared by everything that looks at rows."""
    return _factorised(spec, kind).influence


def factor_seconds(spec: Spec, kind: type[Curvature]) -> float:
    """What it took to build that matrix and its factor."""
    return _factorised(spec, kind).seconds


def _factorised(spec: Spec, kind: type[Curvature]) -> _Factorised:
    def prepare() -> _Factorised:
        report(f"Factorising the {kind.name}", 0)
        found = fit(spec)
        method = _READY[kind](solver="cholesky", damping=spec.damping)
        made = method.prepare(found.objective, found.parameters)
        began = time.perf_counter()
        made.whitener  # noqa: B018 - the factor belongs to this stage
        return _Factorised(made, time.perf_counter() - began)

    return stage("influence", spec, prepare, kind.name)


def influence_on_rows(spec: Spec, kind: type[Curvature]) -> Influence:
    """The same, with rows rescaled by their leverage where that is chosen.

    The Newton step leaves out the removed row's own curvature, which is just that rescaling.
    """
    ready = influence(spec, kind)
    if not (spec.rescale or METHODS[spec.method].downdates):
        return ready

    def rescaled() -> Influence:
        made = ready.rescaled()
        made.residual  # noqa: B018 - belongs to this stage
        return made

    return stage("influence", spec, rescaled, kind.name, "rescaled")


def spectrum(spec: Spec, kind: type[Curvature]) -> Spectrum:
    """All eigenvalues and eigenvectors of the curvature, without damping."""

    def decompose() -> Spectrum:
        report(f"Eigenvalues of the {kind.name}", 0)
        return Spectrum.full(influence(spec, kind).curvature)

    return stage("spectrum", spec, decompose, kind.name)


def lissa_rule(spec: Spec, kind: type[Curvature]) -> Rule:
    """LiSSA's settings by rule, from the exact eigenvalues (penalty and damping included)."""
    values = spectrum(spec, kind).values
    objective = fit(spec).objective
    found = Bounds(
        largest=float(values[-1]) + spec.damping,
        smallest=float(values[0]) + spec.damping,
        trace=max(0.0, float(values.sum() - objective.penalty_diagonal().sum())),
    )
    noise = _row_noise(spec, kind) if batch_for(objective.n, spec.batch_size) < objective.n else 0.0
    return Rule.of(found, noise, objective.n, spec.batch_size)


def _row_noise(spec: Spec, kind: type[Curvature]) -> float:
    curvature = influence(spec, kind).curvature
    return stage("row noise", spec, lambda: row_noise(curvature), kind.name)


def lissa_settings(spec: Spec, kind: type[Curvature]) -> tuple[float, int]:
    """Scale and depth as chosen, or by rule where they were left open."""
    rule = lissa_rule(spec, kind)
    scale = spec.scale or rule.scale
    return scale, spec.depth or rule.depth_at(scale)


def solve(
    spec: Spec,
    rhs: Tensor,
    kind: type[Curvature],
    seen: Callable[[Tensor], Tensor] | None = None,
) -> Solved:
    """Solve ``(C + damping) x = c`` with the chosen solver, ``c`` ``[p, m]``.

    ``seen(x)`` is what will be shown of the solution, linear in it: its error tells whether the solver
    converged, since a small residual says nothing of flat directions. Raises :class:`SolverDiverged`
    with advice; what is merely not exact says so in its summary.
    """
    how = {"lissa": _lissa, "conjugate_gradient": _conjugate_gradient, "cholesky": _direct}
    solved = how[spec.solver](spec, rhs, kind)
    if seen is None or spec.solver == "cholesky":
        return solved
    truth = seen(influence(spec, kind).prepared.solve(rhs).value)
    off = float((seen(solved.value) - truth).norm() / truth.norm().clamp(min=TINY))
    summary = replace(solved.summary, off=off)
    if off > TOLERANCE and summary.status == "converged":
        summary = replace(summary, status="max_steps", advice=_flat(spec, kind, summary))
    return replace(solved, summary=summary)


def _direct(spec: Spec, rhs: Tensor, kind: type[Curvature]) -> Solved:
    began = time.perf_counter()
    solution = influence(spec, kind).prepared.solve(rhs)
    seconds = time.perf_counter() - began
    residual = solution.stats["residual"]
    summary = SolverSummary(DIRECT, "converged", "", residual, 0.0, seconds)
    return Solved(solution.value, 0, summary)


def _conjugate_gradient(spec: Spec, rhs: Tensor, kind: type[Curvature]) -> Solved:
    began = time.perf_counter()
    ready = influence(spec, kind)
    solution = ConjugateGradient().prepare(ready.curvature).solve(rhs)
    if solution.status is Status.DIVERGED:
        raise SolverDiverged(solution.advice)
    seconds = time.perf_counter() - began
    error = _worst(solution.value - ready.prepared.solve(rhs).value, solution.value)
    summary = SolverSummary(
        name="Conjugate gradients",
        status=solution.status.value,
        advice=solution.advice,
        residual=solution.stats["residual"],
        error=error,
        seconds=seconds,
    )
    return Solved(solution.value, solution.stats["products"], summary)


def _lissa(spec: Spec, rhs: Tensor, kind: type[Curvature]) -> Solved:
    scale, depth = lissa_settings(spec, kind)
    basis = spectrum(spec, kind)
    if basis.diverges(scale, spec.damping):
        raise SolverDiverged(lissa_rule(spec, kind).way_out(kind.name, scale))
    began = time.perf_counter()
    value = basis.lissa(rhs, scale=scale, depth=depth, damping=spec.damping)
    seconds = time.perf_counter() - began
    # What the truncated series leaves out, (1 - (C + damping) / scale)^(depth + 1) c, tells both the
    # residual and the error without another product.
    damped = (basis.values + spec.damping)[:, None]
    wanted = basis.coordinates(rhs)
    missing = (1 - damped / scale) ** (depth + 1) * wanted
    residual = _worst(missing, wanted)
    good = residual <= TOLERANCE
    summary = SolverSummary(
        name="LiSSA",
        status="converged" if good else "max_steps",
        advice="" if good else shortfall(spec, kind, scale, depth),
        residual=residual,
        error=_worst(missing / damped, wanted / damped),
        seconds=seconds,
        scale=scale,
        depth=depth,
    )
    return Solved(value, depth * rhs.shape[1], summary)


def _worst(difference: Tensor, reference: Tensor) -> float:
    """The largest relative size of a column; 0 where the reference is 0."""
    size = reference.norm(dim=0)
    return float((difference.norm(dim=0) / torch.where(size > 0, size, 1.0)).max())


def shortfall(spec: Spec, kind: type[Curvature], scale: float, depth: int) -> str:
    """What would let LiSSA converge that has not after ``depth`` steps."""
    enough = lissa_rule(spec, kind).depth_at(scale)
    if depth < enough:
        return f"The series was cut early: with {count(enough)} steps it would be complete."
    return _FLAT


def _flat(spec: Spec, kind: type[Curvature], summary: SolverSummary) -> str:
    """What settles a solution whose residual is small and which is still wrong."""
    if summary.scale is None or summary.depth is None:
        return _FLAT
    return shortfall(spec, kind, summary.scale, summary.depth)
