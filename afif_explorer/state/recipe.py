"""The choices of a session as Python code that works the same numbers out."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from afif_explorer.results import DataSummary, Points
from afif_explorer.spec import Spec
from afif_explorer.state.words import model_of
from afif_explorer.study.keys import is_upload

_PENALTIES = {
    "ridge": "Ridge",
    "lasso": "Lasso",
    "elastic_net": "ElasticNet",
    "group_lasso": "GroupLasso",
}
_GAPS = {
    "demographic_parity": "DemographicParityDifference",
    "equal_opportunity": "EqualOpportunityDifference",
    "equalized_odds": "EqualizedOddsDifference",
    "mean_prediction_difference": "MeanPredictionDifference",
    "group_loss": "GroupLossDifference",
}
_METHODS = {
    "afif": "AFIF",
    "infinitesimal_jackknife": "InfinitesimalJackknife",
    "newton_step": "NewtonStep",
}


_LINE = 100  # characters


def as_python(
    spec: Spec, data: DataSummary, points: Points | None, removed: Sequence[int] = ()
) -> str:
    """A script that uses public names only. Names from the data appear as quoted literals.

    ``removed`` are ids of training rows: the script unlearns them, and trains again without them.
    """
    lines = [
        *_imports(data, removed),
        *_data(spec, data),
        f"fit = ax.fit(data, {_model(spec, data)}, penalty={_penalty(spec)}, seed={spec.seed})",
        f"target = {_target(spec, data)}",
        f"method = {_method(spec, data, points)}",
        "effects = ax.attribute(fit, target, method=method)  # one number for each training row",
        *_removal(removed),
    ]
    return "\n".join(lines) + "\n"


def _imports(data: DataSummary, removed: Sequence[int]) -> list[str]:
    lines = ["from pathlib import Path", ""] if data.file else []
    lines += ["import numpy as np", ""] if len(removed) else []
    return [*lines, "import afif_explorer as ax", ""]


def _data(spec: Spec, data: DataSummary) -> list[str]:
    if not is_upload(spec.dataset):
        return [f"data = ax.load_dataset({spec.dataset!r}, seed={spec.seed})"]
    if data.made is None:
        return ["# data: the data set that the explorer was given"]
    table = "# frame: the table that the data set was made of, as a pandas data frame"
    if data.file:
        table = f"frame = ax.datasets.read_table(Path({data.file!r}).read_bytes()).frame"
    made = ", ".join(f"{name}={value!r}" for name, value in data.made.items())
    return [
        table,
        f"data = ax.Dataset.from_frame(frame, target={data.target!r},",
        f"    sensitive={list(data.sensitive)!r}, task={data.task!r},",
        f"    {made})",
    ]


def _removal(removed: Sequence[int]) -> list[str]:
    if not len(removed):
        return []
    ids = wrap(", ".join(map(str, removed)), _LINE, initial_indent="    ", subsequent_indent="    ")
    return [
        "",
        "removed = np.isin(data.train.ids, [  # the rows to remove, by id",
        *ids,
        "])",
        "predicted = ax.unlearn(fit, removed, method=method, targets=target)  # .theta, .effects",
        "retrained = ax.retrain(fit, removed)  # .theta, .effects(target)",
    ]


def _model(spec: Spec, data: DataSummary) -> str:
    name = model_of(spec, data)
    return f"model={name!r}" + (f", hidden=({spec.hidden},)" if name == "mlp" else "")


def _penalty(spec: Spec) -> str:
    return f"ax.{_PENALTIES[spec.penalty]}({spec.strength!r})" if spec.penalty != "none" else "None"


def _target(spec: Spec, data: DataSummary) -> str:
    column = data.sensitive[spec.sensitive] if data.sensitive else None
    if spec.target in _GAPS:
        return f"ax.{_GAPS[spec.target]}({column!r}, split={spec.split!r})"
    return {
        "mean_loss": f"ax.MeanLoss({spec.split!r})",
        "point_loss": f"ax.PointLoss({spec.split!r}, {spec.row})",
        "prediction": f"ax.Prediction({spec.split!r}, {spec.row})",
    }[spec.target]


def _method(spec: Spec, data: DataSummary, points: Points | None) -> str:
    settings = [f"solver={_solver(spec, data, points)}", f"damping={spec.damping!r}"]
    if spec.rescale:
        settings.append("rescale=True")
    return f"ax.{_METHODS[spec.method]}({', '.join(settings)})"


def _solver(spec: Spec, data: DataSummary, points: Points | None) -> str:
    if spec.solver == "cholesky":
        return "ax.Cholesky()"
    if spec.solver == "conjugate_gradient":
        return "ax.ConjugateGradient()"
    scale = points.solver.scale if points is not None else spec.scale
    depth = points.solver.depth if points is not None else spec.depth
    # All rows in every step: the mean that the explorer shows.
    return f"ax.LiSSA(scale={scale!r}, depth={depth!r}, repeats=1, batch_size={data.n_train})"
