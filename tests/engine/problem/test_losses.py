"""Losses against automatic differentiation, scipy's densities and enumerated expectations."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
import torch
from torch.func import grad, hessian, vmap

from afif_explorer.engine.problem.losses import (
    LOSSES,
    Bernoulli,
    Categorical,
    Gaussian,
    Loss,
    Poisson,
)
from afif_explorer.errors import DataError
from tests.helpers.cases import CASES, Case

ONE_OF_EACH = [case for case in CASES if case.kind == "linear" and case.intercept]


def rows_of(case: Case):
    problem = case.make(seed=3)
    f = problem.outputs(problem.theta, problem.objective.X)
    return problem.objective.loss, f, problem.objective.y, problem.nll


@pytest.mark.parametrize("case", ONE_OF_EACH, ids=lambda case: case.name)
def test_value_residual_and_variance_are_the_loss_and_its_derivatives(case: Case) -> None:
    loss, f, y, nll = rows_of(case)
    u = torch.randn(*f.shape, 2, dtype=f.dtype, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(loss.value(f, y), vmap(nll)(f, y), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(loss.residual(f, y), vmap(grad(nll))(f, y), rtol=1e-12, atol=1e-12)
    blocks = vmap(hessian(nll))(f, y)
    torch.testing.assert_close(loss.variance(f, u), blocks @ u, rtol=1e-10, atol=1e-12)
    root = loss.root(f)
    torch.testing.assert_close(root @ root.transpose(1, 2), blocks, rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(Loss.root(loss, f) @ Loss.root(loss, f).transpose(1, 2), blocks)


@pytest.mark.parametrize("case", ONE_OF_EACH, ids=lambda case: case.name)
def test_several_parameter_vectors_abreast_give_the_same_as_one_by_one(case: Case) -> None:
    loss, f, y, _ = rows_of(case)
    abreast = torch.stack([f, 2 * f, -f], dim=2)
    for column in range(3):
        alone = abreast[:, :, column]
        torch.testing.assert_close(loss.value(abreast, y)[:, column], loss.value(alone, y))
        torch.testing.assert_close(loss.residual(abreast, y)[:, :, column], loss.residual(alone, y))
        torch.testing.assert_close(loss.mean(abreast)[:, :, column], loss.mean(alone))


F = np.linspace(-3, 3, 13)


@pytest.mark.parametrize(
    ("loss", "y", "density", "mean"),
    [
        (Bernoulli(), 1.0, lambda f, y: scipy.stats.bernoulli(1 / (1 + np.exp(-f))).logpmf(y),
         lambda f: 1 / (1 + np.exp(-f))),
        (Poisson(), 3.0, lambda f, y: scipy.stats.poisson(np.exp(f)).logpmf(y), np.exp),
        (Gaussian(), 0.4, lambda f, y: scipy.stats.norm(f, 1).logpdf(y) + 0.5 * np.log(2 * np.pi),
         lambda f: f),
    ],
    ids=["Bernoulli", "Poisson", "Gaussian"],
)  # fmt: skip
def test_scipy_knows_the_same_density_and_mean(loss, y, density, mean) -> None:
    f, targets = torch.as_tensor(F)[:, None], torch.full((len(F),), y, dtype=torch.float64)
    np.testing.assert_allclose(loss.value(f, targets), -density(F, y), rtol=1e-12)
    np.testing.assert_allclose(loss.mean(f)[:, 0], mean(F), rtol=1e-12)


@pytest.mark.parametrize("name", ["bernoulli", "categorical", "poisson"])
def test_variance_is_the_expected_outer_product_of_residuals(name: str) -> None:
    """The definition of the Fisher information: an expectation over labels drawn from the model."""
    loss, k = LOSSES[name](), 3 if name == "categorical" else 1
    f = torch.randn(5, k, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    labels = torch.arange({"bernoulli": 2, "categorical": 3, "poisson": 80}[name])
    expected = torch.zeros(5, k, k, dtype=torch.float64)
    for label in labels:
        y = label.expand(5)
        chance = torch.exp(-loss.value(f, y))
        residual = loss.residual(f, y)
        expected += chance[:, None, None] * residual[:, :, None] * residual[:, None, :]
    eye = torch.eye(k, dtype=torch.float64).expand(5, -1, -1)
    torch.testing.assert_close(loss.variance(f, eye), expected, rtol=1e-12, atol=1e-14)


def test_extreme_outputs_stay_finite() -> None:
    far = torch.tensor([[-800.0], [800.0]], dtype=torch.float64)
    y = torch.tensor([0.0, 1.0])
    for part in (Bernoulli().value(far, y), Bernoulli().residual(far, y), Bernoulli().root(far)):
        assert torch.isfinite(part).all()
    logits = torch.tensor([[900.0, -900.0, 0.0]], dtype=torch.float64)
    for part in (Categorical().value(logits, torch.tensor([1])), Categorical().root(logits)):
        assert torch.isfinite(part).all()


@pytest.mark.parametrize("y", [[0, 1, 1], [0.0, 1.0, 1.0], np.array([0, 1, 1], dtype=np.int8)])
def test_whole_number_targets_are_as_good_as_floats(y) -> None:
    f = torch.tensor([[0.3], [-1.0], [2.0]], dtype=torch.float64)
    wanted = Bernoulli().residual(f, torch.tensor([0.0, 1.0, 1.0]))
    torch.testing.assert_close(Bernoulli().residual(f, torch.as_tensor(y)), wanted)
    Poisson().check(torch.as_tensor(y))
    assert Poisson().value(f, torch.as_tensor(y)).dtype == torch.float64


@pytest.mark.parametrize(
    ("loss", "y", "words"),
    [
        (Bernoulli(), [0.0, 0.5], "0 or 1"),
        (Poisson(), [1.0, -1.0], "counts"),
        (Poisson(), [1.0, 0.5], "counts"),
        (Categorical(), [0, -1], "Class numbers"),
        (Categorical(), [0.0, 1.5], "Class numbers"),
        (Gaussian(), [0.0, np.nan], "finite"),
        (Gaussian(), [0.0, np.inf], "finite"),
    ],
)
def test_targets_that_a_family_cannot_produce_are_refused(loss, y, words) -> None:
    with pytest.raises(DataError, match=words):
        loss.check(torch.as_tensor(y))
