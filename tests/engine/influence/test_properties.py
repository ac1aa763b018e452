"""Properties of every objective: all losses, linear maps, networks, modules, any kind of penalty.

Objectives are drawn from one table (:mod:`tests.helpers.cases`); at a fit where the penalty has kinks,
since a proximal step stays where it is only there, and elsewhere at parameters that are no minimum.
"""

from __future__ import annotations

import functools
from unittest.mock import patch

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from afif_explorer.engine.curvature.operators import EmpiricalFisher, Fisher, Hessian
from afif_explorer.engine.influence import nonsmooth as proximal_influence
from afif_explorer.engine.influence import smooth as influence_module
from afif_explorer.engine.influence.methods import (
    AFIF,
    EmpiricalFisherInfluence,
    InfinitesimalJackknife,
    Method,
    NewtonStep,
)
from afif_explorer.engine.influence.smooth import Influence
from afif_explorer.engine.jacobians import autograd as module_linearization
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.problem.weights import leave_out
from afif_explorer.engine.runtime import memory
from afif_explorer.engine.training.fit import minimise
from tests.helpers.cases import CASES, KINKED, Case

N, DAMPING = 24, 3.0  # so much damping that every curvature is positive definite
DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
METHODS = (AFIF, InfinitesimalJackknife, EmpiricalFisherInfluence, NewtonStep)

cases = st.sampled_from(CASES + KINKED)
kinds = st.sampled_from((Fisher, Hessian, EmpiricalFisher))
methods = st.sampled_from(METHODS)
seeds = st.integers(0, 4)
checked = settings(max_examples=25, deadline=None)
every_case = pytest.mark.parametrize("case", CASES + KINKED, ids=lambda case: case.name)


@functools.lru_cache(maxsize=256)
def problem(case: Case, seed: int) -> tuple[Objective, Tensor]:
    """An objective and where to look at it."""
    made = case.make(seed=seed, n=N, spread=0.5)
    if made.objective.smooth:
        return made.objective, made.theta
    return made.objective, minimise(made.objective).theta


def same(objective: Objective, X: Tensor, y: Tensor) -> Objective:
    """The objective on other rows, or on the same elsewhere."""
    return Objective(objective.model, objective.loss, objective.penalty, X, y)


def prepared(kind: type[Method], objective: Objective, theta: Tensor, **more) -> Influence:
    return kind(damping=DAMPING, **more).prepare(objective, theta)


def directions(p: int, m: int = 2) -> Tensor:
    return torch.randn(p, m, dtype=torch.float64, generator=torch.Generator().manual_seed(p))


def close(actual: Tensor, wanted: Tensor, tolerance: float) -> None:
    wanted = wanted.double().cpu()
    atol = tolerance * max(float(wanted.abs().max()), 1e-12)
    torch.testing.assert_close(actual.double().cpu(), wanted, rtol=0, atol=atol)


@checked
@given(case=cases, kind=kinds, seed=seeds)
def test_curvatures_are_symmetric(case, kind, seed) -> None:
    operator = kind(*problem(case, seed))
    product = operator @ torch.eye(operator.p, dtype=torch.float64)
    close(product, product.T, 1e-11)
    close(product, operator.dense(), 1e-11)


@checked
@given(
    case=cases, kind=st.sampled_from((Fisher, EmpiricalFisher)), seed=seeds, size=st.integers(1, 5)
)
def test_both_fishers_are_positive_semidefinite_on_any_rows(case, kind, seed, size) -> None:
    operator = kind(*problem(case, seed))
    rows = torch.randint(N, (size,), generator=torch.Generator().manual_seed(seed))
    for matrix in (operator.dense(), operator.batch(rows).dense()):
        assert float(torch.linalg.eigvalsh(matrix)[0]) >= -1e-12 * float(matrix.abs().max())


@checked
@given(case=cases, kind=methods, rescale=st.booleans(), seed=seeds)
def test_weights_of_one_have_no_effect(case, kind, rescale, seed) -> None:
    objective, theta = problem(case, seed)
    ones = objective.weights(None)
    moved = prepared(kind, objective, theta, rescale=rescale).parameters(ones)
    if objective.smooth:
        assert torch.equal(moved, theta)
    else:
        torch.testing.assert_close(moved, theta, rtol=0, atol=1e-9)
        assert torch.equal(moved == 0, theta == 0)


