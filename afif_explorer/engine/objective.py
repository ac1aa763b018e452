"""The weighted empirical risk that everything else is about.

``L(theta; w) = (1/n) sum_i w_i l(f(x_i; theta), y_i) + strength * pi(theta)``

``n`` is the full count of rows, whatever the weights: removing rows sets their weights to zero and
changes nothing else. All weights one is the fit that a user trained.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from afif_explorer.engine.linearization import Linearization
from afif_explorer.engine.losses import LOSSES, Loss
from afif_explorer.engine.memory import block_rows
from afif_explorer.engine.models import Model, ModuleModel
from afif_explorer.engine.penalties import Kinked, Penalty
from afif_explorer.errors import ChoiceError, DataError


class Objective:
    """A model, its loss, a penalty and ``n`` rows: ``L(theta; w) = (1/n) sum_i w_i l_i + strength * pi``.

    ``l_i = l(f(x_i; theta), y_i)``. ``n`` is the count of all rows whatever their weights, so that the
    penalty keeps its strength beside each row's loss when others are removed.

    Args:
        model: outputs ``f(x; theta)``; a ``torch.nn.Module`` is wrapped in a ``ModuleModel``.
        loss: a :class:`~afif_explorer.engine.losses.Loss` or its name ("gaussian", ...).
        penalty: a :class:`~afif_explorer.engine.penalties.Penalty`, or None for none.
        X: rows, ``[n, ...]`` (an array or a tensor). y: targets, ``[n]``.

    The precision and device of the work are those of ``X`` (integers become float64).
    Raises :class:`DataError` for rows or targets that are missing, not finite, of different counts, or that
    the model or the loss cannot take; :class:`ChoiceError` for an unknown loss or one that wants another
    number of outputs. Source: Giordano et al., A Swiss Army Infinitesimal Jackknife (2019), for the weights.
    """

    def __init__(
        self,
        model: Model | nn.Module,
        loss: Loss | str,
        penalty: Penalty | None,
        X: Tensor | np.ndarray,
        y: Tensor | np.ndarray,
    ) -> None:
        self.loss, self.penalty = loss_named(loss), penalty
        self.X = as_rows(X)
        self.y = torch.as_tensor(np.array(y) if isinstance(y, np.ndarray) else y).to(self.X.device)
        if len(self.X) == 0:
            raise DataError("There are no training rows; use a data set that has some.")
        self.model = _as_model(model, self.X)
        self.n, self.p = len(self.X), self.model.p
        self._check()
        self.penalised = self.model.penalised.to(self.X.device)

    def _check(self) -> None:
        if len(self.y) != self.n:
            raise DataError(f"There are {self.n} rows but {len(self.y)} targets; they must match.")
        step = block_rows(self.X[0].numel(), self.dtype)
        if not all(bool(torch.isfinite(part).all()) for part in self.X.split(step)):
            raise DataError("The rows hold values that are not finite numbers; fill or drop them.")
        self.loss.check(self.y)
        if not self.loss.fits(self.model.k, self.y):
            raise ChoiceError(
                f"The {self.loss.name} loss needs {self.loss.outputs_for(self.y)} outputs a row for these "
                f"targets, but the model has {self.model.k}; change one of them."
            )
        try:
            self.model.outputs(self.vector(self.model.initial(0)), self.X[:1])
        except RuntimeError as error:
            shape = tuple(self.X.shape[1:])
            raise DataError(f"The model cannot read rows of shape {shape}: {error}") from error

    @property
    def dtype(self) -> torch.dtype:
        """Precision of the work, that of ``X``."""
        return self.X.dtype

    @property
    def device(self) -> torch.device:
        """Where the work is done: where ``X`` is."""
        return self.X.device

    @property
    def smooth(self) -> bool:
        """False if the penalty has kinks, so that steps need its proximal operator."""
        return not isinstance(self.penalty, Kinked)

    @property
    def kinked(self) -> Kinked:
        """The penalty of an objective that is not smooth."""
        assert isinstance(self.penalty, Kinked)
        return self.penalty

    @property
    def canonical(self) -> bool:
        """True if the outputs are linear in theta: then Fisher and Hessian are the same matrix."""
        return self.model.linear

    def at(self, theta: Tensor | np.ndarray) -> Point:
        """The objective's local quantities at ``theta`` ``[p]``."""
        return Point(self, self.vector(theta))

    def vector(self, value: Tensor | np.ndarray) -> Tensor:
        """``value`` in the precision and on the device of the work."""
        return torch.as_tensor(value, dtype=self.dtype, device=self.device)

    def weights(self, weights: Tensor | np.ndarray | None) -> Tensor:
        """Row weights ``[n]``, ones if None. Raises :class:`ChoiceError` for other shapes, or not finite."""
        if weights is None:
            return torch.ones(self.n, dtype=self.dtype, device=self.device)
        weights = self.vector(weights)
        if weights.shape != (self.n,) or not torch.isfinite(weights).all():
            raise ChoiceError(f"Weights must be {self.n} finite numbers, one for each row.")
        return weights

    def penalty_value(self, theta: Tensor) -> Tensor:
        """``strength * pi``, scalar or ``[m]`` for ``[p, m]``."""
        if self.penalty is None:
            return theta.new_zeros(theta.shape[1:])
        return self.penalty.value(theta[self.penalised])

    def penalty_gradient(self, theta: Tensor) -> Tensor:
        """Gradient of the smooth part of the penalty, the shape of ``theta``."""
        gradient = torch.zeros_like(theta)
        if self.penalty is not None:
            gradient[self.penalised] = self.penalty.gradient(theta[self.penalised])
        return gradient

    def penalty_diagonal(self) -> Tensor:
        """Diagonal of the Hessian of the smooth part of the penalty, ``[p]``."""
        hessian = 0.0 if self.penalty is None else self.penalty.hessian
        return self.penalised.to(self.dtype) * hessian


