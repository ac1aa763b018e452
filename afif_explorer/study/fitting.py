"""The second stage: the trained model."""

from __future__ import annotations

from afif_explorer.analysis.fits import fitting
from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.choices.penalties import PENALTIES
from afif_explorer.choices.targets import TARGETS
from afif_explorer.engine.problem.penalties import Penalty
from afif_explorer.engine.runtime.device import described
from afif_explorer.results import FitSummary
from afif_explorer.spec import Spec
from afif_explorer.study.data import data
from afif_explorer.study.given import given, model_words
from afif_explorer.study.store import stage

METRICS = {
    "mean_loss": TARGETS["mean_loss"].metric,
    "accuracy": "Accuracy",
    "label_accuracy": "Accuracy of the labels",
    "subset_accuracy": "Rows with all labels right",
    "r2": "R²",
    "rmse": "RMSE",
}
AT_ZERO = "Parameters at zero"


def fit(spec: Spec) -> Fit:
    """The model trained on all training rows, or the one that the explorer was given."""
    known = given(spec.dataset)
    if known is not None:
        return known.fit

    def train_it() -> Fit:
        hidden, penalty = (spec.hidden,), penalty_of(spec)
        return fitting.fit(data(spec), spec.model, penalty, seed=spec.seed, hidden=hidden)

    return stage("fit", spec, train_it)


def penalty_of(spec: Spec) -> Penalty | None:
    """The engine's penalty for the choices."""
    call = PENALTIES[spec.penalty].call(spec)
    return None if call is None else call.make()


def train(spec: Spec) -> FitSummary:
    """The result of training."""
    found = fit(spec)
    metrics = {METRICS[name]: value for name, value in found.metrics.items()}
    if not found.objective.smooth:
        metrics[AT_ZERO] = int((found.theta == 0).sum())
    return FitSummary(
        model=model_words(found),
        n_parameters=found.objective.p,
        metrics=metrics,
        gradient_norm=found.gradient_norm,
        gradient_threshold=found.gradient_threshold,
        converged=found.converged,
        steps=found.steps,
        seconds=found.seconds,
        device=described(found.objective.device),
        advice=found.advice,
    )
