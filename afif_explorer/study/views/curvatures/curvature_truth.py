"""Effects under both curvatures beside refits and the proximal Bregman response."""

from __future__ import annotations

import numpy as np

from afif_explorer.analysis.removal.refits import bregman_response_each
from afif_explorer.analysis.rows import compare
from afif_explorer.errors import CurvatureError, InvalidChoice, SolverDiverged
from afif_explorer.results import Closeness, CurvatureTruth
from afif_explorer.spec import Spec
from afif_explorer.study.effects import effects
from afif_explorer.study.fitting import fit
from afif_explorer.study.targets import aim, target_label, target_unit

RETRAINED, RESPONSE = "retrained", "Bregman response"
SAME = (
    "For this model, whose outputs are linear in the parameters, the proximal Bregman response equals the "
    "refit; choose a neural network to see them part."
)


def curvature_truth(spec: Spec, rows: np.ndarray, retrained: np.ndarray) -> CurvatureTruth:
    """Of the training rows at these positions, with their ``retrained`` effects ``[m]``."""
    notes: list[str] = []
    predicted = {name: values[rows] for name, values in _curvatures(spec, notes).items()}
    truths, norm = {RETRAINED: retrained}, None
    if fit(spec).objective.canonical:
        notes.append(SAME)
    else:
        try:
            found = bregman_response_each(
                fit(spec), fit(spec).ids[rows], aim(spec).target, damping=spec.damping
            )
            truths[RESPONSE], norm = found.effects, float(found.gradient_norm.max())
        except InvalidChoice as error:
            notes.append(f"There is no proximal Bregman response. {error}")
    return CurvatureTruth(
        ids=fit(spec).ids[rows],
        predicted=predicted,
        truths=truths,
        closeness={
            (name, truth): _closeness(guess, actual)
            for name, guess in predicted.items()
            for truth, actual in truths.items()
        },
        gradient_norm=norm,
        target_label=target_label(spec),
        unit=target_unit(spec),
        notes=tuple(notes),
    )


def _curvatures(spec: Spec, notes: list[str]) -> dict[str, np.ndarray]:
    """Effects of all rows under each curvature by the plain step, as the view compares them."""
    plain = spec.replace(leverage_correction=False)
    asked = {
        "Fisher": plain.replace(method="afif"),
        "Hessian": plain.replace(method="infinitesimal_jackknife", solver="cholesky"),
    }
    found = {}
    for name, one in asked.items():
        try:
            found[name] = effects(one).values
        except (CurvatureError, SolverDiverged) as error:
            notes.append(f"The {name} has no effects here. {error}")
    return found


def _closeness(guess: np.ndarray, actual: np.ndarray) -> Closeness:
    known = np.isfinite(guess) & np.isfinite(actual)
    guess, actual = guess[known], actual[known]
    size = float(np.linalg.norm(actual))
    return Closeness(
        pearson=compare.pearson(guess, actual),
        slope=compare.slope(guess, actual),
        error=float(np.linalg.norm(guess - actual)) / size if size else 0.0,
    )
