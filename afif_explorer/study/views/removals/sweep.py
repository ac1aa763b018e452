"""The target for increasing numbers of removed rows, predicted by each method and retrained."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from afif_explorer.analysis.fits.basins import elsewhere
from afif_explorer.analysis.fits.metrics import measure
from afif_explorer.analysis.removal.refits import retrain
from afif_explorer.errors import CurvatureError, SolverDiverged
from afif_explorer.progress import report
from afif_explorer.results import SolverSummary
from afif_explorer.spec import Spec
from afif_explorer.study.effects import without
from afif_explorer.study.fitting import fit
from afif_explorer.study.store import stage
from afif_explorer.study.targets import aim

UTILITIES = ("accuracy", "subset_accuracy", "rmse")  # the first that is measured, or the mean loss
SWEPT: dict[str, dict[str, Any]] = {  # name: the choices that make the method of a sweep
    "AFIF": {"method": "afif", "leverage_correction": False},
    "AFIF, leverage correction": {"method": "afif", "leverage_correction": True},
    "Newton step": {"method": "newton_step", "solver": "cholesky"},
}
_SINGULAR = "without the removed rows the curvature is not positive definite."


@dataclass(frozen=True, eq=False)
class Sweep:
    """The target after each count of removals, by method; how each was solved; why some are missing."""

    curves: dict[str, np.ndarray] = field(default_factory=dict)
    utilities: dict[str, np.ndarray] = field(default_factory=dict)  # see :func:`utility`
    solvers: list[SolverSummary] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def predicted_sweep(spec: Spec, order: np.ndarray, counts: list[int]) -> Sweep:
    """The target after each count of removals, predicted by each method."""
    sweep = Sweep()
    for name, choices in SWEPT.items():
        report(f"Sweep of removals: {name}", len(sweep.curves), len(SWEPT))
        try:
            found = without(spec.replace(**choices), order, counts)
        except CurvatureError:  # a network's Hessian may be indefinite without the rows
            sweep.notes.append(f"{name} is left out of the sweep: {_SINGULAR}")
            continue
        except SolverDiverged as error:
            # Under the Fisher, where the chosen method takes the Hessian.
            sweep.notes.append(f"{name} is left out of the sweep. {error}")
            continue
        _follow(sweep, name, spec, found.thetas)
        sweep.solvers.append(found.summary)
    return sweep


def utility(spec: Spec) -> str:
    """The measure of :func:`~afif_explorer.analysis.fits.metrics.measure` that tells what a removal costs."""
    return next((name for name in UTILITIES if name in fit(spec).metrics), "mean_loss")


def _follow(sweep: Sweep, name: str, spec: Spec, thetas: Tensor) -> None:
    """Add the target and the utility, on the same rows, at each of the parameters ``[p, m]``."""
    sample, measured, objective = fit(spec).sample(spec.split), utility(spec), fit(spec).objective
    sweep.curves[name] = np.array([aim(spec).bound.value(theta) for theta in thetas.T])
    sweep.utilities[name] = np.array(
        [measure(objective, theta, sample)[measured] for theta in thetas.T]
    )


def retrained_sweep(spec: Spec, order: np.ndarray, counts: list[int], sweep: Sweep) -> None:
    """Add the target after true refits without each count of rows."""
    found = []
    for done, count in enumerate(counts):
        report("Sweep of removals: retraining", done, len(counts))
        found.append(refit(spec, order[:count]))
    _follow(sweep, "retrained", spec, torch.stack([one.theta for one in found], dim=1))
    if told := elsewhere(np.array([one.another_basin for one in found])):
        sweep.notes.append(f"In the sweep, {told[0].lower()}{told[1:]}")


class Refit(NamedTuple):
    """A true refit ``[p]``, the gradient norm it reached, and whether it is in another minimum."""

    theta: Tensor
    gradient_norm: float
    another_basin: bool


def refit(spec: Spec, removed: np.ndarray) -> Refit:
    """A true refit without some rows."""

    def work() -> Refit:
        found = retrain(fit(spec), fit(spec).ids[removed])
        theta = fit(spec).objective.vector(found.theta)
        return Refit(theta, found.gradient_norm, found.another_basin)

    # What is refitted depends on the rows alone, however they were picked.
    return stage("refit", spec, work, np.sort(removed).astype(np.int64).tobytes())