class Point:
    """An objective at one ``theta``: outputs, residuals and the products that derivatives are made of."""

    def __init__(self, objective: Objective, theta: Tensor) -> None:
        self.objective, self.theta = objective, theta
        self.linearization: Linearization = objective.model.linearize(theta, objective.X)
        self.outputs = self.linearization.outputs  # [n, k]
        self.residual = objective.loss.residual(self.outputs, objective.y)  # [n, k]

    def take(self, rows: Tensor) -> Point:
        """The same point seen on some rows only; outputs and residuals are not computed again."""
        part = object.__new__(Point)
        part.objective, part.theta = self.objective, self.theta
        part.linearization = self.linearization.take(rows)
        part.outputs, part.residual = self.outputs[rows], self.residual[rows]
        return part

    def losses(self) -> Tensor:
        """Loss of each row, ``[n]``."""
        return self.objective.loss.value(self.outputs, self.objective.y)

    def value(self, weights: Tensor | None = None) -> Tensor:
        """``L(theta; w)``."""
        w = self.objective.weights(weights)
        risk = (w * self.losses()).sum() / self.objective.n
        return risk + self.objective.penalty_value(self.theta)

    def gradient(self, weights: Tensor | None = None) -> Tensor:
        """Gradient of ``L`` (of its smooth part, if the penalty is not smooth), ``[p]``."""
        w = self.objective.weights(weights)
        return self.gradient_sums(w[:, None] / self.objective.n)[:, 0] + (
            self.objective.penalty_gradient(self.theta)
        )

    def optimality(self, weights: Tensor | None = None) -> float:
        """How far from a minimum: ``||gradient||``, or ``||theta - prox(theta - gradient)||`` with kinks."""
        gradient = self.gradient(weights)
        if self.objective.smooth:
            return float(gradient.norm())
        penalised = self.objective.penalised
        moved = self.objective.kinked.prox((self.theta - gradient)[penalised], 1.0)
        gradient[penalised] = self.theta[penalised] - moved
        return float(gradient.norm())

    def gradient_sums(self, coefficients: Tensor) -> Tensor:
        """``sum_i c_i grad l_i`` for ``c`` ``[n, m]``: ``[p, m]``, without the ``[n, p]`` gradients."""
        return self.pull_weighted(self.residual, coefficients)

    def pull_weighted(self, weights: Tensor, coefficients: Tensor) -> Tensor:
        """``sum_i c_i J_i' U_i`` for ``U`` ``[n, k]`` and ``c`` ``[n, m]``: ``[p, m]``."""
        return self.linearization.into(weights[:, :, None], coefficients[:, None])

    def gradient_products(self, vectors: Tensor) -> Tensor:
        """``<grad l_i, v>`` for each row and each of the vectors ``[p, m]``: ``[n, m]``."""
        return self.linearization.contract(self.residual, vectors)

    def gradients(self, rows: Tensor) -> Tensor:
        """The loss gradients of some rows, ``[len(rows), p]``."""
        return self.linearization.take(rows).pull_each(self.residual[rows][:, :, None])[:, 0]


def _as_model(model: Model | nn.Module, X: Tensor) -> Model:
    return model if isinstance(model, Model) else ModuleModel(model, X[:4])


def loss_named(loss: Loss | str) -> Loss:
    """A loss itself, or the one of that name."""
    if isinstance(loss, Loss):
        return loss
    if loss not in LOSSES:
        raise ChoiceError(f"There is no loss {loss!r}; choose one of: {', '.join(LOSSES)}.")
    return LOSSES[loss]()


def as_rows(X: Tensor | np.ndarray) -> Tensor:
    """Rows as a floating-point tensor; arrays are shared, not copied, where torch can."""
    if isinstance(X, np.ndarray):
        # torch warns about read-only arrays; the engine never writes to its rows.
        X = torch.from_numpy(X if X.flags.writeable else X.copy())
    X = torch.as_tensor(X)
    return X if X.is_floating_point() else X.double()
