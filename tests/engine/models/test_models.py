"""Models and objectives: valid and invalid arguments, with error messages."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import afif_explorer as ax
from afif_explorer.engine.curvature.operators import Fisher
from afif_explorer.engine.jacobians import linear as linear_map
from afif_explorer.engine.models.model import LinearMap
from afif_explorer.engine.models.module_model import MLP, ModuleModel
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.problem.penalties import Ridge
from afif_explorer.engine.training.fit import minimise
from afif_explorer.errors import DataError, InvalidChoice
from tests.helpers.cases import CASES, Gated

X = torch.randn(12, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
Y = X[:, 0]


class Mixing(nn.Module):
    """Answers of one row depend on the others."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(5, 1)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return self.layer(rows - rows.mean(0))


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (nn.Sequential(nn.Linear(5, 30), nn.Dropout(0.5), nn.Linear(30, 1)), "different outputs"),
        (nn.Sequential(nn.Dropout(1e-9), nn.Linear(5, 1)), r"0 \(Dropout\) drops units at random"),
        (
            nn.Sequential(nn.Linear(5, 3), nn.BatchNorm1d(3), nn.Linear(3, 1)),
            "depends on the other",
        ),
        (Mixing(), "depends on the other rows"),
        (nn.Linear(4, 1), r"cannot take rows of shape \(5,\)"),
        (nn.Sequential(nn.Linear(5, 1), nn.Flatten(0)), r"\[n, k\]"),
        (nn.Tanh(), "no trainable parameters"),
    ],
    ids=[
        "dropout",
        "rare dropout",
        "batch norm",
        "mixing",
        "wrong width",
        "no outputs",
        "no parameters",
    ],
)
def test_modules_that_have_no_influence_functions_are_refused(
    module: nn.Module, words: str
) -> None:
    with pytest.raises(InvalidChoice, match=words):
        ModuleModel(module.double().train(), X)


@pytest.mark.parametrize(
    "layer", [nn.Dropout(0.5), nn.BatchNorm1d(3)], ids=lambda m: type(m).__name__
)
def test_the_same_modules_are_welcome_in_eval_mode(layer: nn.Module) -> None:
    module = nn.Sequential(nn.Linear(5, 3), layer, nn.Linear(3, 1)).double().eval()
    model = ModuleModel(module, X)
    torch.testing.assert_close(model.outputs(model.initial(0), X), module(X).detach())


def test_a_module_of_single_precision_is_worked_on_in_the_precision_of_the_rows() -> None:
    torch.manual_seed(0)
    module = Gated(5, 2)
    model = ModuleModel(module, X)
    assert model.outputs(model.initial(0), X).dtype == torch.float64
    torch.testing.assert_close(
        model.outputs(model.initial(0), X).float(), module(X.float()).detach(), rtol=1e-5, atol=1e-6
    )


def test_training_does_not_touch_the_users_module() -> None:
    module = Gated(5, 1).double()
    before = [value.clone() for value in module.state_dict().values()]
    objective = Objective(ModuleModel(module, X), "gaussian", Ridge(0.1), X, Y)
    minimise(objective)
    for old, new in zip(before, module.state_dict().values(), strict=True):
        assert torch.equal(old, new)


def test_only_the_last_bias_is_free_of_the_penalty() -> None:
    assert LinearMap(5, 2).penalised.tolist() == [True] * 10 + [False] * 2
    assert LinearMap(5, 2, intercept=False).penalised.all()
    penalised = MLP(5, (3,), 2).penalised
    assert int((~penalised).sum()) == 2
    assert not penalised[-2:].any()
    headless = nn.Sequential(nn.Linear(5, 3), nn.Tanh(), nn.Linear(3, 2, bias=False)).double()
    assert ModuleModel(headless, X).penalised.all()


def test_images_and_sequences_are_rows_too() -> None:
    images = torch.randn(6, 1, 4, 4, dtype=torch.float64)
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Tanh(), nn.Flatten(), nn.Linear(8, 3)).double()
    objective = Objective(
        ModuleModel(net, images), "categorical", Ridge(0.1), images, np.array([0, 1, 2, 0, 1, 2])
    )
    fisher = Fisher(objective, objective.model.initial(0))
    eye = torch.eye(objective.p, dtype=torch.float64)
    torch.testing.assert_close(fisher @ eye, fisher.dense())


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"X": X[:0], "y": Y[:0]}, DataError, "no training rows"),
        ({"y": Y[:5]}, DataError, "12 rows but 5 targets"),
        ({"X": X.clone().fill_(np.nan)}, DataError, "not finite"),
        ({"y": Y.clone().fill_(np.inf)}, DataError, "not finite"),
        ({"loss": "hinge"}, InvalidChoice, "no loss 'hinge'"),
        ({"loss": "bernoulli"}, DataError, "0 or 1"),
        ({"model": LinearMap(7)}, DataError,  r"cannot take rows of shape \(5,\)"),
        ({"model": LinearMap(5, 3)}, InvalidChoice, "has 3"),
        ({"loss": "bernoulli", "y": (Y > 0).double(), "model": LinearMap(5, 2)}, InvalidChoice, "has 2"),
        ({"loss": "categorical", "y": torch.arange(12) % 4, "model": LinearMap(5, 3)},
         InvalidChoice, "has 3"),
        ({"y": torch.stack([Y, Y], 1)}, InvalidChoice, "has 1"),
    ],
)  # fmt: skip
def test_objectives_that_do_not_fit_together_are_refused(change, error, words) -> None:
    parts = {"model": LinearMap(5), "loss": "gaussian", "penalty": None, "X": X, "y": Y} | change
    with pytest.raises(error, match=words) as raised:
        Objective(**parts)
    assert str(raised.value).count("\n") == 0


