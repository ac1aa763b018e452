"""Fits that an explorer was given, which takes the place of choosing a data set and training a model."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakValueDictionary

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.retraining import BUILT_IN
from afif_explorer.analysis.fits.samples import SPLITS
from afif_explorer.choices.models import TRAINABLE
from afif_explorer.choices.penalties import PENALTIES
from afif_explorer.choices.penalties.kinds import PenaltyOption
from afif_explorer.datasets import Dataset
from afif_explorer.engine.models.model import LinearMap
from afif_explorer.engine.models.module_model import MLP
from afif_explorer.engine.problem.losses import LOSSES
from afif_explorer.errors import DataError, InvalidChoice
from afif_explorer.results import GivenFit
from afif_explorer.spec import RANGES, Spec
from afif_explorer.study.given_rows import dataset_of, named_samples
from afif_explorer.study.keys import GIVEN, is_given

GONE = (
    "This is a fit that an explorer was given in Python, and it is no longer there: a link or a saved state "
    "cannot carry it. Fit or load it again and call ax.Explorer(fit=fit) or ax.serve(fit)."
)
NO_SEQUENCES = (
    "The explorer shows no models of sequences; see ax.attribute_tokens(fit, target) for those."
)


@dataclass(frozen=True, eq=False)
class Given:
    """A fit under a ``name`` for a :class:`~afif_explorer.spec.Spec`, with its rows as a data set.

    It is known by its name as long as somebody holds it.
    """

    name: str
    fit: Fit
    dataset: Dataset
    named: bool  # whether its classes have names

    @property
    def settings(self) -> dict[str, Any]:
        """The fields of a spec that the fit decides."""
        penalty = self.fit.objective.penalty
        option = _penalty_option(self.fit)
        found: dict[str, Any] = {"dataset": self.name, "model": "auto", "penalty": option.key}
        if penalty is not None and option.public:
            low, high = RANGES["strength"]
            found["strength"] = min(max(float(penalty.strength), low), high)
        return found

    @property
    def start(self) -> dict[str, Any]:
        """The settings that an explorer of it starts with."""
        splits = [name for name in SPLITS if len(getattr(self.dataset, name))]
        count = min(Spec().count, max(1, self.fit.n // 10))
        return self.settings | {"split": splits[-1], "count": count}

    @property
    def summary(self) -> GivenFit:
        """The fit in words."""
        own = self.fit.trainer
        name = getattr(own, "__name__", type(own).__name__)
        return GivenFit(
            model=model_words(self.fit),
            penalty=_penalty_words(self.fit),
            retrained_by=BUILT_IN if own is None else f"your trainer {name}",
        )


_KNOWN: WeakValueDictionary[str, Given] = WeakValueDictionary()


def add_fit(fit: Fit) -> Given:
    """Make a fit known under a name. The caller holds what is returned as long as it is needed.

    Raises :class:`InvalidChoice` for anything but a fit, and for a model of sequences.
    """
    if not isinstance(fit, Fit):
        raise InvalidChoice(f"Expected a Fit, got {type(fit).__name__}; create one with ax.fit.")
    if fit.objective.loss.sequences:
        raise InvalidChoice(NO_SEQUENCES)
    dataset, named = fit.data, fit
    if dataset is None:
        dataset = dataset_of(fit)
        named = replace(fit, data=dataset, samples=named_samples(fit, dataset))
    name = f"{GIVEN}{uuid.uuid4().hex}"
    found = _KNOWN[name] = Given(name, named, dataset, fit.data is not None)
    return found


def given(dataset: str) -> Given | None:
    """The fit of that name; None for a data set of another kind. Raises :class:`DataError` if it is gone."""
    if not is_given(dataset):
        return None
    found = _KNOWN.get(dataset)
    if found is None:
        raise DataError(GONE)
    return found


def model_words(fit: Fit) -> str:
    """The model of a fit: a built-in one by its label, another by its class."""
    model, loss = fit.objective.model, fit.objective.loss
    if isinstance(model, MLP):
        return TRAINABLE["mlp"].label
    if isinstance(model, LinearMap):
        families = {kind: name for name, kind in LOSSES.items()}
        family = families.get(type(loss), "")
        for option in TRAINABLE.values():
            if option.loss and option.loss == family:
                return option.label
        return f"Linear model with the loss {loss.name}"
    return f"Own model {_class_of(model)} with the loss {loss.name}"


def _class_of(model: Any) -> str:
    inner = model.to_module(model.initial(0)) if hasattr(model, "parameters") else model
    return type(inner).__name__


def _penalty_option(fit: Fit) -> PenaltyOption:
    """The declared penalty that is treated as the fit's own is."""
    penalty = fit.objective.penalty
    if penalty is None:
        return PENALTIES["none"]
    for option in PENALTIES.values():
        if option.public == type(penalty).__name__:
            return option
    return PENALTIES["ridge" if fit.objective.smooth else "lasso"]


def _penalty_words(fit: Fit) -> str:
    penalty = fit.objective.penalty
    option = _penalty_option(fit)
    if penalty is None:
        return option.label.lower()
    own = option.public != type(penalty).__name__
    name = f"penalty {type(penalty).__name__}" if own else option.label.lower()
    return f"{name} {penalty.strength:g}"
