"""The metrics that evaluate a removal: on the reported rows, with names and units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from torch import Tensor

from afif_explorer.analysis.fairness.counts import group_counts
from afif_explorer.analysis.fits.metrics import measure
from afif_explorer.choices.option import sensitive_columns
from afif_explorer.choices.targets import TARGETS
from afif_explorer.choices.units import loss_unit, prediction_unit
from afif_explorer.engine.targets.bound import Bound
from afif_explorer.spec import Spec
from afif_explorer.study.data import data, groups
from afif_explorer.study.fitting import METRICS, fit
from afif_explorer.study.predictions import mean_predictions
from afif_explorer.study.targets import aim, target_label, target_unit
from afif_explorer.study.views.gaps import Gap, gaps, watched_gap


@dataclass(frozen=True, eq=False)
class Measures:
    """Metrics by display name, their units, the target's, and those that are gaps."""

    units: dict[str, str]
    focus: str
    gaps: dict[str, Gap]
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
        named |= {name: gap.value(theta) for name, gap in self.gaps.items()}
        scores = self.scores(theta)
        named |= {group_label(group): float(rows.mean()) for group, rows in scores.items()}
        return {name: named[name] for name in self.units}

    def scores(self, theta: Tensor) -> dict[str, np.ndarray]:
        """Mean predictions of the reported rows, by group; "all" where there are no groups."""
        found, dataset = fit(self._spec), data(self._spec)
        values = mean_predictions(found, theta, self._split, favourable(self._spec))
        if not sensitive_columns(dataset, self._spec):
            return {"all": values}
        who = groups(self._spec, self._split)
        return {str(group): values[who == group] for group in sorted(set(who))}


def measures(spec: Spec) -> Measures:
    """The metrics that make sense for the data, the model and the target."""
    dataset, found = data(spec), fit(spec)
    split = reported(spec)
    units = {METRICS[name]: "" for name in found.metrics}
    units[METRICS["mean_loss"]] = loss_unit(dataset)
    if "rmse" in found.metrics:
        units[METRICS["rmse"]] = dataset.target
    found_gaps = gaps(spec, split)
    units |= {name: gap.unit for name, gap in found_gaps.items()}
    focus, bound = _focus(spec, split), {}
    if focus not in units:
        units[focus] = target_unit(spec)
        watched = watched_gap(spec)
        if watched is not None:
            found_gaps[focus] = watched
        else:
            bound[focus] = aim(spec).bound
    for group in _groups(spec, split):
        units[group_label(group)] = _mean_unit(spec)
    return Measures(units, focus, found_gaps, bound, spec, split)


def favourable(spec: Spec) -> int | None:
    """The index of the favourable class, chosen or guessed; None if the model predicts numbers."""
    guessed = data(spec).favourable
    if guessed is None:
        return None
    return guessed.place if spec.favourable < 0 else spec.favourable


def favourable_name(spec: Spec) -> str:
    """The name of the favourable class; empty if the model predicts numbers."""
    place = favourable(spec)
    return "" if place is None else data(spec).classes[place]


def counted(spec: Spec) -> pd.DataFrame | None:
    """The rows of every group in every split; None without groups."""
    columns = sensitive_columns(data(spec), spec)
    if not columns:
        return None
    return group_counts(fit(spec), columns, favourable=favourable_name(spec) or None)


def _mean_unit(spec: Spec) -> str:
    """The unit of a mean prediction, with the class whose probability it is."""
    place, unit = favourable(spec), prediction_unit(data(spec))
    return unit if place is None else f"{unit} of {data(spec).classes[place]!r}"


def reported(spec: Spec) -> str:
    """The split that metrics are reported on: the test rows, if there are any."""
    return "test" if len(data(spec).test) else "train"


def group_label(group: str) -> str:
    """The name of a group's mean prediction among the metrics."""
    return "Mean prediction" if group == "all" else f"Mean prediction, {group}"


def _focus(spec: Spec, split: str) -> str:
    """The name of the target among the metrics, or its own if it isn't one of them."""
    metric = TARGETS[spec.target].metric
    if spec.split == split and metric:
        return metric
    label = target_label(spec)
    return label[0].upper() + label[1:]


def _groups(spec: Spec, split: str) -> list[str]:
    if not sensitive_columns(data(spec), spec):
        return ["all"]
    return sorted(set(groups(spec, split)))