def test_a_class_without_rows_is_no_reason_to_refuse() -> None:
    objective = Objective(LinearMap(5, 4), "categorical", Ridge(0.1), X, torch.arange(12) % 3)
    assert objective.model.k == 4


@pytest.mark.parametrize("weights", [np.ones(3), np.full(12, np.nan), np.ones((12, 1))])
def test_weights_of_the_wrong_kind_are_refused(weights: np.ndarray) -> None:
    objective = Objective(LinearMap(5), "gaussian", None, X, Y)
    with pytest.raises(InvalidChoice, match="12 finite numbers"):
        objective.weights(weights)


@pytest.mark.parametrize("strength", [-1.0, np.nan, np.inf])
def test_a_strength_is_a_number_of_at_least_zero(strength: float) -> None:
    with pytest.raises(InvalidChoice, match="strength"):
        Ridge(strength)


def test_whole_number_rows_become_double_precision() -> None:
    objective = Objective(
        LinearMap(2), "gaussian", None, np.array([[1, 2], [3, 5]]), np.array([1, 2])
    )
    assert objective.dtype == torch.float64
    assert CASES[0].make().objective.dtype == torch.float64


@pytest.mark.parametrize("n", [1, 7, 40, 41])
@pytest.mark.parametrize("intercept", [True, False])
def test_work_that_threads_share_is_the_same(n: int, intercept: bool, monkeypatch) -> None:
    rows = torch.randn(n, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(n))
    weights = torch.rand(n, dtype=torch.float64)
    model = LinearMap(5, intercept=intercept)
    theta = torch.linspace(-1, 1, model.p, dtype=torch.float64)
    beside = torch.cat([rows, torch.ones(n, 1)], 1) if intercept else rows
    monkeypatch.setattr(linear_map, "MIN_PARALLEL", 1)
    monkeypatch.setattr(linear_map, "cached_rows", lambda *_, **__: 3)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    here = model.linearize(theta, rows)
    torch.testing.assert_close(here.outputs[:, 0], beside @ theta)
    gram = here.gram(weights.sqrt()[:, None, None])
    torch.testing.assert_close(gram, beside.T @ (weights[:, None] * beside))
    V = torch.randn(model.p, 4, dtype=torch.float64)
    torch.testing.assert_close(here.contract(weights[:, None], V), weights[:, None] * (beside @ V))


class Failing(nn.Module):
    """A module whose forward does something that has no derivative, or fails."""

    def __init__(self, what) -> None:
        super().__init__()
        self.layer, self.what = nn.Linear(5, 1), what

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return self.what(self.layer(rows))


def raise_key(value):
    raise KeyError("mask")


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (lambda f: f.detach(), r"cannot be differentiated .*; leave out detach\(\)"),
        (lambda f: torch.as_tensor(f.detach().numpy()), "cannot be differentiated"),
        (lambda f: f / 0, "outputs for the first 4 rows are not finite; check its parameters"),
        (raise_key, r"cannot take rows of shape \(5,\): KeyError 'mask'"),
    ],
    ids=["detached", "NumPy", "not finite", "fails"],
)
def test_a_forward_without_derivatives_is_told_apart(what, words: str) -> None:
    with pytest.raises(InvalidChoice, match=words):
        ModuleModel(Failing(what), torch.randn(9, 5))


@pytest.mark.filterwarnings("ignore:There is a performance drop")  # torch, when it tries to batch
def test_an_operation_without_second_derivatives_is_named() -> None:
    class Bag(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Parameter(torch.randn(5, 2))

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            return nn.functional.embedding_bag(ids, self.table)

    with pytest.raises(InvalidChoice, match=r"cannot be differentiated: .*_embedding_bag_backward"):
        ModuleModel(Bag(), torch.arange(10).reshape(5, 2) % 5)


@pytest.mark.parametrize("where", ["train", "test", "new"])
def test_rows_that_only_later_ones_show_to_be_wrong_are_a_sentence(where: str) -> None:
    module = nn.Sequential(nn.Embedding(5, 3), nn.Flatten(), nn.Linear(6, 1))
    ids, y = np.arange(40).reshape(20, 2) % 5, np.arange(20) % 2
    wrong = np.where(np.arange(20)[:, None] == 9, 7, ids)
    rows = {"train": ids, "test": ids, "new": ids} | {where: wrong}

    def use() -> None:
        held_out = (rows["test"], y)
        fit = ax.from_trained(module, rows["train"], y, "bernoulli", ax.Ridge(0.1), test=held_out)
        ax.MeanLoss("test").bind(fit).value(fit.parameters)
        fit.predict(rows["new"])

    with pytest.raises(
        DataError, match=r"fails on some of .* rows of shape .*: index out of range"
    ):
        use()
