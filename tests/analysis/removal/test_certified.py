"""Certified unlearning: the bound holds in every trial, and the noise follows the formula."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.stats import norm

import afif_explorer as ax
from afif_explorer.analysis.removal.certified import exact_delta
from afif_explorer.engine.influence.certificate import FAMILIES
from afif_explorer.engine.models.model import LinearMap
from afif_explorer.engine.problem.losses import LOSSES


def synthetic(
    loss: str, k: int = 1, n: int = 4000, strength: float = 0.3, intercept: bool = False
) -> ax.Fit:
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
    model = LinearMap(4, k, intercept=intercept)
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
            truth = ax.retrain(fit, fit.ids[rows])
            for method in METHODS:
                found = ax.certified_unlearn(fit, fit.ids[rows], 0.5, 1e-5, method)
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
    plain = ax.AFIF(leverage_correction=False)
    np.testing.assert_allclose(found.theta_exact, ax.unlearn(fit, range(7), plain).theta)
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
        (ax.AFIF(leverage_correction=True), "without leverage correction"),
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


@pytest.mark.parametrize(
    ("intercept", "strength", "count", "max_sigma"),
    [(True, 1e-3, 100, None), (False, 0.05, 30, 0.01)],
    ids=["no bound", "too much noise"],
)
def test_a_refusal_says_which_strength_and_how_many_rows_would_do(
    intercept: bool, strength: float, count: int, max_sigma: float | None
) -> None:
    weak = synthetic("bernoulli", strength=strength, intercept=intercept)
    call = {"epsilon": 1.0, "delta": 1e-5, "max_sigma": max_sigma}
    with pytest.raises(ax.InvalidChoice) as refused:
        ax.certified_unlearn(weak, range(count), **call)
    words = rf"at most (\d+) rows.*Ridge\((.*?)\), with which these {count} can"
    found = re.search(words, str(refused.value))
    assert found, refused.value
    most, enough = int(found[1]), float(found[2])
    assert 0 < most < count
    ax.certified_unlearn(weak, range(most), **call)
    with pytest.raises(ax.InvalidChoice, match=f"Remove at most {most} rows"):
        ax.certified_unlearn(weak, range(most + 1), **call)
    strong = synthetic("bernoulli", strength=enough, intercept=intercept)
    assert ax.certified_unlearn(strong, range(count), **call).sigma <= (max_sigma or math.inf)


def test_the_capacity_is_the_largest_number_of_rows_that_the_noise_hides() -> None:
    fit = synthetic("bernoulli")
    found = ax.certified_unlearn(fit, range(7), 0.5, 1e-5)
    assert found.capacity() == 7
    most = found.capacity(1e-3)
    assert ax.certified_unlearn(fit, range(most), 0.5, 1e-5).sigma <= 1e-3
    assert ax.certified_unlearn(fit, range(most + 1), 0.5, 1e-5).sigma > 1e-3
    assert found.capacity(1e-12) == 0


def test_the_audit_compares_with_a_refit() -> None:
    fit = synthetic("bernoulli")
    found = ax.certified_unlearn(fit, range(20), 0.5, 1e-5)
    audit = found.audit()
    truth = ax.retrain(fit, range(20)).theta
    assert audit.distance == pytest.approx(np.linalg.norm(found.theta_exact - truth))
    assert 0 < audit.distance < audit.gamma == found.gamma
    assert audit.holds
    assert audit.exact_delta < audit.delta == 1e-5


@pytest.mark.parametrize(("distance", "sigma", "epsilon"), [(1.0, 1.0, 0.5), (0.3, 1.0, 0.1)])
def test_the_exact_delta_is_the_integral_of_the_excess(
    distance: float, sigma: float, epsilon: float
) -> None:
    def excess(x: float) -> float:
        after = math.exp(epsilon) * norm.pdf(x, 0, sigma)
        return max(0.0, float(norm.pdf(x, distance, sigma)) - float(after))

    wanted, _ = quad(excess, -12 * sigma, 12 * sigma, limit=400)
    assert exact_delta(distance, sigma, epsilon) == pytest.approx(wanted, rel=1e-5)
    assert exact_delta(0.0, sigma, epsilon) == 0
