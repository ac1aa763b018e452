"""The settings of a session as Python code that computes the same results."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from afif_explorer.choices.call import Call
from afif_explorer.choices.methods import METHODS
from afif_explorer.choices.models import chosen_model
from afif_explorer.choices.penalties import PENALTIES
from afif_explorer.choices.solvers import SOLVERS
from afif_explorer.choices.solvers.kind import Used
from afif_explorer.choices.targets import TARGETS
from afif_explorer.results import DataSummary, Points
from afif_explorer.spec import Spec
from afif_explorer.study.keys import is_upload

_LINE = 100  # characters


def as_python(
    spec: Spec, data: DataSummary, points: Points | None, removed: Sequence[int] = ()
) -> str:
    """A script that uses public names only. Names from the data appear as quoted literals.

    ``removed`` are ids of training rows: the script unlearns them and retrains without them.
    """
    lines = [
        *_imports(data, removed),
        *_data(spec, data),
        f"fit = ax.fit(data, {_model(spec, data)}, penalty={_penalty(spec)}, seed={spec.seed})",
        f"target = {TARGETS[spec.target].call(spec, data).code}",
        f"method = {METHODS[spec.method].call(spec, _solver(spec, data, points)).code}",
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
    settings = chosen_model(spec.model, data).settings(spec)
    return ", ".join(f"{name}={value!r}" for name, value in settings.items())


def _penalty(spec: Spec) -> str:
    call = PENALTIES[spec.penalty].call(spec)
    return call.code if call is not None else "None"


def _solver(spec: Spec, data: DataSummary, points: Points | None) -> Call:
    ran = points.solver if points is not None else spec
    return SOLVERS[spec.solver].call(Used(ran.scale, ran.depth, data.n_train))
