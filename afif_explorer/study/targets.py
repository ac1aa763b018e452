"""Targets: from a name among the choices to the engine's object, its gradient and its words."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from afif_explorer.analysis import comparisons
from afif_explorer.datasets import Dataset
from afif_explorer.engine.targets.base import Target
from afif_explorer.engine.targets.bound import Bound
from afif_explorer.engine.targets.disparities import (
    DemographicParityDifference,
    EqualizedOddsDifference,
    EqualOpportunityDifference,
    GroupDisparity,
    GroupLossDifference,
    MeanPredictionDifference,
)
from afif_explorer.engine.targets.losses import MeanLoss, PointLoss
from afif_explorer.engine.targets.predictions import Prediction
from afif_explorer.errors import InvalidChoice
from afif_explorer.spec import Spec
from afif_explorer.study.data import data, sensitive_column
from afif_explorer.study.fitting import fit
from afif_explorer.study.store import stage

DISPARITIES: dict[str, type[GroupDisparity]] = {
    "demographic_parity": DemographicParityDifference,
    "equal_opportunity": EqualOpportunityDifference,
    "equalized_odds": EqualizedOddsDifference,
    "mean_prediction_difference": MeanPredictionDifference,
    "group_loss": GroupLossDifference,
}
_GAP_WORDS = {
    "demographic_parity": "demographic parity gap",
    "equal_opportunity": "equal opportunity gap",
    "equalized_odds": "equalised odds gap",
    "mean_prediction_difference": "difference of mean predictions",
    "group_loss": "gap of mean losses",
}
_SPLIT_WORDS = {"train": "training", "validation": "validation", "test": "test"}


@dataclass(frozen=True, eq=False)
class Aim:
    """A target on a fit: ``gradient`` is its slope ``[p]`` there, ``value`` what it is there.

    ``compares``: of a gap, its two groups with their rows; ``notes``: what to be careful about with it.
    """

    target: Target
    bound: Bound
    gradient: torch.Tensor
    value: float
    compares: str = ""
    notes: tuple[str, ...] = ()


def aim(spec: Spec) -> Aim:
    """The chosen target, bound to the fit."""

    def bind() -> Aim:
        found = fit(spec)
        target = target_of(spec)
        compares = ""
        notes: tuple[str, ...] = ()
        if isinstance(target, GroupDisparity):
            between = comparisons.at_fit(found, target)
            compares = comparisons.compares(found, target, between)
            notes = comparisons.notes(found, target, between)
        bound = target.bind(found)
        value = bound.value(found.parameters)
        return Aim(target, bound, bound.gradient(), value, compares, notes)

    return stage("target", spec, bind)


def target_of(spec: Spec) -> Target:
    """The engine's target for the choices."""
    if spec.target in DISPARITIES:
        return disparity(spec, spec.target, spec.split)
    if spec.target == "mean_loss":
        return MeanLoss(spec.split)
    kind = PointLoss if spec.target == "point_loss" else Prediction
    return kind(spec.split, spec.row)


def disparity(spec: Spec, name: str, split: str) -> GroupDisparity:
    """The disparity of that name between the groups of the chosen sensitive column.

    Raises :class:`InvalidChoice` if the data set has no sensitive column.
    """
    column = sensitive_column(data(spec), spec)
    if column is None:
        raise InvalidChoice(f"{data(spec).title} has no sensitive column whose groups to compare.")
    return DISPARITIES[name](column, split)


def target_label(spec: Spec) -> str:
    """The target in words, as they go on after "effect on the"."""
    split = _SPLIT_WORDS[spec.split]
    if spec.target == "mean_loss":
        return f"mean loss of the {split} rows"
    if spec.target == "point_loss":
        return f"loss of {split} row {spec.row + 1}"
    if spec.target == "prediction":
        return f"prediction for {split} row {spec.row + 1}"
    column = sensitive_column(data(spec), spec)
    return f"{_GAP_WORDS[spec.target]} by {column} on the {split} rows"


def target_unit(spec: Spec) -> str:
    """The unit of the target, and so of every effect."""
    dataset = data(spec)
    return loss_unit(dataset) if spec.target.endswith("loss") else prediction_unit(dataset)


def loss_unit(dataset: Dataset) -> str:
    """The unit of a loss: nats, or for squares half the squared unit of what is predicted."""
    return f"half squared {dataset.target}" if dataset.task == "regression" else "nats"


def prediction_unit(dataset: Dataset) -> str:
    """The unit of a mean prediction."""
    return "probability" if dataset.task == "classification" else dataset.target


def raises(spec: Spec) -> str:
    """What a positive effect means."""
    word = {
        "mean_loss": "mean loss",
        "point_loss": "loss",
        "prediction": "prediction",
        "mean_prediction_difference": "difference",
    }.get(spec.target, "gap")
    return f"leaving the row out raises the {word}"
