"""What the map of the training rows shows along its axes and by its colour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from pandas.api import types

from afif_explorer.choices.map_values import AUTOMATIC, COMPONENTS, FIRST_COLUMN
from afif_explorer.datasets import Dataset
from afif_explorer.results import RowValues
from afif_explorer.spec import Spec
from afif_explorer.study.data import data
from afif_explorer.study.store import stage
from afif_explorer.wording import count

MOST_LEVELS = 12  # of a column along an axis; rarer ones are joined
MOST_COLOURS = 6  # the same of its colours
MISSING = "missing"


class Plane(NamedTuple):
    """The first and the second coordinate of each row."""

    x: RowValues
    y: RowValues


def automatic(spec: Spec) -> Plane:
    """The features if there are two, else principal components; one feature and the observed target."""
    return stage("map", spec, lambda: _plane(data(spec)))


def axis(spec: Spec, place: int, own: RowValues, measured: Sequence[RowValues]) -> RowValues:
    """The values at a place of :mod:`~afif_explorer.choices.map_values`, with few levels.

    ``own``: the automatic choice; ``measured``: those computed from the fit, in that module's order.
    """
    return own if place == AUTOMATIC else _chosen(spec, place, measured, MOST_LEVELS)


def colour(spec: Spec, place: int, measured: Sequence[RowValues]) -> RowValues | None:
    """The same for colours; None for the effect, which has colours of its own."""
    if place == AUTOMATIC:
        return None
    found = _chosen(spec, place, measured, MOST_COLOURS)
    return None if found is measured[0] else found


def _chosen(spec: Spec, place: int, measured: Sequence[RowValues], most: int) -> RowValues:
    if place <= COMPONENTS:
        return stage("components", spec, lambda: _components(data(spec)))[place - 1]
    if place < FIRST_COLUMN:
        return measured[place - COMPONENTS - 1]
    column = place - FIRST_COLUMN
    return stage(
        "map column", spec, lambda: _column(data(spec).train.frame, column, most), column, most
    )


def _column(frame: pd.DataFrame, place: int, most: int) -> RowValues:
    label, values = str(frame.columns[place]), frame.iloc[:, place]
    if types.is_datetime64_any_dtype(values):
        year = values.dt.year + (values.dt.dayofyear - 1) / 365.25
        return RowValues(year.to_numpy(dtype=float, na_value=np.nan), f"{label} (year)")
    if types.is_numeric_dtype(values) and not types.is_bool_dtype(values):
        return RowValues(values.to_numpy(dtype=float, na_value=np.nan), label)
    codes, levels = pd.factorize(values.astype("string").fillna(MISSING), sort=True)
    return _joined(codes, tuple(map(str, levels)), label, most)


def _joined(codes: np.ndarray, levels: tuple[str, ...], label: str, most: int) -> RowValues:
    """The most frequent levels in their order; all others as one."""
    if len(levels) <= most:
        return RowValues(codes.astype(float), label, levels)
    sizes = np.bincount(codes, minlength=len(levels))
    kept = np.sort(np.argsort(-sizes, kind="stable")[: most - 1])
    place = np.full(len(levels), most - 1)
    place[kept] = np.arange(most - 1)
    rest = f"{count(len(levels) - most + 1)} others"
    return RowValues(place[codes].astype(float), label, (*(levels[one] for one in kept), rest))


def _plane(dataset: Dataset) -> Plane:
    X, names = dataset.train.X, dataset.feature_names
    if X.shape[1] == 1:
        y = dataset.train.y.astype(float)
        return Plane(RowValues(X[:, 0], names[0]), RowValues(y, dataset.target))
    if X.shape[1] == 2:
        return Plane(RowValues(X[:, 0], names[0]), RowValues(X[:, 1], names[1]))
    return _components(dataset)


def _components(dataset: Dataset) -> Plane:
    """The first two principal components of the inputs, with a fixed sign."""
    X = dataset.train.X
    if X.shape[1] == 1:
        return _plane(dataset)
    centred = X - X.mean(0)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    axes = vectors[:, [-1, -2]]
    largest = axes[np.abs(axes).argmax(0), [0, 1]]
    place = centred @ (axes * np.where(largest < 0, -1.0, 1.0))  # the sign is arbitrary: fix it
    first, second = np.ascontiguousarray(place.T)
    return Plane(
        RowValues(first, "first principal component"),
        RowValues(second, "second principal component"),
    )
