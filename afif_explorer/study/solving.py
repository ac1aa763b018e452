"""The third stage: the curvature at the fit and the chosen method, prepared.

LiSSA uses all rows in every step, so that its result is evaluated on the eigenvalues: each scale and depth
costs one small product.
"""

from __future__ import annotations

from afif_explorer.analysis.fits.prepared import prepared
from afif_explorer.choices.methods import METHODS
from afif_explorer.choices.solvers import SOLVERS
from afif_explorer.choices.solvers.kind import Used
from afif_explorer.engine.curvature.operators import Curvature, Fisher, Hessian
from afif_explorer.engine.curvature.spectrum import Spectrum, spectrum_of
from afif_explorer.engine.influence.methods import AFIF, InfinitesimalJackknife, Method
from afif_explorer.engine.influence.smooth import Influence
from afif_explorer.engine.solvers.base import Cholesky
from afif_explorer.engine.solvers.factor import factor_of
from afif_explorer.engine.solvers.lissa.full_batch import exact_rule
from afif_explorer.engine.solvers.lissa.rule import Rule
from afif_explorer.progress import report
from afif_explorer.results import SolverSummary
from afif_explorer.spec import Spec
from afif_explorer.study.fitting import fit
from afif_explorer.study.store import has_grown, stage

PROXIMAL = "Proximal step"
_READY: dict[type[Curvature], type[Method]] = {Fisher: AFIF, Hessian: InfinitesimalJackknife}


def curvature_of(spec: Spec) -> type[Curvature]:
    """The curvature of the chosen method."""
    kind: type[Curvature] = METHODS[spec.method].engine_class.curvature
    return kind


def influence(spec: Spec, kind: type[Curvature]) -> Influence:
    """A curvature at the fit with its dense factor, shared by all per-row results."""

    def prepare() -> Influence:
        report(f"Factorising the {kind.name}", 0)
        method = _READY[kind](solver=Cholesky(), damping=spec.damping)
        made = prepared(method, fit(spec))
        made.whitener  # noqa: B018 - the factor belongs to this stage
        has_grown("fit", spec)
        return made

    return stage("influence", spec, prepare, kind.name)


def factor_seconds(spec: Spec, kind: type[Curvature]) -> float:
    """The cost of that matrix and its factor."""
    return factor_of(influence(spec, kind).curvature).seconds


def spectrum(spec: Spec, kind: type[Curvature]) -> Spectrum:
    """All eigenvalues and eigenvectors of the curvature, without damping."""

    def decompose() -> Spectrum:
        report(f"Eigenvalues of the {kind.name}", 0)
        found = spectrum_of(influence(spec, kind).curvature)
        has_grown("fit", spec)
        return found

    return stage("spectrum", spec, decompose, kind.name)


def lissa_rule(spec: Spec, kind: type[Curvature]) -> Rule:
    """LiSSA's automatic settings, from the exact eigenvalues (penalty and damping included)."""
    spectrum(spec, kind)
    return exact_rule(influence(spec, kind).curvature, spec.batch_size)


def lissa_settings(spec: Spec, kind: type[Curvature]) -> tuple[float, int]:
    """Scale and depth as chosen, or automatic."""
    rule = lissa_rule(spec, kind)
    scale = spec.scale or rule.scale
    return scale, spec.depth or rule.depth_at(scale)


def chosen(spec: Spec) -> Influence:
    """The chosen method, with its solver, at the fit; shared parts are prepared."""
    return prepared(method_of(spec), fit(spec))


def method_of(spec: Spec) -> Method:
    """The chosen method, with its solver; the parts that it shares with others are prepared."""
    influence(spec, curvature_of(spec))
    scale, depth, solver = None, None, SOLVERS[spec.solver]
    if "scale" in solver.needs and fit(spec).objective.smooth:
        scale, depth = lissa_settings(spec, curvature_of(spec))
    used = Used(scale, depth, fit(spec).n)
    method: Method = METHODS[spec.method].call(spec, solver.call(used)).make()
    return method


def summary(
    spec: Spec, ready: Influence, seconds: float, *, error: float | None, off: float | None
) -> SolverSummary:
    """How the last system of a method was solved.

    ``error``: of the solution, ``off``: of the quantity shown.
    ``seconds``: of all steps together, where no system is solved.
    """
    solution = ready.solution
    assert solution is not None
    stats, smooth = solution.stats, fit(spec).objective.smooth
    return SolverSummary(
        name=SOLVERS[spec.solver].label if smooth else PROXIMAL,
        status=solution.status.value,
        advice=solution.advice,
        residual=stats["residual"],
        error=error,
        seconds=stats.get("seconds", seconds),
        scale=stats.get("scale"),
        depth=stats.get("depth"),
        off=off,
        leverage_corrected=ready.was_corrected(),
    )
