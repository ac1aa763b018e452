"""Metrics of a model on a sample of rows, by display name."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from afif_explorer.engine.problem.losses import Bernoulli, Categorical
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.targets.bound import Sample


def measure(objective: Objective, theta: Tensor, sample: Sample) -> dict[str, float]:
    """Metrics of the model at ``theta`` on the sample, weighted by its sample weights, if it has any.

    ``mean_loss`` (nats, or half squared target units) always; ``accuracy`` (share of rows whose
    likeliest class is the observed one) for classes; for several labels ``label_accuracy``, the share of
    labels that are predicted right, and ``subset_accuracy``, that of rows with all labels right; ``r2``
    (share of variance explained) and ``rmse`` (target units) for numbers and counts, of several outputs
    their means; of a :class:`CallableLoss` no more. As scikit-learn's metrics with ``sample_weight``.
    """
    with torch.no_grad():
        f = objective.model.outputs(theta, sample.X)
        found = {"mean_loss": float(sample.mean(objective.loss.value(f, sample.y)))}
        mean = objective.loss.mean(f)
    if isinstance(objective.loss, Bernoulli):
        return found | _of_labels(mean, sample)
    if isinstance(objective.loss, Categorical):
        right = mean.argmax(1) == sample.y
        return found | {"accuracy": float(sample.mean(right.double()))}
    if not objective.loss.is_family or objective.loss.sequences:
        return found
    return found | _of_numbers(mean, sample)


def measured_rows(samples: Mapping[str, Sample]) -> Sample:
    """The rows that metrics are measured on: the test rows, or those of training without any."""
    return next(
        samples[name] for name in ("test", "train") if name in samples and len(samples[name].X)
    )


def _of_labels(mean: Tensor, sample: Sample) -> dict[str, float]:
    right = (mean >= 0.5) == (sample.y.reshape(mean.shape) == 1)
    every = float(sample.mean(right.all(1).double()))
    if mean.shape[1] == 1:
        return {"accuracy": every}
    return {
        "label_accuracy": float(sample.mean(right.double().mean(1))),
        "subset_accuracy": every,
    }


def _of_numbers(mean: Tensor, sample: Sample) -> dict[str, float]:
    y = sample.y.to(mean.dtype).reshape(mean.shape)
    squares = sample.mean((y - mean).square())  # [k]
    spread = sample.mean((y - sample.mean(y)).square())
    found = {"rmse": float(squares.sqrt().mean())}
    return found | ({"r2": float((1 - squares / spread).mean())} if (spread > 0).all() else {})
