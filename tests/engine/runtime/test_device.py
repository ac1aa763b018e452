"""Computation on a device other than the CPU: the same results, and no tensor on the wrong device.

The device is pretended (:mod:`tests.helpers.pretend_device`); ``benchmarks/devices.py`` compares real ones.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import afif_explorer as ax
from afif_explorer.engine.curvature.operators import Curvature
from afif_explorer.engine.curvature.spectrum import Spectrum, bounds
from afif_explorer.engine.influence.methods import SOLVERS, Method
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.runtime import device
from afif_explorer.engine.solvers.base import Solver
from afif_explorer.engine.training.fit import minimise
from tests.analysis.test_checkpoints import NUMBERS, TOKENS, TwoInputs, Y
from tests.engine.jacobians.test_traced import LENGTH, VOCABULARY, Transformer
from tests.helpers.cases import CASES, KINKED, Case
from tests.helpers.pretend_device import There, pretended

pytestmark = pytest.mark.filterwarnings("ignore::afif_explorer.errors.NotConverged")

Answer = Callable[[Objective, Tensor], list[Tensor]]
DAMPING = 0.3

PRECONDITIONED = {
    "preconditioned by Nystroem": ax.BlockConjugateGradient(preconditioner=ax.Nystroem(5)),
    "preconditioned by EK-FAC": ax.BlockConjugateGradient(preconditioner=ax.EKFAC()),
    "preconditioned by landmarks": ax.BlockConjugateGradient(preconditioner=ax.Landmarks(10)),
}
KINDS = (ax.InfinitesimalJackknife, ax.EmpiricalFisherInfluence, ax.NewtonStep)


def directions(objective: Objective) -> Tensor:
    """Three right-hand sides, ``[p, 3]``."""
    draw = np.random.default_rng(1).normal(size=(objective.p, 3))
    return torch.as_tensor(draw).to(objective.device, objective.dtype)


def by(method: Method) -> Answer:
    def answer(objective: Objective, theta: Tensor) -> list[Tensor]:
        influence = method.prepare(objective, theta)
        kept = (torch.arange(objective.n, device=objective.device) > 3).to(objective.dtype)
        return [
            influence.effects(directions(objective)),
            influence.parameters(kept),
            influence.leverage(),
            influence.self_influence(),
        ]

    return answer


def with_solver(solver: Solver) -> Answer:
    return by(ax.AFIF(solver=solver, damping=DAMPING))


def spectra(objective: Objective, theta: Tensor) -> list[Tensor]:
    curvature: Curvature = ax.Fisher(objective, theta, damping=DAMPING)
    spectrum, rhs = Spectrum.full(curvature), directions(objective)
    found = bounds(curvature)
    return [
        spectrum.solve(rhs),
        spectrum.lissa(rhs, scale=2 * found.largest, depth=20),
        Spectrum.lanczos(curvature, rhs[:, 0], 5).solve(rhs[:, :1]),
    ]


ANSWERS: dict[str, Answer] = {
    **{name: with_solver(solver()) for name, solver in SOLVERS.items()},
    **{name: with_solver(solver) for name, solver in PRECONDITIONED.items()},
    **{kind.__name__: by(kind(damping=DAMPING)) for kind in KINDS},
    "spectra": spectra,
}


def there(objective: Objective, device: torch.device) -> Objective:
    """The same objective on ``device``."""
    X, y = objective.X.to(device), objective.y.to(device)
    return Objective(objective.model, objective.loss, objective.penalty, X, y)


def as_numbers(value: Any) -> np.ndarray:
    return np.asarray(value.cpu() if isinstance(value, Tensor) else value, dtype=float)


def assert_alike(answer: Answer, objective: Objective, theta: Tensor) -> None:
    """The same answers here and there, or the same refusal."""
    try:
        expected = answer(objective, theta)
    except ax.AfifError as error:
        with pytest.raises(type(error)), pretended() as device:
            answer(there(objective, device), theta.to(device))
        return
    with pretended() as device:
        found = answer(there(objective, device), theta.to(device))
        assert all(isinstance(value, There) for value in found)
        for value, wanted in zip(found, expected, strict=True):
            np.testing.assert_allclose(
                as_numbers(value), wanted, rtol=1e-8, atol=1e-8 * float(wanted.abs().max())
            )


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_method_and_solver_answers_alike(case: Case, name: str) -> None:
    problem = case.make()
    assert_alike(ANSWERS[name], problem.objective, problem.theta)


@pytest.mark.parametrize("kind", [ax.AFIF, *KINDS])
@pytest.mark.parametrize("case", KINKED, ids=lambda case: case.name)
def test_every_proximal_step_answers_alike(case: Case, kind: type[Method]) -> None:
    problem = case.make()
    assert_alike(by(kind(damping=DAMPING)), problem.objective, problem.theta)


@pytest.mark.parametrize("name", ["auto", "ekfac", "lissa", "spectra"])
def test_a_transformer_answers_alike(name: str) -> None:
    torch.manual_seed(0)
    X = torch.randint(0, VOCABULARY, (20, LENGTH))
    y = torch.arange(20) % 2
    model = ax.ModuleModel(Transformer().double(), X[:2])
    objective = Objective(model, "categorical", ax.Ridge(0.1), X, y)
    assert_alike(ANSWERS[name], objective, model.initial(0))


@pytest.mark.parametrize("name", ["auto", "ekfac"])
def test_several_inputs_answer_alike(name: str) -> None:
    torch.manual_seed(0)
    X = {"input_ids": TOKENS[:20], "numbers": NUMBERS[:20], "mask": TOKENS[:20] > 2}
    model = ax.ModuleModel(TwoInputs().double(), X)
    objective = Objective(model, "categorical", ax.Ridge(0.1), X, Y[:20])
    assert_alike(ANSWERS[name], objective, model.initial(0))


FITTED = ("logistic", "softmax", "MLP of three classes", "module of counts", "softmax with groups")
TARGETS = (ax.MeanLoss("test"), ax.PointLoss("test", 0), ax.Prediction("test", 1))
ROWS = [1, 4, 7]

PUBLIC: dict[str, Callable[[Any], Any]] = {
    "fit": lambda fit: fit.theta,
    "predict": lambda fit: fit.predict(np.zeros((3, 4))),
    "negative_curvature": lambda fit: fit.negative_curvature or 0.0,
    "attribute": lambda fit: ax.attribute(fit, TARGETS),
    "attribute, second order": lambda fit: ax.attribute(fit, TARGETS, order=2),
    "unlearn": lambda fit: ax.unlearn(fit, ROWS, method=ax.NewtonStep()).theta,
    "unlearn in turn": lambda fit: ax.Unlearner(fit).remove(ROWS).theta,
    "certified_unlearn": lambda fit: ax.certified_unlearn(fit, ROWS, 1.0, 1e-3, seed=0).theta,
    "retrain": lambda fit: ax.retrain(fit, ROWS).theta,
    "retrain_each": lambda fit: ax.retrain_each(fit, ROWS, TARGETS).effects,
    "bregman_response": lambda fit: ax.bregman_response(fit, ROWS).theta,
    "bregman_response_each": lambda fit: ax.bregman_response_each(fit, ROWS, TARGETS).effects,
    "cross_validate": lambda fit: ax.cross_validate(fit).losses,
    "cross_validate, folds": lambda fit: ax.cross_validate(fit, folds=5).losses,
    "cross_validation_path": lambda fit: ax.cross_validation_path(fit, [0.01, 0.1]).losses,
    "dfbetas": ax.dfbetas,
    "dffits": ax.dffits,
    "diagnostics": ax.diagnostics,
}

COMPOSED: dict[str, Callable[[Any], Any]] = {  # of what is in PUBLIC, so that two cases are enough
    "psis": lambda fit: ax.psis(fit, draws=100).losses,
    "flip, decisions": lambda fit: ax.flip(fit, refitted=1).counts,
    "flip, target": lambda fit: ax.flip(fit, ax.Coefficient(0), most=1).rows,
    "rstudent": ax.rstudent,
    "check": lambda fit: [one.level == "ok" for one in ax.check(fit)],
}


@cache
def fitted(case: Case, device: torch.device | None) -> Any:
    objective = case.make().objective
    test = (np.random.default_rng(3).normal(size=(12, 4)), objective.y[:12].numpy())
    return ax.fit_objective(there(objective, device) if device else objective, test=test)


@pytest.mark.parametrize("name", PUBLIC)
@pytest.mark.parametrize(
    "case", [case for case in CASES + KINKED if case.name in FITTED], ids=lambda case: case.name
)
def test_what_people_call_answers_alike(case: Case, name: str) -> None:
    assert_public_alike(PUBLIC[name], case)


@pytest.mark.parametrize("name", COMPOSED)
@pytest.mark.parametrize("case", CASES[3:5], ids=lambda case: case.name)
def test_what_is_composed_of_it_answers_alike(case: Case, name: str) -> None:
    assert_public_alike(COMPOSED[name], case)


def assert_public_alike(ask: Callable[[Any], Any], case: Case) -> None:
    """The same answer for a fit here and there, or the same refusal."""
    try:
        expected = as_numbers(ask(fitted(case, None)))
    except ax.AfifError as error:
        with pytest.raises(type(error)), pretended() as device:
            ask(fitted(case, device))
        return
    with pretended() as device:
        found = as_numbers(ask(fitted(case, device)))
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)


def test_in_single_precision_it_is_the_same_to_its_rounding() -> None:
    problem = CASES[3].make()
    objective, theta = problem.objective, minimise(problem.objective).theta
    expected = ax.AFIF().prepare(objective, theta).effects(directions(objective))
    with pretended() as device:
        single = Objective(
            objective.model,
            objective.loss,
            objective.penalty,
            objective.X.float().to(device),
            objective.y.float().to(device),
        )
        influence = ax.AFIF().prepare(single, theta.float().to(device))
        found = influence.effects(directions(single)).cpu()
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found, expected, atol=1e-4 * float(expected.abs().max()))


def test_the_pretended_device_has_the_rules_of_a_gpu() -> None:
    """What would fail on a GPU fails on it."""
    here = torch.ones(3)
    with pretended() as device:
        far = here.to(device)
        assert float((far + 1.0).sum()) == 6.0
        np.testing.assert_array_equal((far * torch.eye(3, device=device)).cpu(), np.eye(3))
        np.testing.assert_array_equal(far[torch.tensor([0, 1])].cpu(), np.ones(2))
        for mistake in (
            lambda: far + here,
            lambda: far @ torch.eye(3),
            lambda: here * far.sum(),
            lambda: here[torch.tensor([0], device=device)],
            lambda: torch.cat([far, here]),
            lambda: torch.randn(3, device=device, generator=torch.Generator()),
        ):
            with pytest.raises(RuntimeError, match="CPU"):
                mistake()
        with pytest.raises((RuntimeError, TypeError)):
            np.asarray(far)


def test_arrays_go_where_they_are_asked_to_and_tensors_stay(monkeypatch) -> None:
    X, y = np.random.default_rng(0).normal(size=(30, 2)), np.arange(30) % 2

    def objective(rows: Any) -> Objective:
        return Objective(ax.LinearMap(2), "bernoulli", None, rows, y)

    assert objective(X).device.type == "cpu"
    with pretended() as there, ax.use_device(there) as chosen:
        assert chosen.device == there == objective(X).device == objective(X).y.device
        assert objective(torch.as_tensor(X)).device.type == "cpu"
        with ax.use_device("cpu"):
            assert objective(X).device.type == "cpu"
        assert objective(X).device == there
        monkeypatch.setenv(device.VARIABLE, " CPU ")
        with ax.use_device(None):
            assert objective(X).device.type == "cpu"
            monkeypatch.setenv(device.VARIABLE, str(there))
            assert objective(X).device == there
    monkeypatch.delenv(device.VARIABLE)
    assert device.setting() == device.AUTOMATIC


def test_without_a_wish_a_gpu_gets_what_is_worth_it(monkeypatch) -> None:
    monkeypatch.delenv(device.VARIABLE, raising=False)
    large = device.SMALL + 1
    assert device.device_for(large).type == "cpu"
    assert device.devices() == [device.CPU]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "Some GPU")
    assert device.device_for(large).type == "cuda"
    assert device.device_for(device.SMALL).type == "cpu"
    assert [device.described(one) for one in device.devices()] == [
        "the CPU",
        "the GPU (Some GPU)",
    ]
    with ax.use_device("cpu"):
        assert device.device_for(large).type == "cpu"


@pytest.mark.parametrize("wrong", ["cuda:99", "abacus", "meta", 3.5, ""])
def test_a_device_that_is_none_is_refused(wrong: Any, monkeypatch) -> None:
    with pytest.raises(ax.InvalidChoice, match="choose 'cpu', or leave it unset"):
        ax.use_device(wrong)
    assert device.setting() == device.AUTOMATIC
    monkeypatch.setenv(device.VARIABLE, str(wrong) or "abacus")
    with pytest.raises(ax.InvalidChoice, match="choose 'cpu', or leave it unset"):
        device.setting()
