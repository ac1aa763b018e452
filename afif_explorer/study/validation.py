"""The settings available for a data set, and the correction of those that don't fit."""

from __future__ import annotations

from typing import Any

import numpy as np

from afif_explorer import datasets
from afif_explorer.choices.map_values import AUTOMATIC, FIRST_COLUMN
from afif_explorer.choices.methods import METHODS
from afif_explorer.choices.models import MODELS
from afif_explorer.choices.option import group_pairs, sensitive_sets
from afif_explorer.choices.penalties import PENALTIES
from afif_explorer.choices.solvers import SOLVERS
from afif_explorer.choices.splits import SPLITS
from afif_explorer.choices.targets import TARGETS
from afif_explorer.choices.targets.kinds import TargetOption
from afif_explorer.datasets import Dataset
from afif_explorer.engine.training.fit import DENSE_LIMIT
from afif_explorer.spec import OPTIONS, Spec
from afif_explorer.study.data import data
from afif_explorer.study.given import given
from afif_explorer.study.keys import is_given
from afif_explorer.study.solving import PROXIMAL
from afif_explorer.wording import count

_DEFAULT = Spec()


def offered(spec: Spec | None) -> dict[str, Any]:
    """The available values of each setting: all of them, or those that fit the data of ``spec``.

    Tuples of values, or dicts from labels to values.
    """
    catalogue = {datasets.describe(name).title: name for name in datasets.names()}
    always: dict[str, Any] = OPTIONS | {"dataset": catalogue}
    if spec is None:
        return always | {"sensitive": {}, "favourable": {}, "pair": {}}
    dataset = data(spec)
    if spec.dataset not in catalogue.values():
        title = f"{dataset.title} (yours)" if dataset.title in catalogue else dataset.title
        always["dataset"] = {title: spec.dataset} | catalogue
    return always | {
        "model": ()
        if is_given(spec.dataset)
        else tuple(key for key, option in MODELS.items() if option.fits(dataset)),
        "solver": _solvers(spec),
        "target": tuple(key for key, option in TARGETS.items() if option.fits(dataset)),
        "split": _splits(dataset),
        "sensitive": _sensitive(dataset),
        "favourable": _favourable(spec, dataset),
        "pair": _pairs(spec, dataset),
    }


def _models(spec: Spec, dataset: Dataset) -> tuple[str, ...]:
    """The models that fit the data; none for a fit that the explorer was given."""
    if is_given(spec.dataset):
        return ()
    return tuple(key for key, option in MODELS.items() if option.fits(dataset))


def _sensitive(dataset: Dataset) -> dict[str, int]:
    """The sensitive columns by name, and the intersections of several."""
    return {" and ".join(names): place for place, names in enumerate(sensitive_sets(dataset))}


def _favourable(spec: Spec, dataset: Dataset) -> dict[str, int]:
    guessed, known = dataset.favourable, given(spec.dataset)
    named = known is None or known.named
    if guessed is None or not dataset.sensitive or not named:
        return {}
    automatic = {f"Automatic: {guessed.name}": _DEFAULT.favourable}
    return automatic | {name: place for place, name in enumerate(dataset.classes)}


def _pairs(spec: Spec, dataset: Dataset) -> dict[str, int]:
    """The pairs of groups; none if there is only one."""
    pairs = group_pairs(dataset, spec)
    if len(pairs) < 2:
        return {}
    named = {f"{first} and {second}": place for place, (first, second) in enumerate(pairs)}
    return {"Furthest apart": _DEFAULT.pair} | named


def _solvers(spec: Spec) -> tuple[str, ...] | dict[str, str]:
    if PENALTIES[spec.penalty].nonsmooth:
        return {PROXIMAL: _DEFAULT.solver}
    return METHODS[spec.method].solvers or tuple(SOLVERS)


def _splits(dataset: Dataset) -> tuple[str, ...]:
    return tuple(name for name in SPLITS if len(getattr(dataset, name)))


