"""Which choices exist for a data set, and how choices that don't fit are corrected."""

from __future__ import annotations

from typing import Any

import numpy as np

from afif_explorer import datasets
from afif_explorer.analysis.fitting import MODELS as TRAINABLE
from afif_explorer.datasets import Dataset
from afif_explorer.engine.influence.methods import METHODS
from afif_explorer.engine.training.fit import DENSE_LIMIT
from afif_explorer.spec import (
    CLASS_GAPS,
    GROUP_TARGETS,
    KINKED,
    MODELS,
    NUMBER_GAPS,
    PENALTIES,
    RULES,
    SOLVERS,
    SPLITS,
    TARGETS,
    VIEWS,
    Spec,
)
from afif_explorer.study.data import data
from afif_explorer.study.labels import label
from afif_explorer.study.solving import PROXIMAL
from afif_explorer.wording import count

_TASKS = {
    "linear": ("regression", "count"),
    "logistic": ("classification",),
    "softmax": ("classification",),
    "poisson": ("count",),
    "mlp": ("regression", "classification", "count"),
}
_SPLIT_NAMES = {"train": "training", "validation": "validation", "test": "test"}


def offered(spec: Spec | None) -> dict[str, Any]:
    """The values of each choice that exist: all of them, or those that fit the data of ``spec``.

    Tuples of values, or dicts from what people read to the value.
    """
    catalogue = {datasets.describe(name).title: name for name in datasets.names()}
    always = {
        "dataset": catalogue,
        "penalty": PENALTIES,
        "method": tuple(METHODS),
        "solver": SOLVERS,
        "rule": RULES,
        "view": VIEWS,
    }
    if spec is None:
        models = tuple(name for name in MODELS if name == "auto" or name in TRAINABLE)
        return always | {"model": models, "target": TARGETS, "split": SPLITS, "sensitive": {}}
    dataset = data(spec)
    if spec.dataset not in catalogue.values():
        title = f"{dataset.title} (yours)" if dataset.title in catalogue else dataset.title
        always["dataset"] = {title: spec.dataset} | catalogue
    return always | {
        "model": _models(dataset),
        "solver": _solvers(spec),
        "target": _targets(dataset),
        "split": _splits(dataset),
        "sensitive": {name: place for place, name in enumerate(dataset.sensitive)},
    }


def _models(dataset: Dataset) -> tuple[str, ...]:
    many = len(dataset.classes) > 2
    fits = [name for name in TRAINABLE if dataset.task in _TASKS[name]]
    return ("auto", *(name for name in fits if not (many and name == "logistic")))


def _solvers(spec: Spec) -> tuple[str, ...] | dict[str, str]:
    if spec.penalty in KINKED:
        return {PROXIMAL: "cholesky"}
    return SOLVERS if spec.method != "newton_step" else ("cholesky",)


def _targets(dataset: Dataset) -> tuple[str, ...]:
    gaps = CLASS_GAPS if dataset.classes else NUMBER_GAPS
    possible = gaps if dataset.sensitive else ()
    return tuple(name for name in TARGETS if name not in GROUP_TARGETS or name in possible)


def _splits(dataset: Dataset) -> tuple[str, ...]:
    return tuple(name for name in SPLITS if len(getattr(dataset, name)))


def settle(spec: Spec) -> tuple[Spec, tuple[str, ...]]:
    """The choices, corrected where they don't fit the data, and a sentence for each correction."""
    dataset = data(spec)
    changes: dict[str, Any] = {}
    notes: list[str] = []

    def correct(field: str, value: Any, why: str) -> None:
        changes[field] = value
        notes.append(why)

    title = dataset.title
    if spec.model not in _models(dataset):
        correct("model", "auto", f"{label('model', spec.model)} does not fit {title}.")
    if spec.penalty in KINKED and spec.solver != "cholesky":
        why = f"With {label('penalty', spec.penalty).lower()} a removal is answered by proximal steps, "
        correct("solver", "cholesky", why + "so the choice of solver is not used.")
    elif spec.method == "newton_step" and spec.solver != "cholesky":
        correct("solver", "cholesky", "The Newton step is always solved directly.")
    if spec.target not in _targets(dataset):
        _correct_target(spec, dataset, correct)
    splits = _splits(dataset)
    if spec.split not in splits:
        name = _SPLIT_NAMES[spec.split]
        correct("split", splits[-1], f"{title} has no {name} rows.")
    rows = len(getattr(dataset, changes.get("split", spec.split)))
    if spec.row >= rows:
        correct("row", 0, f"There are {count(rows)} rows to choose from; the first is shown.")
    if spec.sensitive >= max(1, len(dataset.sensitive)):
        correct("sensitive", 0, f"{title} has {len(dataset.sensitive)} sensitive columns.")
    _correct_sizes(spec, dataset, correct)
    return spec.replace(**changes), tuple(notes)


def _correct_target(spec: Spec, dataset: Dataset, correct: Any) -> None:
    wanted = label("target", spec.target)
    if not dataset.sensitive:
        correct("target", "mean_loss", f"{dataset.title} has no sensitive column to compare.")
    else:
        instead = next(name for name in _targets(dataset) if name in GROUP_TARGETS)
        correct("target", instead, f"{wanted} does not fit the task of {dataset.title}.")


def _correct_sizes(spec: Spec, dataset: Dataset, correct: Any) -> None:
    n = len(dataset.train)
    if spec.count >= n:
        correct("count", n - 1, f"There are {count(n)} training rows, and one has to stay.")
    here = np.isin(np.array(spec.selected, dtype=np.int64), dataset.train.ids)
    if not here.all():
        kept = tuple(np.array(spec.selected)[here].tolist())
        gone = len(spec.selected) - len(kept)
        correct(
            "selected",
            kept,
            f"{count(gone)} selected rows are not training rows of {dataset.title}.",
        )
    if spec.model == "mlp":
        most = _most_hidden(dataset)
        if spec.hidden > most:
            why = f"More than {most} hidden units would be too many parameters for direct solves here."
            correct("hidden", most, why)


def _most_hidden(dataset: Dataset) -> int:
    """Hidden units up to which the dense curvature is affordable: ``h (d + 1) + (h + 1) k``."""
    k = len(dataset.classes) if len(dataset.classes) > 2 else 1
    return max(1, (DENSE_LIMIT - k) // (len(dataset.feature_names) + 1 + k))
