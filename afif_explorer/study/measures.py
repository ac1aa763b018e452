"""What a removal is judged by: metrics of a model on the reported rows, in words and units."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from afif_explorer.analysis.metrics import measure
from afif_explorer.engine.targets import Bound, predicted
from afif_explorer.errors import DataError
from afif_explorer.spec import CLASS_GAPS, NUMBER_GAPS, Spec
from afif_explorer.study.data import data, groups, sensitive_column
from afif_explorer.study.fitting import METRICS, fit
from afif_explorer.study.targets import (
    DISPARITIES,
    aim,
    disparity,
    loss_unit,
    prediction_unit,
    target_label,
    target_unit,
)


@dataclass(frozen=True, eq=False)
class Measures:
    """Metrics by display name, their units, and the one that the view is about."""

    units: dict[str, str]
    focus: str
    _bound: dict[str, Bound]
    _spec: Spec
    _split: str

    def of(self, theta: Tensor) -> dict[str, float]:
        """All metrics of the model with parameters ``theta`` ``[p]``."""
        found = fit(self._spec)
        sample = found.sample(self._split)
        values = measure(found.objective, theta, sample)
        named = {METRICS[name]: value for name, value in values.items()}
        named |= {name: bound.value(theta) for name, bound in self._bound.items()}
        for gap, name in HARD.items():
            if name in self.units:
                named[name] = disparity(self._spec, gap, self._split).hard(found, theta)
        scores = self.scores(theta)
        named |= {group_label(group): float(rows.mean()) for group, rows in scores.items()}
        return {name: named[name] for name in self.units}

    def scores(self, theta: Tensor) -> dict[str, np.ndarray]:
        """Mean predictions of the reported rows, by group; "all" where there are no groups."""
        found, dataset = fit(self._spec), data(self._spec)
        with torch.no_grad():
            f = found.objective.model.outputs(theta, found.sample(self._split).X)
            values = predicted(found.objective.loss, f).cpu().numpy()
        column = sensitive_column(dataset, self._spec)
        if column is None:
            return {"all": values}
        who = groups(self._spec, self._split)
        return {str(group): values[who == group] for group in sorted(set(who))}


HARD = {  # of decisions, as fairlearn defines them
    "demographic_parity": "Demographic parity gap, decisions",
    "equal_opportunity": "Equal opportunity gap, decisions",
    "equalized_odds": "Equalised odds gap, decisions",
}
SOFT = {
    "demographic_parity": "Demographic parity gap, probabilities",
    "equal_opportunity": "Equal opportunity gap, probabilities",
    "equalized_odds": "Equalised odds gap, probabilities",
    "mean_prediction_difference": "Difference of mean predictions",
    "group_loss": "Gap of mean losses",
}


def measures(spec: Spec) -> Measures:
    """The metrics that make sense for the data, the model and the target."""
    dataset, found = data(spec), fit(spec)
    split = reported(spec)
    units = {METRICS[name]: "" for name in found.metrics}
    units[METRICS["mean_loss"]] = loss_unit(dataset)
    if "rmse" in found.metrics:
        units[METRICS["rmse"]] = dataset.target
    bound = {}
    for gap, defined in _gaps(spec, split).items():
        bound[SOFT[gap]] = defined
        units[SOFT[gap]] = loss_unit(dataset) if gap == "group_loss" else prediction_unit(dataset)
        if gap in HARD:
            units[HARD[gap]] = "share of rows"
    focus = _focus(spec, split)
    if focus not in units:
        units[focus] = target_unit(spec)
        bound[focus] = aim(spec).bound
    for group in _groups(spec, split):
        units[group_label(group)] = prediction_unit(dataset)
    return Measures(units, focus, bound, spec, split)


def _gaps(spec: Spec, split: str) -> dict[str, Bound]:
    """The disparities that are defined here: two groups have rows that they are about."""
    if len(_groups(spec, split)) < 2:
        return {}
    found = {}
    for gap in CLASS_GAPS if data(spec).classes else NUMBER_GAPS:
        with suppress(DataError):
            found[gap] = disparity(spec, gap, split).bind(fit(spec))
    return found


def reported(spec: Spec) -> str:
    """The split that metrics are reported on: the test rows, if there are any."""
    return "test" if len(data(spec).test) else "train"


def group_label(group: str) -> str:
    """The name of a group's mean prediction among the metrics."""
    return "Mean prediction" if group == "all" else f"Mean prediction, {group}"


def _focus(spec: Spec, split: str) -> str:
    """The name of the target among the metrics, or its own if it isn't one of them."""
    if spec.split == split and spec.target in DISPARITIES:
        return SOFT[spec.target]
    if spec.split == split and spec.target == "mean_loss":
        return METRICS["mean_loss"]
    label = target_label(spec)
    return label[0].upper() + label[1:]


def _groups(spec: Spec, split: str) -> list[str]:
    dataset = data(spec)
    column = sensitive_column(dataset, spec)
    if column is None:
        return ["all"]
    return sorted(set(groups(spec, split)))
