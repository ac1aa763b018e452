"""Every training row with its effect, map coordinates and diagnostics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from afif_explorer.analysis.rows.diagnostics import diagnostics_of
from afif_explorer.datasets import Dataset
from afif_explorer.results import Points, RowValues
from afif_explorer.spec import Spec
from afif_explorer.study.data import data, groups
from afif_explorer.study.effects import effects
from afif_explorer.study.fitting import fit
from afif_explorer.study.predictions import mean_predictions
from afif_explorer.study.solving import curvature_of, influence
from afif_explorer.study.store import stage
from afif_explorer.study.targets import aim, raises, target_label, target_unit
from afif_explorer.study.views import row_map


def points(spec: Spec) -> Points:
    """All training rows. Raises :class:`SolverDiverged` if there are no effects to show."""
    dataset = data(spec)
    found = effects(spec)
    rows = stage("rows", spec, lambda: _rows(spec))
    plane, measured = row_map.automatic(spec), _measured(spec, found.values, rows)
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
        across=row_map.axis(spec, spec.map_x, plane.x, measured),
        up=row_map.axis(spec, spec.map_y, plane.y, measured),
        colour=row_map.colour(spec, spec.map_colour, measured),
        target_label=target_label(spec),
        unit=target_unit(spec),
        target_value=aim(spec).value,
        raises=raises(spec),
        solver=found.solver,
        compares=aim(spec).compares,
        notes=aim(spec).notes,
        spread=aim(spec).spread,
    )


@dataclass(frozen=True, eq=False)
class _Rows:
    leverage: np.ndarray
    self_influence: np.ndarray
    loss: np.ndarray
    prediction: np.ndarray


def _measured(spec: Spec, effect: np.ndarray, rows: _Rows) -> tuple[RowValues, ...]:
    """What the map can show of the fit, in the order of :mod:`~afif_explorer.choices.map_values`."""
    favourable = data(spec).favourable
    of_class = "" if favourable is None else f" of {favourable.name}"
    return (
        RowValues(
            effect, f"effect of its removal on the {target_label(spec)} ({target_unit(spec)})"
        ),
        RowValues(rows.prediction, f"prediction{of_class}"),
        RowValues(rows.loss, "loss"),
        RowValues(rows.self_influence, "self-influence"),
        RowValues(rows.leverage, "leverage"),
    )


def _rows(spec: Spec) -> _Rows:
    found = fit(spec)
    table = diagnostics_of(influence(spec, curvature_of(spec)), found)
    favourable = data(spec).favourable
    place = None if favourable is None else favourable.place
    return _Rows(
        leverage=table["leverage"].to_numpy(),
        self_influence=table["self_influence"].to_numpy(),
        loss=table["loss"].to_numpy(),
        prediction=mean_predictions(found, found.parameters, "train", place),
    )


def _outcomes(dataset: Dataset) -> np.ndarray:
    """The observed target of each training row, as text."""
    y = dataset.train.y
    if dataset.classes:
        return np.array(dataset.classes, dtype=object)[y.astype(np.int64)]
    rows = y.reshape(len(y), -1).astype(float)  # of several labels or numbers, all of them
    return np.array([", ".join(f"{value:.6g}" for value in row) for row in rows], dtype=object)
