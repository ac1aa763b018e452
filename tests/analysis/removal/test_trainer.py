"""The owner's trainer is the truth: what it is called with, what it may return, and where it is used."""

from __future__ import annotations

import copy
import warnings

import numpy as np
import pytest
import torch
from torch import nn

import afif_explorer as ax
from afif_explorer.errors import InvalidChoice, NotReproduced, TrainerError

N, D = 40, 3
draw = np.random.default_rng(8)
X = draw.normal(size=(N, D))
Y = (X @ np.array([1.0, -1.0, 0.5]) + draw.normal(size=N) > 0).astype(float)
TARGET = ax.MeanLoss("test")
ROWS = [0, 7, 30]


def blank() -> nn.Module:
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(D, 2), nn.Tanh(), nn.Linear(2, 1)).double()


def trained(keep: np.ndarray, strength: float = 0.2, steps: int = 40) -> nn.Module:
    """The package's objective, minimised by PyTorch: the sum over these rows is still divided by N."""
    module, x, y = blank(), torch.tensor(X[keep]), torch.tensor(Y[keep])
    weights = [module[0].weight, module[0].bias, module[2].weight]  # all but the last intercept
    optimiser = torch.optim.LBFGS(
        module.parameters(),
        max_iter=steps,
        tolerance_grad=1e-12,
        tolerance_change=0,
        line_search_fn="strong_wolfe",
    )

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = nn.functional.binary_cross_entropy_with_logits(module(x)[:, 0], y, reduction="sum")
        total = loss / N + strength / 2 * sum(one.square().sum() for one in weights)
        total.backward()
        return total

    optimiser.step(closure)
    return module


@pytest.fixture(scope="module")
def stretched(module: nn.Module):
    """A quick trainer that ends at the fit, and with fewer rows at some other model."""

    def stretched(keep: np.ndarray) -> nn.Module:
        other = copy.deepcopy(module)
        with torch.no_grad():
            for one in other.parameters():
                one *= 1 + X[~keep].sum() / 50
        return other

    return stretched


def flat(module: nn.Module) -> np.ndarray:
    return torch.cat([one.detach().reshape(-1) for one in module.parameters()]).numpy()


def fit_of(module: nn.Module, **options) -> ax.Fit:
    return ax.from_trained(
        module, X, Y, "bernoulli", ax.Ridge(0.2), test=(X[:15], Y[:15]), **options
    )


@pytest.fixture(scope="module")
def module() -> nn.Module:
    return trained(np.ones(N, dtype=bool))


@pytest.fixture(scope="module")
def fit(module) -> ax.Fit:
    return fit_of(module, trainer=trained)


def test_the_same_objective_trained_elsewhere_gives_the_same_truth(fit, module):
    built_in = ax.retrain_each(fit_of(module), ROWS[:2], TARGET)
    own = ax.retrain_each(fit, ROWS[:2], TARGET)
    np.testing.assert_allclose(own.effects, built_in.effects, atol=1e-6)
    assert own.trained_by == "your trainer trained"
    assert built_in.trained_by == "the optimiser of afif_explorer"
    assert own.gradient_norm.max() < 1e-5


@pytest.mark.parametrize(
    "form",
    [
        lambda one: one.state_dict(),
        flat,
        lambda one: torch.tensor(flat(one), requires_grad=True),
        lambda one: {name: v.numpy() for name, v in one.state_dict().items()},
    ],
)
def test_what_a_trainer_may_return(module, stretched, form):
    found = ax.retrain(fit_of(module), ROWS, trainer=lambda keep: form(stretched(keep)))
    np.testing.assert_array_equal(found.theta, flat(stretched(~np.isin(np.arange(N), ROWS))))
    np.testing.assert_array_equal(found.start, flat(module))
    assert repr(found).startswith("<Retrained without 3 of 40 rows by your trainer <lambda>: grad")


def test_it_is_called_with_the_rows_to_keep(module):
    calls = []

    def recorded(keep: np.ndarray) -> nn.Module:
        calls.append(keep.copy())
        keep[:] = False  # its own copy
        return module

    fit = fit_of(module, trainer=recorded)
    ax.retrain(fit, [3, 5])
    ax.retrain(fit, [4])
    assert [np.flatnonzero(~keep).tolist() for keep in calls] == [[], [3, 5], [4]]
    assert all(keep.dtype == bool for keep in calls)


def held_out_loss(module: nn.Module, row: int) -> float:
    with torch.no_grad():
        f = module(torch.tensor(X[[row]]))[:, 0]
    return nn.functional.binary_cross_entropy_with_logits(f, torch.tensor(Y[[row]])).item()


def test_every_refit_is_by_it(module, stretched):
    fit = fit_of(module, trainer=stretched)
    table = ax.leave_one_out(fit, refits=3, draws=100)
    refitted = table.table["refit"].dropna()
    for row, loss in refitted.items():
        truth = held_out_loss(stretched(np.arange(N) != row), row)
        assert loss == pytest.approx(truth, abs=1e-10)
    assert "Refits are by your trainer stretched." in table.notes
    held_out = ax.cross_validate(fit, refit=True)
    truth = [held_out_loss(stretched(np.arange(N) != row), row) for row in range(N)]
    np.testing.assert_allclose(held_out.losses, truth, atol=1e-10)
    assert held_out.trained_by == "your trainer stretched"
    assert ax.cross_validate(fit).trained_by == ""
    checks = ax.check(fit, refits=4, target=TARGET)
    assert "AX501" in str(checks)


