"""User-defined models, families and penalties; these tests are also short examples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import scipy.optimize
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

import afif_explorer as ax
from afif_explorer.engine.curvature.minimum import negative_curvature
from afif_explorer.engine.jacobians.layers.attention import plain_attention
from afif_explorer.engine.models.model import LinearMap
from afif_explorer.engine.models.module_model import ModuleModel
from afif_explorer.engine.problem.penalties import NonsmoothPenalty
from afif_explorer.engine.training.bregman import bregman_response

PIXELS, DIGITS = load_digits(return_X_y=True)
PIXELS = PIXELS / 16.0


class Reader(nn.Module):
    """A transformer that reads a digit as a sequence of eight rows of pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.place = nn.Linear(8, 4), nn.Parameter(torch.zeros(8, 4))
        self.layer = nn.TransformerEncoderLayer(
            4, 2, 6, dropout=0.0, activation="gelu", batch_first=True
        )
        self.head = nn.Linear(4, 10)

    def forward(self, rows: Tensor) -> Tensor:
        read = self.layer(self.embed(rows.reshape(-1, 8, 8)) + self.place)
        return self.head(read.mean(1))


class Viewer(nn.Module):
    """A convolutional net that sees a digit as a picture."""

    def __init__(self) -> None:
        super().__init__()
        self.see, self.head = nn.Conv2d(1, 3, 3, stride=2), nn.Linear(27, 10)

    def forward(self, rows: Tensor) -> Tensor:
        return self.head(torch.tanh(self.see(rows.reshape(-1, 1, 8, 8))).flatten(1))


def objective_of(kind: type[nn.Module], train: bool = True, n: int = 80) -> ax.Objective:
    torch.manual_seed(0)
    module = kind().double().train(train)
    return ax.Objective(module, "categorical", ax.Ridge(1e-3), PIXELS[:n], DIGITS[:n])


networks = pytest.mark.parametrize("kind", [Reader, Viewer])


@networks
@pytest.mark.parametrize("train", [True, False], ids=["train mode", "eval mode"])
def test_products_are_finite_differences(kind: type[nn.Module], train: bool) -> None:
    objective = objective_of(kind, train, n=30)
    theta, h = objective.vector(objective.model.initial(0)), 1e-5
    v = torch.randn(len(theta), dtype=theta.dtype, generator=torch.Generator().manual_seed(1))
    point, up, down = (objective.at(theta + s * h * v) for s in (0, 1, -1))
    close = {"rtol": 1e-5, "atol": 1e-7}
    moved = (up.outputs - down.outputs) / (2 * h)
    torch.testing.assert_close(point.linearization.jvp(v[:, None])[:, :, 0], moved, **close)
    slope = (up.value() - down.value()) / (2 * h)
    torch.testing.assert_close(point.gradient() @ v, slope, **close)
    bent = (up.gradient() - down.gradient()) / (2 * h)
    torch.testing.assert_close(ax.Hessian(objective, theta) @ v, bent, **close)


@networks
def test_a_fit_stopped_early_works_and_reports_it(kind: type[nn.Module]) -> None:
    objective = objective_of(kind)
    fit = ax.fit_objective(objective, test=(PIXELS[-200:], DIGITS[-200:]), max_steps=40)
    assert fit.steps <= 40
    assert not fit.converged
    assert fit.gradient_norm > 1e-8
    assert "Not converged" in fit.advice
    assert fit.metrics["accuracy"] > 0.2  # ten digits
    values = torch.linalg.eigvalsh(ax.Hessian(objective, fit.theta).dense())
    assert fit.negative_curvature == pytest.approx(min(0.0, float(values[0])), rel=1e-6)
    with (
        pytest.warns(ax.NotAtMinimum, match="train longer"),
        pytest.warns(ax.NegativeCurvature, match=f"{fit.negative_curvature:.2g}"),
    ):
        told = ax.unlearn(fit, [0, 1], ax.AFIF(damping=0.1), [ax.MeanLoss("test")])
    assert np.isfinite(told.theta).all()
    assert told.reach.level in ("fair", "poor")  # damped, and the Fisher is not the Hessian
    assert {ax.NotAtMinimum, ax.NegativeCurvature} <= {one.category for one in told.trust.reasons}


def test_afif_on_an_early_stopped_network_is_close_to_the_response() -> None:
    objective, target = objective_of(Viewer), ax.MeanLoss("test")
    fit = ax.fit_objective(objective, test=(PIXELS[-200:], DIGITS[-200:]), max_steps=40)
    rows = range(0, 80, 10)
    truth = ax.bregman_response_each(fit, rows, target, damping=0.1)
    assert truth.gradient_norm.max() < 1e-8
    with (
        pytest.warns(ax.NotAtMinimum, match="train longer"),
        pytest.warns(ax.NegativeCurvature, match=f"{fit.negative_curvature:.2g}"),
    ):
        effects = ax.attribute(fit, target, ax.AFIF(damping=0.1), order=2)[rows]
    assert np.corrcoef(effects, truth.effects)[0, 1] > 0.99


