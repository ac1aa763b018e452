"""The choices of a session as Python code that works the same numbers out."""

from __future__ import annotations

from afif_explorer.results import DataSummary, Points
from afif_explorer.spec import Spec
from afif_explorer.state.words import model_of

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


def as_python(spec: Spec, data: DataSummary, points: Points | None) -> str:
    """A script that uses public names only. Names from the data appear as quoted literals."""
    lines = [
        "import afif_explorer as ax",
        "",
        *_data(spec, data),
        f"fit = ax.fit(data, {_model(spec, data)}, penalty={_penalty(spec)}, seed={spec.seed})",
        f"target = {_target(spec, data)}",
        f"method = {_method(spec, data, points)}",
        "effects = ax.attribute(fit, target, method=method)  # one number for each training row",
    ]
    return "\n".join(lines) + "\n"


def _data(spec: Spec, data: DataSummary) -> list[str]:
    if not spec.dataset.startswith("upload-"):
        return [f"data = ax.load_dataset({spec.dataset!r}, seed={spec.seed})"]
    return [
        "# frame: your table, as a pandas data frame",
        f"data = ax.Dataset.from_frame(frame, target={data.target!r},",
        f"    sensitive={list(data.sensitive)!r}, task={data.task!r}, seed={spec.seed})",
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
