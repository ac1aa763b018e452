"""Block conjugate gradients, their preconditioners, and EK-FAC, against dense matrices."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import afif_explorer as ax
from afif_explorer.engine.curvature import kronecker
from afif_explorer.engine.curvature.kronecker import Kronecker
from afif_explorer.engine.curvature.operators import Curvature, Fisher, Hessian
from afif_explorer.engine.jacobians.layers.positionwise import Weight
from afif_explorer.engine.solvers import ekfac
from afif_explorer.engine.solvers.base import Status
from afif_explorer.engine.solvers.block_cg import BlockConjugateGradient
from afif_explorer.engine.solvers.ekfac import EKFAC, EKFACPreconditioner
from afif_explorer.engine.solvers.nystroem import Nystroem
from afif_explorer.engine.solvers.preconditioner import Approximation
from tests.engine.jacobians.test_traced import MODULES, Sliced, draw, rows
from tests.helpers.cases import CASES, Case

KNOWN = tuple(case for case in CASES if case.kind != "module")
PRECONDITIONERS = (None, Nystroem(5), EKFAC(), EKFAC(rows=7))
every_case = pytest.mark.parametrize("case", KNOWN, ids=lambda case: case.name)
every_preconditioner = pytest.mark.parametrize(
    "preconditioner", PRECONDITIONERS, ids=lambda one: "none" if one is None else str(one)
)


def block(p: int, m: int = 3) -> Tensor:
    return torch.randn(p, m, dtype=torch.float64, generator=torch.Generator().manual_seed(5))


def sequence_fisher(name: str, n: int = 40, damping: float = 0.03, ridge: float = 0.1) -> Fisher:
    torch.manual_seed(1)
    module = MODULES[name]().double()
    k = module(rows(2)).shape[1]
    y = torch.arange(n) % min(k, 3)
    objective = ax.Objective(module, "categorical", ax.Ridge(ridge), rows(n), y)
    return Fisher(objective, objective.vector(objective.model.initial(0)), damping=damping)


@every_case
@every_preconditioner
def test_solutions_equal_numpys(case: Case, preconditioner: Approximation | None) -> None:
    problem = case.make(seed=1)
    fisher = Fisher(problem.objective, problem.theta, damping=0.1)
    c = block(fisher.p)
    c[:, 1] = 0  # and a column that is another's double
    c = torch.cat([c, 2 * c[:, :1]], dim=1)
    solver = BlockConjugateGradient(1e-11, preconditioner=preconditioner)
    found = solver.prepare(fisher).solve(c)
    np.testing.assert_allclose(found.value, np.linalg.solve(fisher.dense(), c), atol=1e-9)
    assert found.status is Status.CONVERGED
    assert found.stats["residual"] <= 1e-11
    assert bool((found.value[:, 1] == 0).all())
    one = solver.prepare(fisher).solve(c[:, 0])
    torch.testing.assert_close(one.value, found.value[:, 0], rtol=1e-9, atol=1e-11)


def test_more_right_hand_sides_than_parameters_and_than_share_a_space() -> None:
    problem = CASES[0].make(seed=1)
    fisher = Fisher(problem.objective, problem.theta)
    for m in (fisher.p + 2, 300):
        c = block(fisher.p, m)
        found = BlockConjugateGradient(1e-10).prepare(fisher).solve(c)
        np.testing.assert_allclose(found.value, np.linalg.solve(fisher.dense(), c), atol=1e-8)


def test_a_common_space_needs_fewer_products_than_a_space_each() -> None:
    problem = Case("MLP", "bernoulli", "mlp", ridge=1e-3).make(seed=1, n=200, d=20)
    fisher = Fisher(problem.objective, problem.theta, damping=1e-3)
    c = block(fisher.p, 12)
    steps = {
        solver.name: solver.prepare(fisher).solve(c).stats["steps"]
        for solver in (BlockConjugateGradient(1e-8), ax.ConjugateGradient(1e-8))
    }
    assert steps["block conjugate gradients"] < 0.5 * steps["conjugate gradients"]
    alone, helped = (
        BlockConjugateGradient(1e-8, preconditioner=one).prepare(fisher).solve(c[:, 0])
        for one in (None, Nystroem(30))
    )
    assert helped.stats["steps"] < alone.stats["steps"]


def test_early_stopping_and_unattainable_tolerances_are_reported() -> None:
    problem = CASES[3].make(seed=1)
    fisher = Fisher(problem.objective, problem.theta)
    short = BlockConjugateGradient(max_steps=1).prepare(fisher).solve(block(fisher.p, 1))
    assert short.status is Status.MAX_STEPS
    assert "Raise max_steps above 1" in short.advice
    objective = problem.objective
    single = ax.Objective(
        objective.model, objective.loss, objective.penalty, objective.X.float(), objective.y
    )
    rough = Fisher(single, problem.theta.float(), damping=0.1)
    found = BlockConjugateGradient(1e-12).prepare(rough).solve(block(rough.p).float())
    assert found.status is Status.CONVERGED  # as far as float32 goes
    assert found.stats["residual"] < 2e-5


@pytest.mark.parametrize("kind", [Nystroem(6), EKFAC(), EKFAC(rows=11)], ids=str)
@pytest.mark.parametrize("name", ["words", "padded words", "tied", "transformer", "pair"])
def test_preconditioners_are_what_they_say(kind: Approximation, name: str) -> None:
    fisher = sequence_fisher(name)
    made, eye = kind.precondition(fisher), torch.eye(fisher.p, dtype=torch.float64)
    W = made.factor(eye)
    torch.testing.assert_close(made.transpose(eye), W.T)
    torch.testing.assert_close(made.apply(eye), W @ W.T)
    torch.testing.assert_close(made.solve_transpose(W.T), eye)


def conditions(fisher: Curvature, kind: Approximation) -> tuple[float, float]:
    W = kind.precondition(fisher).factor(torch.eye(fisher.p, dtype=torch.float64))
    C = fisher.dense()
    return float(torch.linalg.cond(C)), float(torch.linalg.cond(W.T @ C @ W))


@pytest.mark.parametrize("kind", [Nystroem(60), EKFAC()], ids=str)
@pytest.mark.parametrize("name", ["words", "tied", "pair"])
def test_preconditioners_help(kind: Approximation, name: str) -> None:
    plain, helped = conditions(sequence_fisher(name), kind)
    assert helped < 0.7 * plain


@pytest.mark.parametrize(
    "name",
    [
        "words",
        "padded words",
        "tied",
        "transformer",
        "pair",
        "partly known",
        "convolutions with norms",
        "one convolution twice",
        "GRU, both directions",
    ],
)
def test_the_curvature_along_every_direction_of_the_basis_is_exact(name: str) -> None:
    fisher = sequence_fisher(name)
    made = EKFACPreconditioner(fisher, None)
    eye = torch.eye(fisher.p, dtype=torch.float64)
    U = made._basis.apply(eye)
    torch.testing.assert_close(U.T @ U, eye)
    torch.testing.assert_close((U.T @ fisher.dense() @ U).diagonal(), made.values)


@pytest.mark.parametrize("name", ["convolutions", "RNN, two layers without bias"])
def test_kronecker_bases_equal_a_dense_construction(name: str) -> None:
    """Second moments of every weight's explicit Jacobian, from automatic differentiation of all rows."""
    fisher = sequence_fisher(name)
    model, X = fisher.point.objective.model, fisher.point.objective.X
    J = torch.func.jacrev(model._call)(fisher.point.theta, X)
    half, slices = fisher.fisher_roots().mT @ J / len(J) ** 0.5, model.slices()
    U = torch.zeros_like(fisher.dense())
    for weight, shape in zip(model.parameters.names, model.parameters.shapes, strict=True):
        if len(shape) == 1:
            continue
        M = half[:, :, slices[weight]].unflatten(2, (shape[0], -1))  # [n, r, o, i]
        inputs = M.shape[3]
        places = [*range(slices[weight].start, slices[weight].stop)]
        if bias := slices.get(weight.replace("weight", "bias")):
            M = torch.cat([M, half[:, :, bias, None]], 3)
            places += range(bias.start, bias.stop)
        left = torch.linalg.eigh(torch.einsum("nroi,nrpi->op", M, M)).eigenvectors
        right = torch.linalg.eigh(torch.einsum("nroi,nroj->ij", M, M)).eigenvectors
        basis = torch.einsum("oa,ib->oiab", left, right).flatten(2)
        rows_of = torch.cat([basis[:, :inputs].flatten(0, 1), basis[:, inputs:].flatten(0, 1)])
        U[places, places[0] : places[-1] + 1] = rows_of
    wanted = (U / (U.T @ fisher.dense() @ U).diagonal()) @ U.T
    found = EKFACPreconditioner(fisher, None).apply(torch.eye(fisher.p, dtype=torch.float64))
    torch.testing.assert_close(found, wanted, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("places", [1, 3, 9])
def test_moments_need_no_block(places: int) -> None:
    """Against sums over explicit blocks, for fewer and for more places than inputs or outputs."""
    layer = Weight(0, 15, slope=draw(7, 2, places, 3), layer_input=draw(7, places, 5))
    share = draw(7).abs()
    basis = Kronecker(layer)
    basis.add([layer], share)
    M = torch.einsum("nrto,nti->nroi", layer.slope, layer.layer_input)
    input_moment = torch.einsum("n,nroi,nroj->ij", share, M, M)
    output_moment = torch.einsum("n,nroi,nrpi->op", share, M, M)
    torch.testing.assert_close(basis._input_moment, input_moment)
    torch.testing.assert_close(basis._output_moment, output_moment)


def test_random_combinations_of_roots_stand_for_all_of_them(monkeypatch) -> None:
    monkeypatch.setattr(ekfac, "MANY", 0)
    roots = draw(1, 4, 3).expand(40_000, -1, -1)
    shown = ekfac._sketched(roots)
    assert shown.shape == (40_000, 4, 1)
    found, wanted = (one @ one.transpose(1, 2) for one in (shown, roots))
    torch.testing.assert_close(found.mean(0), wanted[0], rtol=0, atol=0.03)
    fisher = sequence_fisher("words", n=3000)
    few, all_of_them = EKFACPreconditioner(fisher, None), fisher.dense()
    U = few._basis.apply(torch.eye(fisher.p, dtype=torch.float64))
    torch.testing.assert_close(few.values, (U.T @ all_of_them @ U).diagonal(), rtol=0.1, atol=0)


def test_a_few_rows_tell_only_that_nothing_is_solved(monkeypatch) -> None:
    monkeypatch.setattr(ekfac, "CHECK_ROWS", 20)
    for damping in (1.0, 1e-6):
        fisher = sequence_fisher("transformer", damping=damping, ridge=0.0)
        c = block(fisher.p)
        found = EKFAC().prepare(fisher).solve(c)
        left = (fisher.dense() @ found.value - c).norm(dim=0) / c.norm(dim=0)
        assert found.status is Status.MAX_STEPS
        if damping == 1.0:
            assert found.stats["residual"] == pytest.approx(float(left.max()))
        else:
            assert found.stats["residual"] > 1
            assert float(left.max()) > ekfac.GOOD


def test_the_same_is_measured_if_nothing_may_be_kept(monkeypatch) -> None:
    monkeypatch.setattr(ekfac, "ROWS_AT_ONCE", 7)
    monkeypatch.setattr(ekfac, "BASIS_ROWS", 20)
    fisher = sequence_fisher("transformer")
    kept = EKFACPreconditioner(fisher, None)
    for blocks in (0, 1):
        room = iter([True] * blocks)
        monkeypatch.setattr(ekfac, "fits", lambda *_, room=room: next(room, False))
        torch.testing.assert_close(EKFACPreconditioner(fisher, None).values, kept.values)


def test_one_layer_of_one_output_is_factored_exactly() -> None:
    problem = Case("logistic", "bernoulli", "linear", intercept=False).make(seed=1)
    fisher = Fisher(problem.objective, problem.theta, damping=0.1)
    found = EKFAC().prepare(fisher).solve(block(fisher.p))
    assert found.status is Status.CONVERGED
    assert found.stats["residual"] < 1e-12


def test_by_itself_it_reports_its_residual_and_refines_to_a_tolerance() -> None:
    fisher = sequence_fisher("transformer")
    c = block(fisher.p)
    alone = EKFAC().prepare(fisher).solve(c)
    left = (fisher.dense() @ alone.value - c).norm(dim=0) / c.norm(dim=0)
    assert alone.stats["residual"] == pytest.approx(float(left.max()))
    assert alone.status is Status.MAX_STEPS
    assert "Set EKFAC's tolerance" in alone.advice
    refined = EKFAC(1e-10).prepare(fisher).solve(c)
    assert refined.status is Status.CONVERGED
    torch.testing.assert_close(refined.value, torch.linalg.solve(fisher.dense(), c))


def test_a_hessian_is_preconditioned_by_its_fisher_part() -> None:
    problem = Case("MLP", "bernoulli", "mlp", ridge=0.1).make(seed=1)
    hessian = Hessian(problem.objective, problem.theta, damping=1.0)
    found = EKFAC(1e-10).prepare(hessian).solve(block(hessian.p))
    np.testing.assert_allclose(
        found.value, np.linalg.solve(hessian.dense(), block(hessian.p)), atol=1e-8
    )


def test_a_module_whose_layers_are_not_known_is_refused() -> None:
    objective = ax.Objective(
        Sliced().double(), "categorical", ax.Ridge(0.1), rows(8), torch.arange(8) % 3
    )
    fisher = Fisher(objective, objective.vector(objective.model.initial(0)))
    with pytest.raises(ax.InvalidChoice, match="EK-FAC supports only networks"):
        EKFAC().prepare(fisher)


def test_it_names_the_layers_of_each_approximation(monkeypatch) -> None:
    fisher = sequence_fisher("partly known", damping=1e-4, ridge=0.0)
    found = EKFAC().prepare(fisher).solve(block(fisher.p))
    kinds = {
        "full eigenbasis": ["see.weight", "see.bias"],
        "Kronecker-factored": ["head.weight", "head.bias"],
    }
    assert found.stats["layers"] == kinds
    monkeypatch.setattr(kronecker, "DENSE", 5)
    found = EKFAC().prepare(fisher).solve(block(fisher.p))
    assert found.stats["layers"]["diagonal"] == ["see.weight"]
    assert found.advice.endswith("Only the diagonal is used of: see.weight.")


def test_curvlinops_agrees_on_a_layer_by_itself() -> None:
    """With one layer and Gaussian outputs the Kronecker product is the Fisher: both are exact."""
    curvlinops = pytest.importorskip("curvlinops")
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(5, 3, bias=False)).double()
    X, y = torch.randn(30, 5, dtype=torch.float64), torch.randn(30, 3, dtype=torch.float64)
    objective = ax.Objective(net, "gaussian", None, X, y)
    fisher = Fisher(objective, objective.vector(objective.model.initial(0)), damping=0.1)
    made = EKFACPreconditioner(fisher, None)
    W = made.factor(torch.eye(15, dtype=torch.float64))
    theirs = curvlinops.EKFACLinearOperator(
        net, nn.MSELoss(reduction="sum"), list(net.parameters()), [(X, y)], fisher_type="type-2",
        check_deterministic=False,
    )  # fmt: skip
    matrix = (theirs @ torch.eye(15, dtype=torch.float64)).detach() / 60
    wanted = matrix + 0.1 * torch.eye(15, dtype=torch.float64)
    torch.testing.assert_close(torch.linalg.inv(W @ W.T), wanted, rtol=1e-8, atol=1e-9)


