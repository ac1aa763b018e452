"""Metrics of a model on a sample of rows, by display name."""

from __future__ import annotations

import torch
from torch import Tensor

from afif_explorer.engine.problem.losses import Bernoulli, Categorical
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.targets.bound import Sample


def measure(objective: Objective, theta: Tensor, sample: Sample) -> dict[str, float]:
    """Metrics of the model at ``theta`` on the sample.

    ``mean_loss`` (nats, or half squared target units) always; ``accuracy`` (share of rows whose
    likeliest class is the observed one) for classes; ``r2`` (share of variance explained) and ``rmse``
    (target units) for numbers and counts.
    """
    with torch.no_grad():
        f = objective.model.outputs(theta, sample.X)
        found = {"mean_loss": float(objective.loss.value(f, sample.y).mean())}
        mean = objective.loss.mean(f)
    if isinstance(objective.loss, Bernoulli):
        decided = (mean[:, 0] >= 0.5) == (sample.y == 1)
        return found | {"accuracy": float(decided.double().mean())}
    if isinstance(objective.loss, Categorical):
        return found | {"accuracy": float((mean.argmax(1) == sample.y).double().mean())}
    if mean.shape[1] == 1:
        return found | _of_numbers(mean[:, 0], sample.y.to(mean.dtype).reshape(-1))
    return found


def _of_numbers(mean: Tensor, y: Tensor) -> dict[str, float]:
    error = (y - mean).square()
    found = {"rmse": float(error.mean().sqrt())}
    spread = float((y - y.mean()).square().sum())
    return found | ({"r2": 1 - float(error.sum()) / spread} if spread > 0 else {})
