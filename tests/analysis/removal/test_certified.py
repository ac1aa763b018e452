"""Certified unlearning: the bound holds in every trial, and the noise follows the formula."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

import afif_explorer as ax
from afif_explorer.engine.influence.certificate import FAMILIES
from afif_explorer.engine.problem.losses import LOSSES
from afif_explorer.engine.problem.models import LinearMap


def synthetic(loss: str, k: int = 1, n: int = 4000, strength: float = 0.3) -> ax.Fit:
    """Rows of norm 1 at most and a ridge on every parameter: all constants are known beforehand."""
    draw = np.random.default_rng(0)
    X = draw.normal(size=(n, 4))
    X /= np.maximum(1, np.linalg.norm(X, axis=1, keepdims=True))
    score = 3 * X @ draw.normal(size=(4, k))
    y = {
        "gaussian": lambda: score[:, 0] + draw.normal(size=n),
        "bernoulli": lambda: (draw.logistic(size=n) < score[:, 0]).astype(float),
        "categorical": lambda: (score + draw.gumbel(size=score.shape)).argmax(1),
    }[loss]()
    model = LinearMap(4, k, intercept=False)
    return ax.fit_objective(ax.Objective(model, loss, ax.Ridge(strength), X, y))


FITS = {
    "synthetic least squares": lambda: synthetic("gaussian"),
    "synthetic logistic": lambda: synthetic("bernoulli"),
    "synthetic softmax": lambda: synthetic("categorical", 3),
    "hiring": lambda: ax.fit(ax.load_dataset("hiring"), penalty=ax.Ridge(1.0)),
    "insurance": lambda: ax.fit(ax.load_dataset("insurance"), penalty=ax.Ridge(0.1)),
}
METHODS = (ax.AFIF(), ax.InfinitesimalJackknife(damping=0.01), ax.NewtonStep())


@pytest.mark.parametrize("name", FITS)
def test_the_refit_is_within_the_bound_on_every_trial(data_home, name: str) -> None:
    fit, draw = FITS[name](), np.random.default_rng(1)
    worst = np.argsort(-fit.objective.at(fit.parameters).losses().numpy())
    for count in (1, 5):
        for rows in (*(draw.choice(fit.n, count, replace=False) for _ in range(4)), worst[:count]):
            truth = ax.retrain(fit, rows)
            for method in METHODS:
                found = ax.certified_unlearn(fit, rows, 0.5, 1e-5, method)
                error = np.linalg.norm(found.theta_exact - truth.theta)
                unsure = truth.gradient_norm / found.certificate.strong_convexity
                assert error <= found.gamma + unsure


def test_the_formulas_are_reproduced() -> None:
    fit = synthetic("bernoulli")
    found = ax.certified_unlearn(fit, range(7), 0.5, 1e-5, row_bound=1.0, seed=0)
    c = found.certificate
    assert c.measured == ()  # nothing about the rows is given away
    assert (c.row_norm, c.gradient, c.curvature, c.strong_convexity) == (1.0, 1.0, 0.25, 0.3)
    assert c.hessian_lipschitz == pytest.approx(1 / (6 * math.sqrt(3)))
    way = (7 / 4000 + fit.gradient_norm) / 0.3
    gamma = way / 0.3 * (c.hessian_lipschitz * way / 2 + 7 * 0.25 / 4000) + fit.gradient_norm / 0.3
    assert found.gamma == pytest.approx(gamma, rel=1e-12)
    assert found.sigma == pytest.approx(gamma / 0.5 * math.sqrt(2 * math.log(1.25e5)))
    np.testing.assert_allclose(found.theta_exact, ax.unlearn(fit, range(7)).theta)
    noise = np.concatenate(
        [
            ax.certified_unlearn(fit, range(7), 0.5, 1e-5, row_bound=1.0, seed=seed).theta
            - found.theta_exact
            for seed in range(200)
        ]
    )
    assert noise.std() == pytest.approx(found.sigma, rel=0.1)
    fresh = [ax.certified_unlearn(fit, [0], 1, 1e-5).theta for _ in range(2)]
    assert not np.array_equal(*fresh)


def test_what_was_measured_on_the_rows_is_named(data_home) -> None:
    found = ax.certified_unlearn(FITS["insurance"](), [0], 1, 1e-5)
    assert set(found.certificate.measured) == {
        "row_norm",
        "gradient",
        "strong_convexity",
        "step_curvature",
    }


@pytest.mark.parametrize("name", ["gaussian", "bernoulli", "categorical"])
def test_the_constants_bound_the_derivatives_of_the_family(name: str) -> None:
    loss, k = LOSSES[name](), 3 if name == "categorical" else 1
    family = FAMILIES[type(loss)]
    generator = torch.Generator().manual_seed(0)
    f = 3 * torch.randn(3000, k, dtype=torch.float64, generator=generator)
    u = torch.nn.functional.normalize(torch.randn(f.shape, dtype=f.dtype, generator=generator))

    def hvp(f: torch.Tensor) -> torch.Tensor:
        return (u * loss.variance(f, u[:, :, None])[:, :, 0]).sum(1)

    second = hvp(f)
    third = torch.func.jvp(hvp, (f,), (u,))[1].abs()
    assert float(second.max()) <= family.second
    assert float(third.max()) <= family.third
    assert bool((third <= family.relative * second + 1e-12).all())
    if name != "gaussian":  # and they are not far off
        assert float(second.max()) > 0.9 * family.second
        assert float(third.max()) > 0.8 * family.third


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"model": "mlp"}, "linear in its parameters"),
        ({"penalty": ax.Lasso(0.01)}, "a smooth penalty"),
        ({"penalty": None}, "intercept is not penalised"),
    ],
    ids=["network", "kinks", "no curvature"],
)
def test_fits_without_a_bound_are_refused(choices: dict, words: str) -> None:
    fit = ax.fit(ax.load_dataset("hiring"), hidden=(2,), **choices)
    with pytest.raises(ax.InvalidChoice, match=words):
        ax.certified_unlearn(fit, [0], 1, 1e-5, ax.AFIF(damping=0.1))


def test_counts_and_choices_that_the_bound_does_not_cover_are_refused() -> None:
    X = np.random.default_rng(0).normal(size=(50, 2))
    counts = ax.Objective(LinearMap(2), "poisson", ax.Ridge(1.0), X, np.ones(50))
    with pytest.raises(ax.InvalidChoice, match="Poisson loss has no bound"):
        ax.certified_unlearn(ax.fit_objective(counts), [0], 1, 1e-5)
    fit = synthetic("bernoulli")
    for method, words in (
        (ax.AFIF(rescale=True), "without rescaling"),
        (ax.EmpiricalFisherInfluence(), "AFIF"),
        (ax.AFIF(solver=ax.LiSSA()), "exact solves"),
    ):
        with pytest.raises(ax.InvalidChoice, match=words):
            ax.certified_unlearn(fit, [0], 1, 1e-5, method)
    for epsilon, delta in ((0, 0.1), (2, 0.1), (1, 0), (1, 1)):
        with pytest.raises(ax.InvalidChoice, match="epsilon"):
            ax.certified_unlearn(fit, [0], epsilon, delta)
    with pytest.raises(ax.InvalidChoice, match="row_bound"):
        ax.certified_unlearn(fit, [0], 1, 1e-5, row_bound=0.5)
