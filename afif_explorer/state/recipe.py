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
from afif_explorer.results import DataSummary, Points, SolverSummary
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
        "import afif_explorer as ax",
        "",
        *_fit(spec, data),
        f"target = {TARGETS[spec.target].call(spec, data).code}",
        f"method = {method_code(spec, data, points.solver if points is not None else None)}",
        "effects = ax.attribute(fit, target, method=method)  # one number for each training row",
        *_removal(removed),
        *_view(spec, data, points),
    ]
    return "\n".join(lines) + "\n"


def _fit(spec: Spec, data: DataSummary) -> list[str]:
    if data.given is not None:
        return [
            "# fit: the fit that the explorer was given, which code cannot repeat. Keep it by",
            "# fit.save(folder) and ax.load_fit(folder, ...), or fit it again as you did.",
        ]
    return [*_data(spec, data), f"fit = {fit_code(spec, data)}"]


def _data(spec: Spec, data: DataSummary) -> list[str]:
    if not is_upload(spec.dataset):
        return [f"data = ax.load_dataset({spec.dataset!r}, seed={spec.seed})"]
    if data.made is None:
        return ["# data: the data set that the explorer was given"]
    table = "# frame: the table that the data set was made of, as a pandas data frame"
    if data.file:
        read = "".join(f", {name}={value!r}" for name, value in data.how.items())
        table = f"frame = ax.inspect({data.file!r}{read}).frame"
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
    return [
        "",
        *listed("removed", removed, "the rows to remove, by id"),
        "predicted = ax.unlearn(fit, removed, method=method, targets=target)  # .theta, .effects",
        "retrained = ax.retrain(fit, removed)  # .theta, .effects(target)",
    ]


def listed(name: str, numbers: Sequence[int], about: str) -> list[str]:
    """The lines of a list of numbers."""
    told = ", ".join(map(str, numbers))
    lines = wrap(told, _LINE, initial_indent="    ", subsequent_indent="    ")
    return [f"{name} = [  # {about}", *lines, "]"]


def _view(spec: Spec, data: DataSummary, points: Points | None) -> list[str]:
    """What the view compares beside the effects."""
    plain = spec.replace(leverage_correction=False)
    if spec.view == "agreement":
        ran = points.solver if points is not None else None
        fisher = method_code(plain.replace(method="afif"), data, ran)
        hessian = METHODS["infinitesimal_jackknife"].call(plain, Call("Cholesky")).code
        return [
            "",
            f"fisher = ax.attribute(fit, target, method={fisher})",
            f"hessian = ax.attribute(fit, target, method={hessian})",
        ]
    if spec.view == "cross_validation":
        method = f"ax.{METHODS[spec.method].public}(damping={spec.damping!r})"
        return ["", f"held_out = ax.cross_validate(fit, method={method})  # .losses, .mean"]
    return []


def _model(spec: Spec, data: DataSummary) -> str:
    settings = chosen_model(spec.model, data).settings(spec)
    return ", ".join(f"{name}={value!r}" for name, value in settings.items())


def _penalty(spec: Spec) -> str:
    call = PENALTIES[spec.penalty].call(spec)
    return call.code if call is not None else "None"


def fit_code(spec: Spec, data: DataSummary) -> str:
    """The call that fits the model."""
    return f"ax.fit(data, {_model(spec, data)}, penalty={_penalty(spec)}, seed={spec.seed})"


def method_code(spec: Spec, data: DataSummary, solver: SolverSummary | None) -> str:
    """The method, with the settings that its ``solver`` ran with, where that is known."""
    ran = spec if solver is None else solver
    used = SOLVERS[spec.solver].call(Used(ran.scale, ran.depth, data.n_train))
    return METHODS[spec.method].call(spec, used).code