class Viewer(nn.Module):
    """A convolutional net whose biases are not penalised; a shift of all its outputs changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.see, self.head = nn.Conv2d(1, 6, 3), nn.Linear(6 * 36, 10)

    def forward(self, images: Tensor) -> Tensor:
        return self.head(torch.tanh(self.see(images)).flatten(1))


@pytest.mark.parametrize("strength", [1e-2, 1e-4])
def test_parameters_without_a_penalty_do_not_spoil_single_precision(strength: float) -> None:
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(200, 1, 8, 8, generator=generator)
    y = torch.randint(10, (200,), generator=generator)
    found = []
    for dtype in (torch.float32, torch.float64):
        torch.manual_seed(0)
        module = Viewer().to(dtype)
        objective = ax.Objective(module, "categorical", ax.Ridge(strength), images.to(dtype), y)
        fisher = Fisher(objective, objective.vector(objective.model.initial(0)))
        rhs = fisher.point.gradient() - fisher.point.objective.penalty_gradient(fisher.point.theta)
        found.append(BlockConjugateGradient(preconditioner=Nystroem()).prepare(fisher).solve(rhs))
    assert [one.status for one in found] == [Status.CONVERGED] * 2
    single, double = (fisher @ one.value.double() for one in found)
    torch.testing.assert_close(single, double, rtol=0, atol=1e-4 * float(double.abs().max()))


def test_a_flat_fisher_is_not_told_to_use_the_fisher() -> None:
    objective = ax.Objective(ax.LinearMap(2), "gaussian", None, np.zeros((5, 2)), np.zeros(5))
    fisher = Fisher(objective, torch.zeros(objective.p, dtype=torch.float64))
    found = BlockConjugateGradient().prepare(fisher).solve(block(fisher.p, 1))
    assert found.status is Status.DIVERGED
    assert "singular up to rounding; raise the damping, or use float64" in found.advice