@checked
@given(case=cases, kind=methods, rescale=st.booleans(), seed=seeds)
def test_effects_follow_a_permutation_of_the_rows(case, kind, rescale, seed) -> None:
    objective, theta = problem(case, seed)
    order = torch.randperm(N, generator=torch.Generator().manual_seed(seed))
    shuffled = same(objective, objective.X[order], objective.y[order])
    c = directions(objective.p)
    effects = prepared(kind, objective, theta, rescale=rescale).effects(c)
    found = prepared(kind, shuffled, theta, rescale=rescale).effects(c)
    close(found, effects[order], 1e-8 if objective.smooth else 1e-7)
    curvature = kind(damping=DAMPING).curvature
    close(curvature(shuffled, theta).dense(), curvature(objective, theta).dense(), 1e-11)


@checked
@given(
    case=cases,
    kind=methods,
    rescale=st.booleans(),
    seed=seeds,
    size=st.integers(1, 2 * N),
    cells=st.integers(100, 5000),
)
def test_the_size_of_a_batch_of_rows_changes_nothing(
    case, kind, rescale, seed, size, cells
) -> None:
    objective, theta = problem(case, seed)
    c = directions(objective.p)
    whole = prepared(kind, objective, theta, rescale=rescale).effects(c)
    curvature = kind(damping=DAMPING).curvature
    product = curvature(objective, theta) @ c
    with (
        patch.object(module_linearization, "ROWS_AT_ONCE", size),
        patch.object(influence_module, "ROWS_AT_ONCE", size),
        patch.object(proximal_influence, "ROWS_AT_ONCE", size),
        patch.object(proximal_influence, "COLUMNS_AT_ONCE", size),
        patch.object(memory, "COMFORTABLE", cells),
        patch.object(memory, "CACHED", cells),
    ):
        found = prepared(kind, objective, theta, rescale=rescale).effects(c)
        close(found, whole, 1e-12 if objective.smooth else 1e-7)
        close(curvature(objective, theta) @ c, product, 1e-11)


@checked
@given(case=cases, kind=kinds, seed=seeds, size=st.integers(1, 6))
def test_batches_that_cover_rows_equally_have_the_curvature_as_mean(case, kind, seed, size) -> None:
    operator = kind(*problem(case, seed))
    c = directions(operator.p)
    batches = [(torch.arange(size) * 5 + start) % N for start in range(N)]
    mean = torch.stack([operator.batch(rows) @ c for rows in batches]).mean(0)
    close(mean, operator @ c, 1e-11)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=["double", "single"])
@every_case
def test_devices_and_precisions_agree(case: Case, dtype: torch.dtype, device: str) -> None:
    """A fit, products and effects, made where the rows are and in their precision."""
    objective, theta = problem(case, 1)
    X = objective.X.to(device=device, dtype=dtype)
    moved = same(objective, X, objective.y.to(device))
    rounded = 1e-9 if dtype is torch.float64 else 2e-4
    c = directions(objective.p)
    there = {"dtype": dtype, "device": device}
    for kind in (Fisher, Hessian, EmpiricalFisher):
        product = kind(moved, theta.to(**there)) @ c.to(**there)
        assert (product.dtype, product.device.type) == (dtype, device)
        close(product, kind(objective, theta) @ c, rounded)
    for kind in METHODS:
        effects = prepared(kind, moved, theta.to(**there)).effects(c.to(**there))
        assert (effects.dtype, effects.device.type) == (dtype, device)
        close(effects, prepared(kind, objective, theta).effects(c), 10 * rounded)
    weights = torch.as_tensor(leave_out(N, [0, 3]))
    wanted = minimise(objective, weights=weights, start=theta, max_steps=3).theta
    found = minimise(moved, weights=weights.to(**there), start=theta.to(**there), max_steps=3)
    if objective.canonical:
        close(found.theta, wanted, 10 * rounded)
    else:
        assert found.theta.device.type == device
