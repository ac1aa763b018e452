"""Effects under the Fisher and under the Hessian, and the cost of each."""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np
import torch

from afif_explorer.analysis.rows import compare
from afif_explorer.engine.curvature.operators import Curvature, Fisher, Hessian
from afif_explorer.engine.runtime.operations import OperationCounter
from afif_explorer.results import Agreement, Cost
from afif_explorer.spec import Spec
from afif_explorer.study.data import data
from afif_explorer.study.effects import Effects, effects, proximal_flops
from afif_explorer.study.fitting import fit
from afif_explorer.study.solving import factor_seconds, influence, spectrum
from afif_explorer.study.store import stage
from afif_explorer.study.targets import target_label, target_unit

TOP = 100  # number of largest effects whose overlap is compared


def agreement(spec: Spec) -> Agreement:
    """The Fisher with the chosen solver against the Hessian, solved directly, both by the plain step.

    Leverage correction would hide how far the two curvatures differ on rows of high leverage. Raises
    :class:`SolverDiverged` or :class:`CurvatureError` if one of them has no solution.
    """
    ids = data(spec).train.ids
    spec = spec.replace(leverage_correction=False)
    direct = spec.replace(method="infinitesimal_jackknife", solver="cholesky")
    ours = effects(spec.replace(method="afif"))
    theirs = effects(direct)
    fisher, hessian = ours.values, theirs.values
    top = min(TOP, max(1, len(ids) // 10))
    known = ~np.isnan(fisher)  # the only row of a class has no effect
    one, other = fisher[known], hessian[known]
    return Agreement(
        ids=ids,
        fisher=fisher,
        hessian=hessian,
        pearson=compare.pearson(one, other),
        spearman=compare.spearman(one, other),
        slope=compare.slope(other, one),
        top_k=top,
        overlap=compare.top_overlap(one, other, top),
        identical=fit(spec).objective.canonical,
        fisher_eigenvalues=_eigenvalues(spec, Fisher),
        hessian_eigenvalues=_eigenvalues(spec, Hessian),
        relative_gap=stage("gap", spec, lambda: _gap(spec)),
        fisher_cost=_cost(spec, Fisher, ours),
        hessian_cost=_cost(direct, Hessian, theirs),
        target_label=target_label(spec),
        unit=target_unit(spec),
        solver=ours.solver,
    )


def _eigenvalues(spec: Spec, kind: type[Curvature]) -> np.ndarray:
    return spectrum(spec, kind).values.cpu().numpy() + spec.damping


def _gap(spec: Spec) -> float | None:
    dense = [influence(spec, kind).curvature.dense().cpu().numpy() for kind in (Fisher, Hessian)]
    return compare.relative_gap(*dense)


def _cost(spec: Spec, kind: type[Curvature], found: Effects) -> Cost:
    """The cost of these effects; for a direct solve including the matrix and its factor."""
    price, objective = (
        stage("cost", spec, lambda: _price(spec, kind), kind.name),
        fit(spec).objective,
    )
    if not objective.smooth:
        steps = stage("proximal cost", spec, lambda: proximal_flops(spec))
        return Cost(0, price.matrix + steps, price.seconds + found.solver.seconds, steps)
    if spec.solver == "cholesky":
        seconds = factor_seconds(spec, kind) + found.solver.seconds
        return Cost(0, price.matrix + objective.p**3 / 3, seconds)
    return Cost(found.products, found.products * price.product, found.solver.seconds)


class _Price(NamedTuple):
    product: float  # FLOPs of the curvature times a vector, counted
    matrix: float  # FLOPs of the dense matrix
    seconds: float  # that it takes, for proximal steps


def _price(spec: Spec, kind: type[Curvature]) -> _Price:
    curvature = influence(spec, kind).curvature
    objective = curvature.point.objective
    # J' A'' J takes 2 n k p^2; what bends the network is added by a product for each parameter.
    matrix = 2.0 * objective.n * objective.model.k * objective.p**2
    product = _flops(curvature)
    if kind is Hessian and not objective.canonical:
        matrix += objective.p * (product - _flops(influence(spec, Fisher).curvature))
    if objective.smooth:
        return _Price(product, matrix, 0.0)  # measured with its factor
    began = time.perf_counter()
    kind.of(curvature.point, damping=curvature.damping).dense()
    return _Price(product, matrix, time.perf_counter() - began)


def _flops(curvature: Curvature) -> float:
    objective = curvature.point.objective
    probe = torch.ones(curvature.p, 1, dtype=objective.dtype, device=objective.device)
    with OperationCounter() as counter:
        curvature @ probe
    return float(counter.total)
