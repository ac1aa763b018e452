"""The rows of each split as :class:`Sample`, from a data set or from rows of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from afif_explorer.analysis.fits.sensitive import (
    Columns,
    Sensitive,
    by_split,
    columns_of,
    groups_of,
)
from afif_explorer.engine.models.labelled import is_labelled, labelled
from afif_explorer.engine.models.rows import (
    as_numbers,
    as_rows,
    as_sample_weight,
)
from afif_explorer.engine.problem.objective import Objective, check_rows
from afif_explorer.engine.targets.bound import Sample
from afif_explorer.errors import DataError

if TYPE_CHECKING:
    from afif_explorer.datasets import Dataset, Split

SPLITS = ("train", "validation", "test")
HeldOut: TypeAlias = tuple[Any, ...] | TorchDataset | DataLoader
"""Rows and targets, and sample weights if they are weighted; or a data set or loader of torch."""


def samples_of_data(data: Dataset, objective: Objective) -> dict[str, Sample]:
    """The rows of each split of a data set, with their groups; the training rows with those of the fit."""
    samples = {name: _sample(data, getattr(data, name), objective.device) for name in SPLITS}
    samples["train"] = replace(samples["train"], weight=objective.sample_weight)
    return samples


def _sample(data: Dataset, split: Split, device: torch.device) -> Sample:
    groups, names = {}, {}
    for column, levels in zip(data.sensitive, data.group_names, strict=True):
        places, found = pd.factorize(split.sensitive[column], use_na_sentinel=False)
        codes = {level: code for code, level in enumerate(levels)}
        own = np.array([codes.get(str(value), -1) for value in found], dtype=np.int64)
        groups[column] = own[places]
        names[column] = levels
    X, y = as_rows(split.X).to(device), torch.as_tensor(np.array(split.y)).to(device)
    known = data.favourable
    favourable = None if known is None else known.place
    weight = None if split.sample_weight is None else _stored_weight(split.sample_weight, device)
    return Sample(X, y, groups, names, data.classes, favourable, weight, split.ids)


def _stored_weight(weight: np.ndarray, device: torch.device) -> Tensor:
    return torch.as_tensor(np.array(weight)).to(device)


def samples_of(
    objective: Objective, sensitive: Sensitive | None = None, **held_out: HeldOut | None
) -> dict[str, Sample]:
    """The training rows, and rows ``(X, y)`` by the name of their split, with their groups."""
    samples = {"train": Sample(objective.X, objective.y, weight=objective.sample_weight)}
    for name, given in held_out.items():
        if given is not None:
            samples[name] = _fresh_sample(objective, name, *unpacked(name, given))
    return _with_groups(samples, by_split(sensitive, samples))


def unpacked(name: str, given: Any) -> tuple[Any, Any, Any]:
    """Rows, targets and sample weights of a split; of a data set or loader no targets yet."""
    if is_labelled(given):
        return given, None, None
    if not isinstance(given, tuple | list) or len(given) not in (2, 3):
        raise DataError(
            f"The {name} rows must be a pair (X, y) of rows and targets, or (X, y, sample_weight)."
        )
    return given[0], given[1], given[2] if len(given) == 3 else None


def _fresh_sample(objective: Objective, name: str, X: Any, y: Any, weight: Any) -> Sample:
    """Validated rows, targets and weights of a held-out split."""
    X, y = labelled(X, y)
    rows = objective.rows(X, f"{name} ")
    targets = as_numbers(y, f"{name} targets").to(objective.device)
    check_rows(rows, targets, objective.loss, f"{name} ")
    if len(targets) and not objective.loss.fits(objective.model.k, targets):
        raise DataError(
            f"The {name} targets contain a class or column that the model does not have."
        )
    if weight is not None:
        weight = objective.vector(as_sample_weight(weight, len(rows), f"{name} rows"))
    return Sample(rows, targets, weight=weight)


def _with_groups(
    samples: dict[str, Sample], attributes: Mapping[str, Columns]
) -> dict[str, Sample]:
    """The samples with the groups of their attributes."""
    frames = {
        name: columns_of(given, len(samples[name].X), name) for name, given in attributes.items()
    }
    codes, names = groups_of(frames)
    for name, found in codes.items():
        known = {attribute: names[attribute] for attribute in found}
        samples[name] = replace(samples[name], groups=found, group_names=known)
    return samples
