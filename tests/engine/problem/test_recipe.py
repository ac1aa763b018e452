"""The example in docs/method.md of a user-defined model, family, penalty and target, verbatim."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import torch

import afif_explorer as ax

PAGE = Path(__file__).parents[3] / "docs" / "method.md"


def test_the_recipe_for_parts_of_ones_own_works_word_for_word() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict = {"__name__": "recipe"}
    torch.manual_seed(0)
    exec(code, names)
    fit, effects, objective = names["fit"], names["effects"], names["objective"]
    assert fit.converged, fit.advice
    assert fit.theta[:2].max() == 0.5  # the cap binds
    assert effects.shape == (200, 2)
    truth = ax.retrain_each(fit, range(12), [ax.MeanLoss("test"), names["Spread"]()]).effects
    # The mean loss of the training rows has no slope at the fit; how much predictions differ has.
    assert np.corrcoef(effects[:12, 1], truth[:, 1])[0, 1] > 0.9
    f = torch.linspace(-2, -0.3, 5, dtype=torch.float64)[:, None].requires_grad_()
    y = objective.y[:5]
    (slope,) = torch.autograd.grad(objective.loss.value(f, y).sum(), f, create_graph=True)
    torch.testing.assert_close(objective.loss.residual(f, y), slope)
    (bent,) = torch.autograd.grad(slope.sum(), f)
    torch.testing.assert_close(
        objective.loss.variance(f, torch.ones(5, 1, 1).double())[..., 0], bent
    )
