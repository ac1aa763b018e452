"""Every training row with its effect, map coordinates and diagnostics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from afif_explorer.analysis.rows.diagnostics import diagnostics_of
from afif_explorer.datasets import Dataset
from afif_explorer.engine.targets.predictions import predicted
from afif_explorer.results import Points
from afif_explorer.spec import Spec
from afif_explorer.study.data import data, groups
from afif_explorer.study.effects import effects
from afif_explorer.study.fitting import fit
from afif_explorer.study.solving import curvature_of, influence
from afif_explorer.study.store import stage
from afif_explorer.study.targets import aim, raises, target_label, target_unit


def points(spec: Spec) -> Points:
    """All training rows. Raises :class:`SolverDiverged` if there are no effects to show."""
    dataset = data(spec)
    found = effects(spec)
    place = stage("map", spec, lambda: _map(dataset))
    rows = stage("rows", spec, lambda: _rows(spec))
    return Points(
        ids=dataset.train.ids,
        effect=found.values,
        self_influence=rows.self_influence,
        leverage=rows.leverage,
        loss=rows.loss,
        prediction=rows.prediction,
        predicted="" if dataset.favourable is None else dataset.favourable.name,
        outcome=stage("outcomes", spec, lambda: _outcomes(dataset)),
        group=groups(spec, "train"),
        x=place.x,
        y=place.y,
        x_label=place.x_label,
        y_label=place.y_label,
        target_label=target_label(spec),
        unit=target_unit(spec),
        target_value=aim(spec).value,
        raises=raises(spec),
        solver=found.solver,
        compares=aim(spec).compares,
        notes=aim(spec).notes,
    )


@dataclass(frozen=True, eq=False)
class _Map:
    x: np.ndarray
    y: np.ndarray
    x_label: str
    y_label: str


@dataclass(frozen=True, eq=False)
class _Rows:
    leverage: np.ndarray
    self_influence: np.ndarray
    loss: np.ndarray
    prediction: np.ndarray


def _rows(spec: Spec) -> _Rows:
    found = fit(spec)
    table = diagnostics_of(influence(spec, curvature_of(spec)), found)
    sample, favourable = found.sample("train"), data(spec).favourable
    with torch.no_grad():
        f = found.objective.model.outputs(found.parameters, sample.X)
        place = None if favourable is None else favourable.place
        prediction = predicted(found.objective.loss, f, place).cpu().numpy()
    return _Rows(
        leverage=table["leverage"].to_numpy(),
        self_influence=table["self_influence"].to_numpy(),
        loss=table["loss"].to_numpy(),
        prediction=prediction,
    )


def _outcomes(dataset: Dataset) -> np.ndarray:
    """The observed target of each training row, as text."""
    y = dataset.train.y
    if dataset.classes:
        return np.array(dataset.classes, dtype=object)[y.astype(np.int64)]
    return np.array([f"{value:.6g}" for value in y], dtype=object)


def _map(dataset: Dataset) -> _Map:
    """Two coordinates for each row: the features if there are two, else principal components.

    With one feature, that and the observed target.
    """
    X, names = dataset.train.X, dataset.feature_names
    if X.shape[1] == 1:
        return _Map(X[:, 0], dataset.train.y.astype(float), names[0], dataset.target)
    if X.shape[1] == 2:
        return _Map(X[:, 0], X[:, 1], names[0], names[1])
    centred = X - X.mean(0)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    axes = vectors[:, [-1, -2]]
    largest = axes[np.abs(axes).argmax(0), [0, 1]]
    place = centred @ (axes * np.where(largest < 0, -1.0, 1.0))  # the sign is arbitrary: fix it
    return _Map(
        np.ascontiguousarray(place[:, 0]),
        np.ascontiguousarray(place[:, 1]),
        "first principal component",
        "second principal component",
    )