def test_refitted_folds_are_exact_for_a_built_in_fit():
    data = ax.Dataset.from_arrays(X, X[:, 0] + draw.normal(size=N), validation=0, test=0.25)
    fit = ax.fit(data)
    for folds in (None, 3):
        truth = ax.cross_validate(fit, folds=folds, refit=True)
        np.testing.assert_allclose(
            truth.losses, ax.cross_validate(fit, folds=folds).losses, atol=1e-8
        )
    assert truth.trained_by == "the optimiser of afif_explorer"


def test_a_trainer_that_ends_elsewhere_is_told_and_counts_from_there(module):
    def short(keep: np.ndarray) -> nn.Module:
        return trained(keep, steps=3)

    fit = fit_of(module)
    with pytest.warns(NotReproduced, match="trainer short does not end at the fit: .* differ by"):
        found = ax.retrain(fit, ROWS, trainer=short)
    np.testing.assert_array_equal(found.start, flat(short(np.ones(N, dtype=bool))))
    bound = TARGET.bind(fit)
    after, before = (bound.value(fit.objective.vector(one)) for one in (found.theta, found.start))
    assert found.effects(TARGET)[TARGET] == after - before
    assert not found.converged


@pytest.mark.parametrize(
    ("returned", "told"),
    [
        (lambda: None, "cannot be used: it is None; return the trained module"),
        (lambda: torch.zeros(4), r"shape \(4,\) instead of \(11,\)"),
        (lambda: np.full(11, np.nan), "not finite"),
        (lambda: nn.Linear(D, 1), "other trainable parameters"),
        (lambda: {"0.weight": torch.zeros(2, D)}, "Missing key"),
    ],
)
def test_what_else_it_returns_is_refused(module, returned, told):
    def broken(keep: np.ndarray) -> object:
        return module if keep.all() else returned()

    with pytest.raises(
        TrainerError, match=f"trainer broken returned without row 0, 7, 30 .*{told}"
    ):
        ax.retrain(fit_of(module), ROWS, trainer=broken)


def test_its_errors_name_the_rows(module):
    fit = fit_of(module)

    def fails(keep: np.ndarray) -> nn.Module:
        if not keep.all():
            raise RuntimeError("CUDA error")
        return module

    with pytest.raises(TrainerError, match="fails failed without row 0, 7, 30: RuntimeError: CUDA"):
        ax.retrain(fit, ROWS, trainer=fails)
    data = ax.Dataset.from_arrays(X, Y, validation=0, test=0.25)
    own = ax.fit(data)

    def linear(keep: np.ndarray) -> np.ndarray:
        if not keep.all():
            raise ValueError("no")
        return own.theta

    with pytest.raises(TrainerError, match=f"without row {data.train.ids[4]}: ValueError: no"):
        ax.retrain(own, data.train.ids[4:5], trainer=linear)
    with pytest.raises(InvalidChoice, match="a function of the mask"):
        ax.retrain(fit, ROWS, trainer="adam")
    with pytest.raises(InvalidChoice, match="a function of the mask"):
        fit_of(module, trainer="adam")


def test_constants_that_training_changes_are_refused():
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(D, 1).double()
            self.register_buffer("scale", torch.ones(1, dtype=torch.float64))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.layer(x) * self.scale

    one = Scaled()

    def rescaled(keep: np.ndarray) -> nn.Module:
        other = Scaled()
        other.load_state_dict(one.state_dict())
        other.scale *= 1.0 if keep.all() else 2.0
        return other

    with pytest.raises(TrainerError, match=r"buffers or frozen parameters \(scale\) differ"):
        ax.retrain(fit_of(one), ROWS, trainer=rescaled)


def test_a_linear_map_takes_a_linear_layer():
    data = ax.Dataset.from_arrays(X, Y, validation=0, test=0.25)
    fit = ax.fit(data, penalty=ax.Ridge(0.1))
    found = ax.retrain(fit, [2], trainer=lambda keep: fit.to_module())
    np.testing.assert_array_equal(found.theta, fit.theta)


def test_it_is_given_again_when_a_fit_is_loaded(module, stretched, tmp_path):
    fit = fit_of(module, trainer=stretched)
    fit.save(tmp_path / "fit")
    splits = {"train": (X, Y), "test": (X[:15], Y[:15])}
    again = ax.load_fit(tmp_path / "fit", splits, blank(), trainer=stretched)
    assert ax.retrain(again, ROWS).trained_by == "your trainer stretched"
    assert ax.load_fit(tmp_path / "fit", splits, blank()).trainer is None


def test_a_trainer_that_reproduces_the_fit_is_not_warned_of(module, stretched):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ax.retrain(fit_of(module, trainer=stretched), ROWS)
