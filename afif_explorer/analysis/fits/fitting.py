"""``fit``: train a model on a data set; ``Fit``: the trained model with its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from afif_explorer.analysis.fits.description import (
    describe_loss,
    describe_model,
    describe_penalty,
    digest_of,
    outputs_of,
)
from afif_explorer.analysis.fits.folder import write
from afif_explorer.analysis.fits.metrics import measure, measured_rows
from afif_explorer.analysis.fits.objectives import objective_for
from afif_explorer.analysis.fits.prepared import PreparedMethods
from afif_explorer.analysis.fits.samples import HeldOut, samples_of, samples_of_data
from afif_explorer.analysis.fits.sensitive import Sensitive
from afif_explorer.analysis.fits.shown import in_words
from afif_explorer.analysis.fits.trainer import Trainer
from afif_explorer.engine.curvature.minimum import negative_curvature
from afif_explorer.engine.models.model import LinearMap
from afif_explorer.engine.models.module_parameters import Penalised
from afif_explorer.engine.models.rows import check_finite
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.problem.penalties import Penalty, Ridge
from afif_explorer.engine.targets.bound import Sample
from afif_explorer.engine.training.convergence import gradient_terms
from afif_explorer.engine.training.fit import minimise
from afif_explorer.errors import InvalidChoice
from afif_explorer.html_tables import html_table
from afif_explorer.wording import quoted

if TYPE_CHECKING:
    from afif_explorer.datasets import Dataset
    from afif_explorer.engine.problem.objective import RowsLike

_SAVED = (
    "gradient_norm",
    "gradient_threshold",
    "converged",
    "advice",
    "steps",
    "seconds",
    "seed",
    "metrics",
)


@dataclass(frozen=True, eq=False, repr=False)
class Fit:
    """A trained model with its rows, for all questions about their influence.

    Attributes:
        theta: flat parameters ``[p]`` (NumPy). For linear maps: weights row by row, then intercepts.
        gradient_norm: Euclidean norm of the objective's gradient at ``theta``; 0 at a minimum. With a
            non-smooth penalty, of ``theta - prox(theta - gradient)``, 0 at a minimum likewise.
        gradient_threshold: at and below which that counts as a minimum: 1e-8 of the mean norm of the rows'
            loss gradients, or the rounding error, if that is more
            (:mod:`afif_explorer.engine.training.convergence`).
        converged: True if the norm is at most the threshold. advice: what to change if it is not.
        metrics: measured on the test rows (the training rows, if there are none): see
            :func:`~afif_explorer.analysis.fits.metrics.measure`.
        steps, seconds: of training.
        data: the :class:`~afif_explorer.datasets.Dataset`, or None for an objective of your own.
        samples: the rows of each split, for targets. seed: of the start of training.
        objective: the engine's :class:`~afif_explorer.engine.problem.objective.Objective`.
        trainer: the owner's training, by which all refits are made (see :func:`from_trained`); None: the
            optimiser of this package. own_trainings: cache of trainers by identity
            (:mod:`afif_explorer.analysis.fits.retraining`).
        prepared_methods: cached factors and other intermediate results.

    >>> import afif_explorer as ax
    >>> data = ax.load_dataset("hiring")
    >>> fit = ax.fit(data)
    >>> fit.gradient_norm <= fit.gradient_threshold
    True
    >>> fit.predict(data.test.X).shape  # probabilities of the second class
    (300,)
    """

    objective: Objective
    theta: np.ndarray
    gradient_norm: float
    gradient_threshold: float
    converged: bool
    advice: str
    steps: int
    seconds: float
    samples: Mapping[str, Sample]
    data: Dataset | None = None
    seed: int = 0
    metrics: dict[str, float] = field(default_factory=dict)
    trainer: Trainer | None = None
    own_trainings: dict[int, Any] = field(default_factory=dict, init=False)
    prepared_methods: PreparedMethods = field(default_factory=PreparedMethods, init=False)

    def __repr__(self) -> str:
        name = "" if self.data is None else self.data.name
        return f"<{in_words(self.objective, name, converged=self.converged)}>"

    def _repr_html_(self) -> str:
        """The model and its metrics as a table."""
        notes = (self.advice, *(self.data.notes if self.data else ()))
        return html_table(repr(self).strip("<>"), ("metric", "value"), self.metrics.items(), notes)

    @property
    def parameters(self) -> Tensor:
        """``theta`` as the engine's tensor."""
        return self.objective.vector(self.theta)

    @cached_property
    def negative_curvature(self) -> float | None:
        """The smallest eigenvalue of the Hessian at ``theta`` if it is below 0, else 0.

        Below 0 the fit is not a minimum, and the Hessian needs a damping of more than its size; the Fisher
        never does. With a non-smooth penalty it is that of the parameters at which the penalty is smooth.
        None where computing it is too expensive: see
        :func:`~afif_explorer.engine.curvature.minimum.negative_curvature`.
        """
        return negative_curvature(self.objective, self.parameters)

    @cached_property
    def gradient_in_rows(self) -> float:
        """The remaining gradient, relative to what one row contributes to it on average.

        ``n gradient_norm / R`` with ``R`` the mean norm of the rows' loss gradients; influence functions take
        it for 0. Above about 1 a refit moves more because of it than because of a removed row.
        """
        weights, point = self.objective.weights(None), self.objective.at(self.parameters)
        terms = gradient_terms(point, weights)
        return self.n * self.gradient_norm / terms if terms else 0.0

    @property
    def parameter_names(self) -> list[str]:
        """One name for each parameter: inputs and intercepts of a linear map, else positions."""
        model, data = self.objective.model, self.data
        if not isinstance(model, LinearMap) or data is None:
            return [f"theta[{place}]" for place in range(model.p)]
        outputs = [f"{name}: " for name in data.classes] if model.k > 1 else [""]
        weights = [f"{output}{feature}" for output in outputs for feature in data.feature_names]
        return weights + [f"{output}intercept" for output in outputs]

    @property
    def n(self) -> int:
        """The number of training rows."""
        return self.objective.n

    @property
    def ids(self) -> np.ndarray:
        """The id of each training row, ``[n]``: ``data.train.ids``; its position without a data set."""
        return self.samples["train"].row_ids

    @property
    def row_ids(self) -> dict[str, np.ndarray]:
        """The ids of the rows of every split, by its name."""
        return {name: sample.row_ids for name, sample in self.samples.items()}

    def sample(self, split: str) -> Sample:
        """The rows of a split. Raises :class:`InvalidChoice` for an unknown split."""
        if not isinstance(split, str) or split not in self.samples:
            raise InvalidChoice(
                f"There is no split {quoted(split)} here; choose one of: {', '.join(self.samples)}."
            )
        return self.samples[split]

    def save(self, folder: str | Path) -> None:
        """Write a new folder for :func:`load_fit`: ``fit.json`` and ``arrays.safetensors``, nothing pickled.

        It holds the model's kind and sizes, loss, penalty, ``theta``, the gradient norm, the names of
        classes and inputs, and a digest of the data; neither the rows nor the code of your own module.

        Args:
            folder: a path, created if there is none; it must not contain a fit.

        Raises:
            InvalidChoice: for a loss, penalty or model class of your own (modules can be saved).
            DataError: the folder has a fit already, or cannot be written.

        >>> import tempfile, afif_explorer as ax
        >>> fit = ax.fit(ax.load_dataset("hiring"))
        >>> with tempfile.TemporaryDirectory() as parent:
        ...     fit.save(f"{parent}/hiring")
        """
        objective, theta, data = self.objective, self.parameters, self.data
        about = {
            "model": describe_model(objective.model),
            "loss": describe_loss(objective.loss),
            "penalty": describe_penalty(objective.penalty),
            "data": {
                "is_dataset": data is not None,
                "name": "" if data is None else data.name,
                "n": self.n,
                "digest": digest_of(self.samples) if data is None else data.digest,
                "classes": () if data is None else data.classes,
                "feature_names": () if data is None else data.feature_names,
            },
            "fit": {name: getattr(self, name) for name in _SAVED},
        }
        arrays = {
            "theta": self.theta,
            "penalised": objective.penalised.cpu().numpy(),
            "sample_weight": _stored(objective.sample_weight),
            "outputs": outputs_of(objective.model, theta, objective.X),
        }
        write(folder, about, arrays)

    def to_module(self) -> nn.Module:
        """The fitted model as a module in float64: ``forward`` of rows ``[m, ...]`` gives ``[m, k]``.

        The outputs are natural parameters (values, log-odds, log-means, logits), before ``predict``'s mean
        function. A linear map becomes an ``nn.Linear``, "mlp" an ``nn.Sequential``; a module of your own is
        a copy with ``theta`` in its trainable parameters, in its mode, on the CPU.

        Raises :class:`InvalidChoice` for a model that is neither built in nor a module.

        >>> import torch, afif_explorer as ax
        >>> fit = ax.fit(ax.load_dataset("hiring"))
        >>> X = fit.data.test.X
        >>> log_odds = fit.to_module()(torch.tensor(X))[:, 0]
        >>> bool((torch.sigmoid(log_odds) - torch.tensor(fit.predict(X))).abs().max() < 1e-12)
        True
        """
        return self.objective.model.to_module(torch.tensor(self.theta, dtype=torch.float64))

    def predict(self, X: RowsLike | pd.DataFrame) -> np.ndarray:
        """Mean predictions ``A'(f(x))`` for rows ``[m, ...]``: expected counts, values or probabilities.

        Rows are of the kind trained on, such as a mapping for a module with several inputs. A data frame
        holds raw rows, which ``data.transform`` encodes, if the fit has a data set with raw columns. Returns
        ``[m]``, for two classes the probability of the second; ``[m, k]`` for ``k`` outputs. Raises
        :class:`DataError` for rows of another shape than those trained on, or that are not finite.
        """
        if isinstance(X, pd.DataFrame) and self.data is not None and self.data.encoder is not None:
            X = self.data.transform(X)
        rows = self.objective.rows(X)
        check_finite(rows)
        with torch.no_grad():
            mean = self.objective.loss.mean(self.objective.model.outputs(self.parameters, rows))
        return (mean[:, 0] if mean.shape[1] == 1 else mean).cpu().numpy()


