"""The rows of a fit without a data set, as a data set that views can show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.samples import SPLITS
from afif_explorer.datasets import Dataset, Split
from afif_explorer.datasets.reading.text import clean
from afif_explorer.engine.jacobians.sparse import sparse
from afif_explorer.engine.models.inputs import Name, inputs
from afif_explorer.engine.problem.losses import Bernoulli, Categorical, Gaussian, Loss, Poisson
from afif_explorer.engine.targets.bound import Sample
from afif_explorer.engine.targets.predictions import has_classes
from afif_explorer.wording import count

TITLE = "Your fit"
MOST_COLUMNS = 2000  # of the inputs that are shown; a model may take more


def dataset_of(fit: Fit) -> Dataset:
    """The rows of every split: inputs as numbers, observed targets and groups."""
    names, places, notes = _inputs(fit.samples["train"].X)
    columns = _sensitive(fit)
    splits = {
        name: _split(fit.samples[name], names, places, columns)
        if name in fit.samples
        else _empty(names, columns)
        for name in SPLITS
    }
    k = fit.objective.model.k
    if k > 1 and not has_classes(fit.objective):
        notes.append(f"The model has {count(k)} outputs for each row; 'Predicted' is their mean.")
    return Dataset(
        name="your fit",
        title=TITLE,
        task=_task(fit),
        target="target",
        classes=_classes(fit),
        feature_names=tuple(names),
        feature_groups=tuple((place,) for place in range(len(names))),
        sensitive=tuple(columns),
        notes=tuple(notes),
        train=splits["train"],
        validation=splits["validation"],
        test=splits["test"],
    )


def named_samples(fit: Fit, dataset: Dataset) -> dict[str, Sample]:
    """The fit's rows with the names that the data set gives to its classes."""
    known = dataset.favourable
    place = None if known is None else known.place
    return {
        name: replace(sample, classes=dataset.classes, favourable=place)
        for name, sample in fit.samples.items()
    }


def _task(fit: Fit) -> str:
    """The task that targets and units are chosen by; "other" for a loss of one's own or several outputs."""
    if has_classes(fit.objective):
        return "classification"
    if fit.objective.model.k > 1:
        return "other"
    families: dict[type[Loss], str] = {Gaussian: "regression", Poisson: "count"}
    return families.get(type(fit.objective.loss), "other")


def _classes(fit: Fit) -> tuple[str, ...]:
    if not has_classes(fit.objective):
        return ()
    loss = fit.objective.loss
    several = fit.objective.model.k if isinstance(loss, Categorical) else 2
    assert isinstance(loss, Categorical | Bernoulli)
    return tuple(map(str, range(several)))


def _sensitive(fit: Fit) -> list[str]:
    """The attributes that all splits have."""
    every = [set(sample.groups) for sample in fit.samples.values()]
    return [name for name in fit.samples["train"].groups if all(name in have for have in every)]


def _parts(X: Tensor) -> dict[str, Tensor]:
    """Each input ``[n, d]`` by its name."""
    several = inputs(X)
    if several is None:
        found = sparse(X)
        return {"x": X.flatten(1) if found is None else X}
    named: Mapping[Name, Tensor] = several.converted()
    alone = len(named) == 1
    return {
        "x" if alone else clean(name if isinstance(name, str) else f"x{name + 1}"): part.reshape(
            len(part), -1
        )
        for name, part in named.items()
    }


def _inputs(X: Tensor) -> tuple[list[str], dict[str, np.ndarray], list[str]]:
    """The names of the inputs that are shown, their columns in each part, and what is left out."""
    parts, notes = _parts(X), []
    sizes = {name: part.shape[1] for name, part in parts.items()}
    places = {name: np.arange(size) for name, size in sizes.items()}
    if sum(sizes.values()) > MOST_COLUMNS:
        share = MOST_COLUMNS // len(parts)
        places = {name: _widest(part, share) for name, part in parts.items()}
        notes.append(
            f"The model has {count(sum(sizes.values()))} inputs; the map and the table show the "
            f"{count(sum(map(len, places.values())))} that vary most."
        )
    names = [
        name if sizes[name] == 1 and name != "x" else f"{name}{'' if name == 'x' else '_'}{at + 1}"
        for name, chosen in places.items()
        for at in chosen.tolist()
    ]
    return names, places, notes


def _widest(part: Tensor, most: int) -> np.ndarray:
    """The columns with the largest variance, in order."""
    rows = sparse(part)
    if rows is None:
        spread = part.double().var(0).cpu().numpy()
    else:
        ones = torch.ones(len(rows), 1, dtype=rows.dtype)
        mean = rows.pulled(ones)[:, 0] / len(rows)
        spread = (rows.squared().pulled(ones)[:, 0] / len(rows) - mean**2).numpy()
    return np.sort(np.argsort(-spread, kind="stable")[:most])


def _split(
    sample: Sample, names: list[str], places: dict[str, np.ndarray], columns: list[str]
) -> Split:
    chosen = []
    for name, part in _parts(sample.X).items():
        at, rows = torch.as_tensor(places[name]), sparse(part)
        shown = part[:, at.to(part.device)] if rows is None else rows.columns(at).dense()
        chosen.append(shown.detach().double().cpu().numpy())
    X, ids = np.concatenate(chosen, axis=1), np.asarray(sample.row_ids, dtype=np.int64)
    y = sample.y.detach().cpu().numpy()
    groups = {
        name: pd.Series(np.append(sample.group_names[name], "unknown"), dtype=object)
        .take(sample.groups[name])
        .to_numpy()
        for name in columns
    }
    frame = pd.DataFrame(X, columns=names, index=ids)
    weight = None if sample.weight is None else sample.weight.double().cpu().numpy()
    return Split(X, y, frame, np.arange(len(ids)), pd.DataFrame(groups, index=ids), ids, weight)


def _empty(names: list[str], columns: list[str]) -> Split:
    none = np.empty(0, np.int64)
    return Split(
        np.empty((0, len(names))),
        np.empty(0),
        pd.DataFrame(columns=names, index=none),
        none,
        pd.DataFrame(columns=columns, index=none),
        none,
    )
