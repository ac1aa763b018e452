"""The second stage: the trained model."""

from __future__ import annotations

from afif_explorer.analysis import fitting
from afif_explorer.analysis.fitting import Fit
from afif_explorer.engine import penalties
from afif_explorer.engine.losses import Bernoulli, Categorical, Gaussian, Poisson
from afif_explorer.engine.models import LinearMap
from afif_explorer.engine.penalties import Kinked, Penalty
from afif_explorer.results import FitSummary
from afif_explorer.spec import Spec
from afif_explorer.study.data import data
from afif_explorer.study.labels import label
from afif_explorer.study.store import stage

METRICS = {"mean_loss": "Mean loss", "accuracy": "Accuracy", "r2": "R²", "rmse": "RMSE"}
_CLASSES = {
    "ridge": "Ridge",
    "lasso": "Lasso",
    "elastic_net": "ElasticNet",
    "group_lasso": "GroupLasso",
}
_PLAIN = {Gaussian: "linear", Bernoulli: "logistic", Categorical: "softmax", Poisson: "poisson"}


def penalties_here() -> dict[str, type[Penalty] | None]:
    """The penalties that the engine has, and that a plain solve with the curvature is right for."""
    found = {name: getattr(penalties, kind, None) for name, kind in _CLASSES.items()}
    smooth = {name: kind for name, kind in found.items() if kind and not issubclass(kind, Kinked)}
    return {"none": None, **smooth}


def fit(spec: Spec) -> Fit:
    """The model trained on all training rows."""
    kind = penalties_here().get(spec.penalty)

    def train_it() -> Fit:
        penalty = None if kind is None else kind(spec.strength)
        hidden = (spec.hidden,)
        return fitting.fit(data(spec), spec.model, penalty, seed=spec.seed, hidden=hidden)

    return stage("fit", spec, train_it)


def train(spec: Spec) -> FitSummary:
    """What training reached."""
    found = fit(spec)
    return FitSummary(
        model=label("model", kind_of(found)),
        n_parameters=found.objective.p,
        metrics={METRICS[name]: value for name, value in found.metrics.items()},
        gradient_norm=found.gradient_norm,
        converged=found.converged,
        steps=found.steps,
        seconds=found.seconds,
        advice=found.advice,
    )


def kind_of(found: Fit) -> str:
    """The name of a trained model: what "auto" stood for."""
    if not isinstance(found.objective.model, LinearMap):
        return "mlp"
    return _PLAIN[type(found.objective.loss)]
