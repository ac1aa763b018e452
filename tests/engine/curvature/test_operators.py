"""Curvature operators against explicit matrices, definitions and another library."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.func import hessian

from afif_explorer.engine.curvature.operators import Curvature, EmpiricalFisher, Fisher, Hessian
from afif_explorer.engine.jacobians import autograd as module_linearization
from afif_explorer.engine.jacobians import gram
from afif_explorer.engine.jacobians.autograd import ModuleLinearization
from afif_explorer.engine.models.module_model import ModuleModel
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.problem.penalties import Ridge
from afif_explorer.engine.runtime import memory
from tests.helpers.cases import CANONICAL, CASES, CURVED, Case, Problem
from tests.helpers.twin import Twin

KINDS = (Fisher, Hessian, EmpiricalFisher)
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def at(kind: type[Curvature], problem: Problem, **options) -> Curvature:
    return kind(problem.objective, problem.theta, **options)


def block(p: int, m: int = 3, seed: int = 5) -> Tensor:
    return torch.randn(p, m, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def close(actual: Tensor, wanted: Tensor, tolerance: float = 1e-11) -> None:
    size = float(wanted.abs().max())
    torch.testing.assert_close(actual, wanted, rtol=0, atol=tolerance * size)


@every_kind
@every_case
def test_operators_equal_brute_force(case: Case, kind: type[Curvature]) -> None:
    problem = case.make(seed=1)
    weights = torch.linspace(0, 2, problem.objective.n, dtype=torch.float64)
    for w, damping in ((None, 0.0), (weights, 0.3)):
        operator = at(kind, problem, weights=w, damping=damping)
        matrix = Twin(problem, weights=w).matrix(kind.__name__)
        matrix = matrix + damping * torch.eye(operator.p, dtype=torch.float64)
        V = block(operator.p)
        close(operator.dense(), matrix)
        close(operator @ V, matrix @ V)
        close(operator @ V[:, 0], matrix @ V[:, 0])


@every_kind
@every_case
def test_weights_below_zero_and_above_one_are_weights_too(
    case: Case, kind: type[Curvature]
) -> None:
    problem = case.make(seed=2)
    weights = torch.linspace(-1, 3, problem.objective.n, dtype=torch.float64)
    operator = at(kind, problem, weights=weights)
    matrix = Twin(problem, weights=weights).matrix(kind.__name__)
    close(operator.dense(), matrix)
    close(operator @ block(operator.p), matrix @ block(operator.p))


@every_kind
@every_case
def test_the_mean_over_all_batches_is_the_operator(case: Case, kind: type[Curvature]) -> None:
    problem = case.make(seed=1, n=12)
    weights = torch.linspace(0, 2, 12, dtype=torch.float64)
    operator = at(kind, problem, weights=weights, damping=0.2)
    pairs = [torch.tensor([i, (5 * i + 3) % 12]) for i in range(12)]  # every row twice
    V = block(operator.p)
    mean = torch.stack([operator.batch(pair) @ V for pair in pairs]).mean(0)
    close(mean, operator @ V)
    doubled = operator.batch(torch.tensor([4, 4, 7]))
    close(doubled.dense() @ V, doubled @ V)


@pytest.mark.parametrize("case", CANONICAL, ids=lambda case: case.name)
def test_fisher_is_the_hessian_where_outputs_are_linear(case: Case) -> None:
    problem = case.make(seed=4)
    fisher, true = at(Fisher, problem).dense(), Twin(problem).hessian()
    assert float((fisher - true).norm() / true.norm()) <= 1e-10
    assert float((at(Hessian, problem).dense() - true).norm() / true.norm()) <= 1e-10


@pytest.mark.parametrize("case", CURVED, ids=lambda case: case.name)
def test_fisher_is_not_the_hessian_of_a_network(case: Case) -> None:
    problem = case.make(seed=4)
    fisher, true = at(Fisher, problem).dense(), at(Hessian, problem).dense()
    assert float((fisher - true).norm() / true.norm()) > 0.02


@every_case
def test_fisher_is_the_hessian_of_the_divergence_between_predictions(case: Case) -> None:
    """``F`` is the second derivative of ``mean_i KL(p(.|x_i, theta) || p(.|x_i, t))`` at ``t = theta``."""
    problem = case.make(seed=6)
    here = problem.outputs(problem.theta, problem.objective.X)

    def log_partition(f: Tensor) -> Tensor:
        return {
            "gaussian": lambda: 0.5 * (f**2).sum(1),
            "bernoulli": lambda: nn.functional.softplus(f).sum(1),
            "poisson": lambda: f.exp().sum(1),
            "categorical": lambda: f.logsumexp(1),
        }[case.loss]()

    mean = problem.objective.loss.mean(here)

    def divergence(t: Tensor) -> Tensor:
        there = problem.outputs(t, problem.objective.X)
        gap = log_partition(there) - log_partition(here) - (mean * (there - here)).sum(1)
        return gap.mean()

    data = at(Fisher, problem)
    close(data.dense() - torch.diag(data.diagonal_shift), hessian(divergence)(problem.theta), 1e-10)
    v, h = block(data.p)[:, 0], 1e-4
    second = (divergence(problem.theta + h * v) + divergence(problem.theta - h * v)) / h**2
    expected = float(v @ ((data @ v) - data.diagonal_shift * v))
    assert float(second) == pytest.approx(expected, rel=1e-5)


@every_case
def test_traces_are_those_of_the_matrix(case: Case) -> None:
    problem = case.make(seed=1)
    weights = torch.linspace(0, 2, problem.objective.n, dtype=torch.float64)
    fisher = at(Fisher, problem, weights=weights, damping=0.5)
    data = fisher.dense() - torch.diag(fisher.diagonal_shift)
    assert fisher.trace_of_data() == pytest.approx(float(data.trace()), rel=1e-12)
    assert bool((fisher.row_traces() >= 0).all())


def test_module_path_and_linear_path_give_the_same_numbers() -> None:
    problem = CASES[4].make(seed=1)  # softmax
    linear = nn.Linear(4, 3).double()
    module = ModuleModel(linear, problem.objective.X)
    theirs = Objective(module, "categorical", Ridge(0.1), problem.objective.X, problem.objective.y)
    assert theirs.canonical  # told by its outputs
    for kind in KINDS:
        close(kind(theirs, problem.theta).dense(), at(kind, problem).dense())
    ours, other = problem.objective.at(problem.theta), theirs.at(problem.theta)
    close(other.gradient(), ours.gradient())
    rows = torch.tensor([0, 7, 7, 3])
    close(other.gradients(rows), ours.gradients(rows))


@every_case
def test_the_size_of_the_pieces_changes_nothing(case: Case, monkeypatch) -> None:
    problem = case.make(seed=1)
    whole = [at(kind, problem) for kind in KINDS]
    V = block(whole[0].p)
    wanted = [(operator @ V, operator.dense()) for operator in whole]
    traces = whole[0].row_traces()
    monkeypatch.setattr(module_linearization, "ROWS_AT_ONCE", 17)
    monkeypatch.setattr(memory, "COMFORTABLE", 600)
    for kind, (product, matrix) in zip(KINDS, wanted, strict=True):
        operator = at(kind, problem)
        close(operator @ V, product, 1e-13)
        close(operator.dense(), matrix, 1e-13)
    close(at(Fisher, problem).row_traces(), traces, 1e-13)


@every_case
def test_gradients_are_those_of_brute_force(case: Case) -> None:
    problem = case.make(seed=1)
    twin, point = Twin(problem), problem.objective.at(problem.theta)
    weights = torch.linspace(0, 2, twin.n, dtype=torch.float64)
    weighted = Twin(problem, weights=weights)
    rows = torch.tensor([3, 0, 3])
    close(point.gradients(rows), twin.gradients[rows])
    V = block(twin.p)
    close(point.gradient_products(V), twin.gradients @ V)
    close(point.gradient(weights), torch.func.grad(weighted.value)(problem.theta))
    close(point.value(weights), weighted.value(problem.theta))


@every_case
def test_single_precision_is_double_precision_rounded(case: Case) -> None:
    problem = case.make(seed=1)
    objective = problem.objective
    single = Objective(
        objective.model, objective.loss, objective.penalty, objective.X.float(), objective.y
    )
    for kind in KINDS:
        operator = kind(single, problem.theta)
        assert operator.dense().dtype == torch.float32
        wanted = at(kind, problem).dense()
        close(operator.dense().double(), wanted, 1e-5)
        V = block(operator.p)
        close((operator @ V.float()).double(), wanted @ V, 1e-5)


def test_curvlinops_agrees_on_a_network() -> None:
    curvlinops = pytest.importorskip("curvlinops")
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 3)).double()
    X = torch.randn(30, 5, dtype=torch.float64)
    y = torch.randint(3, (30,))
    objective = Objective(ModuleModel(net, X), "categorical", None, X, y)
    theta = torch.nn.utils.parameters_to_vector(net.parameters()).detach()
    pairs = [
        (curvlinops.HessianLinearOperator, Hessian),
        (curvlinops.GGNLinearOperator, Fisher),
        (curvlinops.EFLinearOperator, EmpiricalFisher),
    ]
    for theirs, ours in pairs:
        operator = theirs(
            net, nn.CrossEntropyLoss(), list(net.parameters()), [(X, y)],
            check_deterministic=False,
        )  # fmt: skip
        matrix = operator @ torch.eye(len(theta), dtype=torch.float64)
        close(ours(objective, theta).dense(), matrix.detach(), 1e-10)


def test_a_module_that_is_no_chain_is_differentiated_by_torch() -> None:
    problem = CURVED[-1].make()
    assert isinstance(problem.objective.at(problem.theta).linearization, ModuleLinearization)
    assert np.isfinite(float(problem.objective.at(problem.theta).value()))


def test_outputs_that_are_linear_have_no_second_order() -> None:
    plain = ModuleLinearization(lambda theta, X: X @ theta[:, None], block(4)[:, 0], block(9, 4))
    bent = plain.hvp(block(9, 1), torch.eye(4, dtype=torch.float64))
    assert torch.equal(bent, torch.zeros(4, 4, dtype=torch.float64))


@pytest.mark.parametrize("case", CURVED[:4], ids=lambda case: case.name)
def test_a_perceptrons_matrix_products_are_what_torch_differentiates(case: Case) -> None:
    problem = case.make(seed=1)
    objective = problem.objective
    ours = objective.model.linearize(problem.theta, objective.X)
    theirs = ModuleLinearization(problem.outputs, problem.theta, objective.X)
    assert type(ours) is not type(theirs)
    close(ours.outputs, theirs.outputs)
    V, rows = block(objective.p), torch.tensor([2, 2, 5])
    U = block(objective.n * case.k).reshape(objective.n, case.k, 3)
    close(ours.jvp(V), theirs.jvp(V))
    close(ours.vjp(U), theirs.vjp(U))
    close(ours.hvp(U[:, :, 0], V), theirs.hvp(U[:, :, 0], V))
    close(ours.gram(U), theirs.gram(U))
    close(ours.jacobian(rows), theirs.jacobian(rows))
    close(ours.project(rows, V), theirs.project(rows, V))
    close(ours.squared_norms(U), theirs.squared_norms(U))
    close(ours.take(rows).jvp(V), theirs.jvp(V)[rows])


WAYS = {"by inputs": (0.0, True), "by outputs": (0.0, False), "by rows": (math.inf, True)}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", CURVED[:4], ids=lambda case: case.name)
def test_all_ways_to_a_perceptrons_matrix_agree(case: Case, way: str, monkeypatch) -> None:
    problem = case.make(seed=1)
    here = problem.objective.at(problem.theta).linearization
    roots = block(here.n * case.k).reshape(here.n, case.k, 3)
    half = (roots.transpose(1, 2) @ here.jacobian(torch.arange(here.n))).flatten(0, 1)
    cost, few_inputs = WAYS[way]
    monkeypatch.setattr(gram, "gram_cost", lambda _: cost)
    monkeypatch.setattr(gram, "_few_inputs", lambda *_: few_inputs)
    monkeypatch.setattr(gram, "MAX_ENTRIES", 5)
    close(here.gram(roots), half.T @ half)
    monkeypatch.setattr(memory, "COMFORTABLE", 300)
    close(here.gram(roots), half.T @ half)
