"""The second stage: the trained model."""

from __future__ import annotations

from afif_explorer.analysis import fitting
from afif_explorer.analysis.fitting import Fit
from afif_explorer.engine.problem.losses import Bernoulli, Categorical, Gaussian, Poisson
from afif_explorer.engine.problem.models import LinearMap
from afif_explorer.engine.problem.penalties import PENALTIES, Penalty
from afif_explorer.engine.runtime.device import described
from afif_explorer.results import FitSummary
from afif_explorer.spec import Spec
from afif_explorer.study.data import data
from afif_explorer.study.labels import label
from afif_explorer.study.store import stage

METRICS = {"mean_loss": "Mean loss", "accuracy": "Accuracy", "r2": "R²", "rmse": "RMSE"}
AT_ZERO = "Parameters at zero"
_PLAIN = {Gaussian: "linear", Bernoulli: "logistic", Categorical: "softmax", Poisson: "poisson"}


def fit(spec: Spec) -> Fit:
    """The model trained on all training rows."""

    def train_it() -> Fit:
        hidden, penalty = (spec.hidden,), penalty_of(spec)
        return fitting.fit(data(spec), spec.model, penalty, seed=spec.seed, hidden=hidden)

    return stage("fit", spec, train_it)


def penalty_of(spec: Spec) -> Penalty | None:
    """The engine's penalty for the choices."""
    return None if spec.penalty == "none" else PENALTIES[spec.penalty](spec.strength)


def train(spec: Spec) -> FitSummary:
    """What training reached."""
    found = fit(spec)
    metrics = {METRICS[name]: value for name, value in found.metrics.items()}
    if not found.objective.smooth:
        metrics[AT_ZERO] = int((found.theta == 0).sum())
    return FitSummary(
        model=label("model", kind_of(found)),
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


def kind_of(found: Fit) -> str:
    """The name of a trained model: what "auto" stood for."""
    if not isinstance(found.objective.model, LinearMap):
        return "mlp"
    return _PLAIN[type(found.objective.loss)]