def settle(spec: Spec) -> tuple[Spec, tuple[str, ...]]:
    """The settings, corrected to fit the data, and a sentence for each correction."""
    dataset = data(spec)
    changes: dict[str, Any] = {}
    notes: list[str] = []

    def correct(field: str, value: Any, why: str) -> None:
        changes[field] = value
        notes.append(why)

    known = given(spec.dataset)
    if known is not None:  # the fit decides, whatever a link says
        changes.update(known.settings)
        spec = spec.replace(**changes)
    title = dataset.title
    model, method = MODELS[spec.model], METHODS[spec.method]
    penalty, target = PENALTIES[spec.penalty], TARGETS[spec.target]
    if known is None and not model.fits(dataset):
        correct("model", _DEFAULT.model, f"{model.label} does not fit {title}.")
    if penalty.nonsmooth and spec.solver != _DEFAULT.solver:
        why = f"With {penalty.label.lower()} removals are predicted by proximal steps, so the choice of "
        correct("solver", _DEFAULT.solver, why + "solver is not used.")
    elif method.solvers and spec.solver not in method.solvers:
        correct("solver", method.solvers[0], method.only)
    if not target.fits(dataset):
        correct("target", _instead(target, dataset).key, target.misfit(dataset))
    splits = _splits(dataset)
    if spec.split not in splits:
        correct("split", splits[-1], f"{title} has no {SPLITS[spec.split].rows}.")
    rows = len(getattr(dataset, changes.get("split", spec.split)))
    if spec.row >= rows:
        correct("row", 0, f"There are {count(rows)} rows to choose from; the first one is used.")
    if spec.sensitive >= max(1, len(sensitive_sets(dataset))):
        correct("sensitive", 0, f"{title} has {len(dataset.sensitive)} sensitive columns.")
    values = FIRST_COLUMN + dataset.train.frame.shape[1]
    for name in ("map_x", "map_y", "map_colour"):
        if getattr(spec, name) >= values:
            correct(name, AUTOMATIC, f"{title} has fewer columns than the link's map.")
    _correct_gap(spec.replace(**changes), dataset, correct)
    _correct_sizes(spec, dataset, correct)
    return spec.replace(**changes), tuple(notes)


def _instead(wanted: TargetOption, dataset: Dataset) -> TargetOption:
    """The first target of the same kind that fits, or the first of all."""
    fit = [option for option in TARGETS.values() if option.fits(dataset)]
    return next((option for option in fit if type(option) is type(wanted)), fit[0])


def _correct_gap(spec: Spec, dataset: Dataset, correct: Any) -> None:
    if spec.favourable >= len(dataset.classes) and spec.favourable != _DEFAULT.favourable:
        why = f"{dataset.title} has {len(dataset.classes)} classes."
        correct("favourable", _DEFAULT.favourable, why)
    pairs = len(group_pairs(dataset, spec))
    if spec.pair >= pairs and spec.pair != _DEFAULT.pair:
        correct("pair", _DEFAULT.pair, f"There are {count(pairs)} pairs of groups to choose from.")


def _correct_sizes(spec: Spec, dataset: Dataset, correct: Any) -> None:
    n = len(dataset.train)
    if spec.count >= n:
        correct("count", n - 1, f"There are {count(n)} training rows; at least one must remain.")
    here = np.isin(np.array(spec.selected, dtype=np.int64), dataset.train.ids)
    if not here.all():
        kept = tuple(np.array(spec.selected)[here].tolist())
        gone = len(spec.selected) - len(kept)
        correct(
            "selected",
            kept,
            f"{count(gone)} selected rows are not training rows of {dataset.title}.",
        )
    if "hidden" in MODELS[spec.model].needs:
        most = _most_hidden(dataset)
        if spec.hidden > most:
            why = f"More than {most} hidden units would be too many parameters for direct solves here."
            correct("hidden", most, why)


def _most_hidden(dataset: Dataset) -> int:
    """Hidden units up to which the dense curvature is affordable: ``h (d + 1) + (h + 1) k``."""
    k = len(dataset.classes) if len(dataset.classes) > 2 else 1
    return max(1, (DENSE_LIMIT - k) // (len(dataset.feature_names) + 1 + k))