def test_lanczos_finds_the_curvature_that_bends_down(monkeypatch) -> None:
    objective = objective_of(Viewer, n=40)
    theta = objective.vector(objective.model.initial(0))
    exact = negative_curvature(objective, theta)
    monkeypatch.setattr("afif_explorer.engine.curvature.minimum.DENSE", 0)
    found = negative_curvature(objective, theta)
    assert exact < 0
    assert exact * 1.000001 <= found <= 0.95 * exact
    monkeypatch.setattr("afif_explorer.engine.curvature.minimum.AFFORDABLE", 0)
    assert negative_curvature(objective, theta) is None


def test_attention_is_left_as_it_was_found() -> None:
    flash, fast = torch.backends.cuda.flash_sdp_enabled, torch.backends.mha.get_fastpath_enabled
    before = flash(), fast()
    with plain_attention(), plain_attention():
        assert (flash(), fast()) == (False, False)
    assert (flash(), fast()) == before


def test_training_cannot_take_no_step() -> None:
    with pytest.raises(ax.InvalidChoice, match="max_steps must be at least 1, not 0"):
        ax.fit(ax.load_dataset("hiring"), max_steps=0)


class Binomial(ax.Loss):
    """Successes in ``trials`` with ``f`` the log-odds: ``A(f) = trials log(1 + e^f)``, ``t(y) = y``."""

    name = "binomial"

    def __init__(self, trials: int) -> None:
        self.trials = trials

    def value(self, f: Tensor, y: Tensor) -> Tensor:
        return (self.trials * nn.functional.softplus(f) - f * self._beside(y, f)).sum(1)

    def residual(self, f: Tensor, y: Tensor) -> Tensor:
        return self.mean(f) - self._beside(y, f)

    def variance(self, f: Tensor, u: Tensor) -> Tensor:
        return (self.trials * torch.sigmoid(f) * torch.sigmoid(-f))[:, :, None] * u

    def mean(self, f: Tensor) -> Tensor:
        return self.trials * torch.sigmoid(f)

    def _beside(self, y: Tensor, f: Tensor) -> Tensor:
        return y.reshape(-1, *[1] * (f.ndim - 1)).to(f.dtype)


def test_a_family_of_ones_own() -> None:
    sm = pytest.importorskip("statsmodels.api")
    draw = np.random.default_rng(0)
    X = draw.normal(size=(300, 3))
    y = draw.binomial(7, 1 / (1 + np.exp(-X @ [1.0, -0.5, 0.2]))).astype(float)
    fit = ax.fit_objective(ax.Objective(LinearMap(3), Binomial(7), None, X, y))
    design = np.column_stack([X, np.ones(300)])
    wanted = sm.GLM(np.column_stack([y, 7 - y]), design, family=sm.families.Binomial()).fit()
    np.testing.assert_allclose(fit.theta, wanted.params, rtol=1e-6)
    leverage = wanted.get_influence().hat_matrix_diag
    np.testing.assert_allclose(ax.diagnostics(fit).leverage, leverage, rtol=1e-6)
    target = ax.MeanLoss("train")
    truth = ax.retrain_each(fit, range(20), target).effects
    np.testing.assert_allclose(
        ax.attribute(fit, target, ax.AFIF(leverage_correction=True))[:20],
        truth,
        rtol=0.05,
        atol=1e-9,
    )


@dataclass(frozen=True)
class NonNegative(NonsmoothPenalty):
    """No parameter below 0: a penalty of 0 or infinity, whatever its strength."""

    def value(self, theta: Tensor) -> Tensor:
        return torch.where((theta < 0).any(0), torch.inf, 0.0).to(theta.dtype)

    def prox(self, v: Tensor, step: float) -> Tensor:
        return v.clamp(min=0)

    def active(self, theta: Tensor) -> Tensor:
        return theta > 0

    def kink_gradient(self, theta: Tensor) -> Tensor:
        return torch.zeros_like(theta)


def test_a_penalty_of_ones_own() -> None:
    """Least squares with non-negative weights is scipy's; so it is without some rows."""
    draw = np.random.default_rng(1)
    X = draw.normal(size=(80, 6))
    y = X @ [1.0, -1.0, 0.5, 0.02, -0.02, 0.3] + 0.5 * draw.normal(size=80)
    model = LinearMap(6, intercept=False)
    fit = ax.fit_objective(ax.Objective(model, "gaussian", NonNegative(1.0), X, y))
    np.testing.assert_allclose(fit.theta, scipy.optimize.nnls(X, y)[0], atol=1e-9)
    rows = [3, 17]
    found = ax.unlearn(fit, rows, ax.NewtonStep()).theta
    kept = np.delete(np.arange(80), rows)
    np.testing.assert_allclose(found, scipy.optimize.nnls(X[kept], y[kept])[0], atol=1e-9)
    assert (found == 0).any()
    still = bregman_response(fit.objective, fit.parameters, torch.ones(80, dtype=torch.float64))
    np.testing.assert_allclose(still.theta.numpy(), fit.theta, atol=1e-9)


def test_two_calls_may_differ_by_rounding_but_by_no_more() -> None:
    class Trembling(nn.Linear):
        size = 1e-14

        def forward(self, X: Tensor) -> Tensor:
            self.size = -self.size
            return super().forward(X) * (1 + self.size)

    assert ModuleModel(Trembling(3, 2), torch.ones(4, 3)).k == 2
    Trembling.size = 1e-6
    with pytest.raises(ax.InvalidChoice, match="different outputs for the same rows"):
        ModuleModel(Trembling(3, 2), torch.ones(4, 3))
