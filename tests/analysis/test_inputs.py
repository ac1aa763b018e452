"""Several inputs, integers, and outputs in a mapping: every function answers as for one plain input."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

import afif_explorer as ax

draw = np.random.default_rng(4)
X, NEW = draw.normal(size=(40, 4)), draw.normal(size=(12, 4))
SCORE = X[:, 0] + 0.5 * draw.normal(size=40)
Y, ANSWERS = (SCORE > 0).astype(float), (NEW[:, 0] > 0).astype(float)
SEX, NEW_SEX = draw.choice(["F", "M"], 40), draw.choice(["F", "M"], 12)


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 1)).double()


class Divided(nn.Module):
    """The same network, with its input in two arguments and its output in an object."""

    def __init__(self) -> None:
        super().__init__()
        self.net = network()

    def forward(self, left: Tensor, right: Tensor) -> SimpleNamespace:
        return SimpleNamespace(logits=self.net(torch.cat([left, right], 1)), hidden=left)


def divided(rows: np.ndarray) -> dict[str, np.ndarray]:
    return {"left": rows[:, :1], "right": rows[:, 1:]}


@pytest.fixture(scope="module")
def fits() -> tuple[ax.Fit, ax.Fit]:
    """A fit of the plain network, and of the divided one at the same parameters."""
    plain = ax.fit_objective(
        ax.Objective(network(), "bernoulli", ax.Ridge(0.1), X, Y),
        sensitive={
            "train": pd.Series(SEX, name="sex"),
            "test": pd.Series(NEW_SEX, name="sex"),
        },
        test=(NEW, ANSWERS),
    )
    module = Divided()
    filled = torch.tensor(plain.theta).split([v.numel() for v in module.parameters()])
    with torch.no_grad():
        for value, part in zip(module.parameters(), filled, strict=True):
            value.copy_(part.reshape(value.shape))
    several = ax.from_trained(
        module,
        divided(X),
        Y,
        "bernoulli",
        ax.Ridge(0.1),
        sensitive={"train": pd.DataFrame({"sex": SEX}), "test": pd.DataFrame({"sex": NEW_SEX})},
        test=(divided(NEW), ANSWERS),
    )
    return plain, several


LOSS, GAP = ax.MeanLoss("test"), ax.DemographicParityDifference("sex", split="test")
QUESTIONS = {
    "attribute": lambda fit: ax.attribute(fit, [LOSS, GAP, ax.Prediction("test", 3)]),
    "unlearn": lambda fit: ax.unlearn(fit, [1, 5], targets=[LOSS]).theta,
    "retrain": lambda fit: ax.retrain(fit, [1, 5]).theta,
    "leave_one_out": lambda fit: ax.leave_one_out(fit, refits=2).table,
    "cross_validate": lambda fit: ax.cross_validate(fit).losses,
    "diagnostics": lambda fit: ax.diagnostics(fit).to_numpy(dtype=float),
    "audit_fairness": lambda fit: ax.audit_fairness(fit, "sex", split="test").effects,
    "conjugate gradients": lambda fit: ax.attribute(
        fit, LOSS, ax.AFIF(solver=ax.ConjugateGradient())
    ),
    "Hessian": lambda fit: ax.attribute(fit, LOSS, ax.InfinitesimalJackknife()),
}


def test_a_fit_is_saved_and_loaded(fits, tmp_path) -> None:
    fit = fits[1]
    fit.save(tmp_path)
    test, who = (divided(NEW), ANSWERS), {"test": pd.Series(NEW_SEX, name="sex")}
    rows = {"train": (divided(X), Y), "test": test}
    again = ax.load_fit(tmp_path, rows, Divided(), sensitive=who)
    np.testing.assert_array_equal(ax.attribute(again, GAP), ax.attribute(fit, GAP))
    other = {"left": X[:, :1], "right": X[:, 1:] + 1}
    with pytest.raises(ax.DataError, match="not the data"):
        ax.load_fit(tmp_path, {"train": (other, Y), "test": test}, Divided())


class Mapped(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.net = nn.Linear(12, 1)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        return {"logits": self.net(x), "hidden": x}


def test_a_data_set_is_fitted_with_logits_in_a_mapping() -> None:
    data = ax.load_dataset("hiring")
    found, wanted = ax.fit(data, model=Mapped()), ax.fit(data)
    np.testing.assert_allclose(found.predict(data.test.X), wanted.predict(data.test.X), atol=1e-6)


@pytest.mark.parametrize("ask", QUESTIONS.values(), ids=QUESTIONS)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_every_question_is_answered_as_for_one_input(fits, ask) -> None:
    wanted, found = (np.asarray(ask(fit), dtype=float) for fit in fits)
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-9)
