"""Approximate leave-one-out cross-validation over penalty strengths."""

from __future__ import annotations

import copy
import math
from contextlib import suppress
from dataclasses import fields, replace

import numpy as np

from afif_explorer.analysis.fits.prepared import prepared
from afif_explorer.analysis.heldout.crossvalidation import CrossValidation, held_out
from afif_explorer.analysis.heldout.crossvalidation_path import (
    CrossValidationPath,
    cross_validation_path,
)
from afif_explorer.choices import label
from afif_explorer.choices.methods import METHODS
from afif_explorer.choices.penalties import PENALTIES
from afif_explorer.choices.units import loss_unit
from afif_explorer.engine.influence.methods import Method
from afif_explorer.engine.problem.losses import Gaussian, Poisson
from afif_explorer.errors import CurvatureError
from afif_explorer.progress import report
from afif_explorer.results import CrossValidationReport
from afif_explorer.spec import RANGES, Spec
from afif_explorer.study.data import data
from afif_explorer.study.fitting import fit, penalty_of
from afif_explorer.study.keys import is_given
from afif_explorer.study.solving import curvature_of, influence
from afif_explorer.study.store import stage
from afif_explorer.study.views.heldout import HeldOut, check_of, estimates_of

STRENGTHS = np.geomspace(1e-5, 10, 13)  # times the unit that ``strengths_for`` finds
_DIRECT = "Solved directly: the choice of solver does not matter here."
_OWN_MODEL = (
    "Other strengths are left out: this model was trained elsewhere, and would have to be again."
)
_NO_PENALTY = "Without a penalty there is no strength to choose; choose a penalty to see its path."


def cross_validation(spec: Spec, checked: bool = False) -> CrossValidationReport:
    """Mean held-out loss at each penalty strength, and every row's increase in loss at the chosen one.

    No refits without rows: the model is fitted once for each strength, and the fits without single
    rows are predicted by the chosen method. The leverage correction is always used: without it, weak
    penalties, for which rows determine their own predictions, look far too good. ``checked`` adds true
    refits without some random rows, at the weakest, the best and the strongest strength. Raises
    :class:`CurvatureError` if there is no solution at the chosen strength.
    """
    here, path = _here(spec), _path(spec)
    now = HeldOut(fit(spec), here.losses)
    known = [] if path is None else [_at(spec, path, i) for i in range(len(path.strengths))]
    return CrossValidationReport(
        penalty=label("penalty", spec.penalty),
        strengths=np.empty(0) if path is None else path.strengths,
        mean=np.empty(0) if path is None else path.means,
        standard_error=np.empty(0) if path is None else path.standard_errors,
        training=np.array([at.fitted.mean() for at in known]),
        best=None if path is None else path.best,
        one_standard_error=None if path is None else path.one_standard_error,
        strength=None if path is None else spec.strength,
        mean_here=here.mean,
        standard_error_here=here.standard_error,
        ids=data(spec).train.ids,
        rise=now.rise,
        leverage=influence(spec, curvature_of(spec)).leverage().cpu().numpy(),
        n_parameters=fit(spec).objective.p,
        check=check_of(spec, _to_check(path, known) or {spec.strength: now}) if checked else None,
        unit=loss_unit(data(spec)),
        notes=(*here.notes, *_notes(spec, path)),
        estimates=estimates_of(spec, _method(spec)) if checked else None,
    )


def _to_check(path: CrossValidationPath | None, known: list[HeldOut]) -> dict[float, HeldOut]:
    """The weakest, the best and the strongest strength; the middle one if the best is one of those."""
    if path is None:
        return {}
    best, last = int(path.means.argmin()), len(known) - 1
    middle = best if 0 < best < last else last // 2
    return {float(path.strengths[i]): known[i] for i in sorted({0, middle, last})}


def strengths_for(spec: Spec) -> np.ndarray:
    """The grid; for sums of sizes in the unit of what is predicted, to a power of ten."""
    unit, found = 1.0, fit(spec)
    if PENALTIES[spec.penalty].nonsmooth and isinstance(found.objective.loss, Gaussian | Poisson):
        spread = float(found.objective.y.double().std())
        unit = 10.0 ** round(math.log10(spread)) if spread > 0 else 1.0
    return np.clip(STRENGTHS * unit, *RANGES["strength"])


def _method(spec: Spec) -> Method:
    return METHODS[spec.method].engine_class(damping=spec.damping)


def _here(spec: Spec) -> CrossValidation:
    def work() -> CrossValidation:
        return held_out(prepared(_method(spec), fit(spec)), None, spec.seed)

    return stage("held out", spec, work)


def _path(spec: Spec) -> CrossValidationPath | None:
    """The strengths with a solution, each cached separately; None without a penalty."""
    found = []
    grid = strengths_for(spec).tolist() if _has_path(spec) else ()
    for done, strength in enumerate(grid):
        report("Regularisation path", done, len(grid))
        with suppress(CurvatureError):  # a note says how many
            found.append(_point(spec, strength))
    if not found:
        return None
    parts = {f.name: [getattr(one, f.name) for one in found] for f in fields(CrossValidationPath)}
    return CrossValidationPath(**{name: np.concatenate(part) for name, part in parts.items()})


def _has_path(spec: Spec) -> bool:
    """Whether other strengths can be fitted: there is a penalty, and a model that is trained here."""
    own = is_given(spec.dataset) and not fit(spec).objective.canonical
    return spec.penalty != "none" and not own and fit(spec).trainer is None


def _point(spec: Spec, strength: float) -> CrossValidationPath:
    """One strength, fitted from the chosen fit, or afresh where there may be many minima."""

    def work() -> CrossValidationPath:
        return cross_validation_path(
            fit(spec) if fit(spec).objective.canonical else data(spec),
            [strength],
            model=spec.model,
            penalty=penalty_of(spec),
            method=_method(spec),
            seed=spec.seed,
            hidden=(spec.hidden,),
        )

    return stage("held out along a path", spec.replace(strength=strength), work)


def _at(spec: Spec, path: CrossValidationPath, place: int) -> HeldOut:
    """The fit of one strength of the path; its rows are those of the chosen fit, not copied."""
    found = fit(spec)
    objective, penalty = copy.copy(found.objective), found.objective.penalty
    assert penalty is not None  # or there were no path
    objective.penalty = replace(penalty, strength=float(path.strengths[place]))
    at = replace(found, objective=objective, theta=path.thetas[place])
    return HeldOut(at, path.losses[place])


def _notes(spec: Spec, path: CrossValidationPath | None) -> list[str]:
    if spec.penalty == "none":
        return [_NO_PENALTY, _DIRECT]
    if not _has_path(spec):
        return [_OWN_MODEL, _DIRECT]
    notes = [_DIRECT]
    missing = len(STRENGTHS) - (0 if path is None else len(path.strengths))
    if missing:
        notes.append(
            f"{missing} of {len(STRENGTHS)} strengths are left out: without some row the curvature there is "
            "not positive definite; add damping."
        )
    unfinished = 0 if path is None else int((~path.converged).sum())
    if unfinished:
        notes.append(
            f"At {unfinished} strengths training stopped early; their losses are uncertain."
        )
    if not fit(spec).objective.canonical:
        notes.append("Each strength trains the network afresh, so the path need not be smooth.")
    return notes