def fit(
    data: Dataset,
    model: str | nn.Module = "auto",
    penalty: Penalty | None = Ridge(1e-3),  # noqa: B008 - a frozen value
    seed: int = 0,
    *,
    hidden: Sequence[int] = (16,),
    max_steps: int | None = None,
    penalised: Penalised | None = None,
    sample_weight: Tensor | np.ndarray | None = None,
) -> Fit:
    """Minimise ``(1/n) sum_i a_i l_i(theta) + strength * pi(theta)`` over the training rows of ``data``.

    ``a_i`` is the row's sample weight, 1 unless given. Losses are averaged over the ``n`` rows, not summed,
    so that ``strength`` means the same for any ``n`` (see :class:`Ridge` for scikit-learn's names).

    Args:
        data: a data set.
        model: "linear", "logistic", "softmax", "poisson", "mlp" (tanh, hidden layers of ``hidden`` units),
            "auto" (the default for the data's task: linear, logistic, softmax or Poisson), or a
            ``torch.nn.Module`` that returns natural parameters ``[n, k]``.
        penalty: on all parameters but the intercept; None for none.
        seed: of the start of training, for models with a random start.
        hidden: units of each hidden layer of "mlp".
        max_steps: stop training after so many steps; None: train to convergence.
        penalised: the parameters that the penalty applies to: a mask ``[p]``, or for a module the names of
            its parameters. None: all but the intercept, wherever a module declares it.
        sample_weight: ``[n_train]``, at least 0, in the order of ``data.train``; None: those of the data
            set, or ones. They are not normalised, as in scikit-learn; divide them by their mean for weights
            that leave the balance between losses and penalty as it is. Metrics and targets on other splits
            use the weights that the data set has for their rows.

    Returns:
        A :class:`Fit`; ``fit.theta`` is ``[p]``. If the gradient norm stays above its
        ``gradient_threshold``, ``converged`` is False and ``advice`` says what to change.

    Raises:
        InvalidChoice: if the model does not suit the data's task, or for options that do not exist.
        DataError: for sample weights that are negative, missing or all 0.

    Sources: Nocedal and Wright, Numerical Optimization (2006), chapters 3 and 7; for non-smooth penalties
    Lee, Sun and Saunders, Proximal Newton-type Methods (2014).

    >>> import afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"), model="logistic", penalty=ax.Ridge(1e-3))
    >>> fit.converged, fit.theta.shape
    (True, (13,))
    >>> sorted(fit.metrics)
    ['accuracy', 'mean_loss']
    """
    objective = objective_for(
        data, model, penalty, hidden=hidden, penalised=penalised, sample_weight=sample_weight
    )
    samples = samples_of_data(data, objective)
    return _fitted(objective, samples, data, seed, max_steps)


