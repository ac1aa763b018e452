"""The target for increasing numbers of removed rows, predicted by each method and retrained."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from afif_explorer.analysis.removal.refits import retrain
from afif_explorer.errors import CurvatureError, SolverDiverged
from afif_explorer.progress import report
from afif_explorer.results import SolverSummary
from afif_explorer.spec import Spec
from afif_explorer.study.effects import without
from afif_explorer.study.fitting import fit
from afif_explorer.study.store import stage
from afif_explorer.study.targets import aim

_SINGULAR = "without the removed rows the curvature is not positive definite."


@dataclass(frozen=True, eq=False)
class Sweep:
    """The target after each count of removals, by method; how each was solved; why some are missing."""

    curves: dict[str, np.ndarray] = field(default_factory=dict)
    solvers: list[SolverSummary] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def predicted_sweep(spec: Spec, order: np.ndarray, counts: list[int]) -> Sweep:
    """The target after each count of removals, predicted by each method."""
    methods = {
        "AFIF": spec.replace(method="afif", leverage_correction=False),
        "AFIF, leverage correction": spec.replace(method="afif", leverage_correction=True),
        "Newton step": spec.replace(method="newton_step", solver="cholesky"),
    }
    sweep = Sweep()
    for name, choices in methods.items():
        report(f"Sweep of removals: {name}", len(sweep.curves), len(methods))
        try:
            found = without(choices, order, counts)
        except CurvatureError:  # a network's Hessian may be indefinite without the rows
            sweep.notes.append(f"{name} is left out of the sweep: {_SINGULAR}")
            continue
        except SolverDiverged as error:
            # Under the Fisher, where the chosen method takes the Hessian.
            sweep.notes.append(f"{name} is left out of the sweep. {error}")
            continue
        sweep.curves[name] = _focus(spec, found.thetas)
        sweep.solvers.append(found.summary)
    return sweep


def _focus(spec: Spec, thetas: Tensor) -> np.ndarray:
    """The target at each of the parameters ``[p, m]``."""
    return np.array([aim(spec).bound.value(theta) for theta in thetas.T])


def retrained_sweep(spec: Spec, order: np.ndarray, counts: list[int]) -> np.ndarray:
    """The target after true refits without each count of rows."""
    found = []
    for done, count in enumerate(counts):
        report("Sweep of removals: retraining", done, len(counts))
        found.append(refit(spec, order[:count])[0])
    return _focus(spec, torch.stack(found, dim=1))


def refit(spec: Spec, removed: np.ndarray) -> tuple[Tensor, float]:
    """Parameters of a true refit without some rows, and the gradient norm that it reached."""

    def work() -> tuple[Tensor, float]:
        found = retrain(fit(spec), fit(spec).ids[removed])
        return fit(spec).objective.vector(found.theta), found.gradient_norm

    # What is refitted depends on the rows alone, however they were picked.
    return stage("refit", spec, work, np.sort(removed).astype(np.int64).tobytes())
