"""Public functions on models in single precision, torch's default, against those in double precision."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn

import afif_explorer as ax

PIXELS, DIGITS = load_digits(return_X_y=True)
ROWS = 120


class Viewer(nn.Module):
    """A convolutional net with free biases, so that a shift of its outputs is a flat direction."""

    def __init__(self) -> None:
        super().__init__()
        self.see, self.head = nn.Conv2d(1, 5, 3), nn.Linear(5 * 36, 10)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return self.head(torch.tanh(self.see(rows.reshape(-1, 1, 8, 8))).flatten(1))


MAKE = {
    "linear": lambda: nn.Linear(64, 10),
    "perceptron": lambda: nn.Sequential(nn.Linear(64, 16), nn.Tanh(), nn.Linear(16, 10)),
    "convolutional": Viewer,
}


@cache
def fits(name: str, strength: float) -> tuple[ax.Fit, ax.Fit]:
    """One trained model in single and in double precision, at the same parameters."""
    torch.manual_seed(0)
    rows, y = torch.as_tensor(PIXELS / 16), torch.as_tensor(DIGITS)
    objective = ax.Objective(
        MAKE[name]().double(), "categorical", ax.Ridge(strength), rows[:ROWS], y[:ROWS]
    )
    trained = ax.fit_objective(objective).to_module()
    return tuple(
        ax.from_trained(
            trained.to(dtype), rows[:ROWS].to(dtype), y[:ROWS], "categorical", ax.Ridge(strength),
            test=(rows[-200:].to(dtype), y[-200:]),
        )
        for dtype in (torch.float32, torch.float64)
    )  # fmt: skip


@pytest.mark.filterwarnings("ignore::afif_explorer.errors.NotAtMinimum")
@pytest.mark.filterwarnings("ignore::afif_explorer.errors.NegativeCurvature")
@pytest.mark.parametrize("strength", [1e-2, 1e-3])
@pytest.mark.parametrize("name", MAKE)
def test_results_are_those_of_double_precision(name: str, strength: float) -> None:
    single, double = (results(fit) for fit in fits(name, strength))
    for what, right in double.items():
        scale = np.nanmax(np.abs(right))
        np.testing.assert_allclose(single[what] / scale, right / scale, atol=2e-3, err_msg=what)


def results(fit: ax.Fit) -> dict[str, np.ndarray]:
    """Of the rows for which one step is enough, where that is asked for."""
    target = ax.MeanLoss("test")
    effects = ax.attribute(fit, target)
    table = ax.diagnostics(fit)
    removal = ax.unlearn(fit, fit.ids[:5], targets=[target])
    return {
        "effects": np.where(np.isin(effects.ids, effects.trust.marked), 0, np.asarray(effects)),
        "effects by Cholesky": np.asarray(ax.attribute(fit, target, ax.AFIF(solver=ax.Cholesky()))),
        "leverage": table["leverage"].to_numpy(),
        "self-influence": table["self_influence"].to_numpy(),
        "held-out losses": ax.cross_validate(fit).losses,
        "removal": np.array(list(removal.effects.values())),
    }