def fit_objective(
    objective: Objective,
    *,
    validation: HeldOut | None = None,
    test: HeldOut | None = None,
    sensitive: Sensitive | None = None,
    seed: int = 0,
    max_steps: int | None = None,
) -> Fit:
    """Minimise an :class:`Objective` of your own: ``theta = argmin L(theta; 1)``, ``[p]``.

    Args:
        objective: model, loss, penalty and training rows.
        validation, test: ``(X, y)`` or ``(X, y, sample_weight)``, rows ``[m, ...]`` and targets ``[m]``, or a
            ``torch.utils.data.Dataset`` or ``DataLoader``, for targets and metrics.
        sensitive: attributes of the rows, for disparities, as in :func:`from_trained`.
        seed: of the start of training.
        max_steps: stop training after so many steps; None: train to convergence.

    Returns:
        A :class:`Fit`, as from :func:`fit`; its ``negative_curvature`` says whether it is a minimum.

    Raises:
        InvalidChoice: if ``objective`` is not an :class:`Objective`, or ``max_steps`` is below 1.
        DataError: for rows or targets that the objective's model and loss cannot take.

    Source: Nocedal and Wright, Numerical Optimization (2006).

    >>> import numpy as np, afif_explorer as ax
    >>> X = np.linspace(-1, 1, 20)[:, None]
    >>> objective = ax.Objective(ax.LinearMap(1), "gaussian", ax.Ridge(1e-6), X, 3 * X[:, 0] + 1)
    >>> ax.fit_objective(objective).theta.round(3).tolist()
    [3.0, 1.0]
    """
    if not isinstance(objective, Objective):
        raise InvalidChoice(f"Expected an Objective, got {type(objective).__name__}.")
    samples = samples_of(objective, sensitive, validation=validation, test=test)
    return _fitted(objective, samples, None, seed, max_steps)


def _fitted(
    objective: Objective,
    samples: dict[str, Sample],
    data: Dataset | None,
    seed: int,
    max_steps: int | None,
) -> Fit:
    found = minimise(objective, seed=seed, max_steps=max_steps)
    return Fit(
        objective=objective,
        theta=found.theta.cpu().numpy(),
        gradient_norm=found.gradient_norm,
        gradient_threshold=found.gradient_threshold,
        converged=found.converged,
        advice=found.advice,
        steps=found.steps,
        seconds=found.seconds,
        samples=samples,
        data=data,
        seed=seed,
        metrics=measure(objective, found.theta, measured_rows(samples)),
    )


def _stored(weight: Tensor | None) -> np.ndarray:
    """Sample weights as a saved array; empty if there are none."""
    return np.empty(0) if weight is None else weight.cpu().numpy()
