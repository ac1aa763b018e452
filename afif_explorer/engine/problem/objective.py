"""The objective: the weighted, penalised empirical risk.

``L(theta; w) = (1/n) sum_i w_i l(f(x_i; theta), y_i) + strength * pi(theta)``

``n`` is the full number of rows, whatever the weights: removing rows sets their weights to zero and
changes nothing else. With all weights one it is the objective of the original fit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from torch import Tensor, nn

from afif_explorer.engine.jacobians.base import Linearization
from afif_explorer.engine.jacobians.restricted import restricted
from afif_explorer.engine.jacobians.sparse import SparseRows, sparse
from afif_explorer.engine.problem.losses import LOSSES, Loss
from afif_explorer.engine.problem.models import LinearMap, Model, model_of
from afif_explorer.engine.problem.module_parameters import Penalised, penalised_mask
from afif_explorer.engine.problem.penalties import NonsmoothPenalty, Penalty
from afif_explorer.engine.runtime.device import device_for
from afif_explorer.engine.runtime.memory import block_rows
from afif_explorer.errors import DataError, InvalidChoice

if TYPE_CHECKING:
    from scipy.sparse import sparray, spmatrix


class Objective:
    """A model, its loss, a penalty and ``n`` rows: ``L(theta; w) = (1/n) sum_i w_i l_i + strength * pi``.

    ``l_i = l(f(x_i; theta), y_i)``. ``n`` is the number of all rows whatever their weights, so that the
    penalty keeps its weight relative to each row's loss when others are removed.

    Computations use the precision of ``X`` (anything but float32 becomes float64). Tensors stay on their
    device; arrays are moved to the device set by :class:`use_device`.

    Args:
        model: outputs ``f(x; theta)``; a ``torch.nn.Module`` is wrapped in a :class:`ModuleModel`.
        loss: a :class:`Loss` or its name: "gaussian", "bernoulli", "categorical" or "poisson".
        penalty: a :class:`Penalty`, or None for none.
        X: rows, ``[n, ...]`` (an array, a data frame of numbers, a list or a tensor); for linear maps also a
            SciPy sparse matrix, which stays sparse.
        y: targets, ``[n]``.
        penalised: the penalised parameters: a mask ``[p]``, or for a module names of its parameters. None:
            the model's default, all but the intercept.

    Raises:
        DataError: for rows or targets that are missing, not finite, of different lengths, or unsuitable for
            the model or the loss.
        InvalidChoice: for an unknown loss or one that needs another number of outputs.

    Source: Giordano et al., A Swiss Army Infinitesimal Jackknife (2019), for the weights.

    >>> import numpy as np, afif_explorer as ax
    >>> X, y = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([0.0, 0.0, 1.0, 1.0])
    >>> objective = ax.Objective(ax.LinearMap(1), "bernoulli", ax.Ridge(0.1), X, y)
    >>> objective.n, objective.p
    (4, 2)
    >>> ax.fit_objective(objective).converged
    True
    """

    def __init__(
        self,
        model: Model | nn.Module,
        loss: Loss | str,
        penalty: Penalty | None,
        X: Tensor | np.ndarray | spmatrix | sparray,
        y: Tensor | np.ndarray,
        *,
        penalised: Penalised | None = None,
    ) -> None:
        self.loss, self.penalty = loss_named(loss), _checked(penalty)
        rows, targets = as_rows(X), as_numbers(y, "targets")
        if rows.ndim == 0 or len(rows) == 0:
            raise DataError("There are no training rows; use a data set with training rows.")
        few = sparse(rows[:4])
        self.model = model_of(model, rows[:4] if few is None else few.dense())
        if few is not None and not isinstance(self.model, LinearMap):
            raise DataError("Sparse rows need a linear map; use LinearMap, or pass X.toarray().")
        self.n, self.p = len(rows), self.model.p
        self.X = rows if isinstance(X, Tensor) else rows.to(device_for(self.n * self.p))
        self.y = targets.to(self.X.device)
        self._check()
        self.penalised = self._mask(penalised).to(self.X.device)

    def _mask(self, penalised: Penalised | None) -> Tensor:
        if penalised is None:
            return self.model.penalised
        return penalised_mask(penalised, self.model.slices(), self.model.p)

    def _check(self) -> None:
        check_rows(self.X, self.y, self.loss)
        if not self.loss.fits(self.model.k, self.y):
            raise InvalidChoice(
                f"The {self.loss.name} loss needs {self.loss.outputs_for(self.y)} outputs per row for these "
                f"targets, but the model has {self.model.k}; change one of them."
            )
        try:
            self.model.outputs(self.vector(self.model.initial(0)), self.X[:1])
        except DataError:
            raise
        except (RuntimeError, ValueError) as error:
            shape = tuple(self.X.shape[1:])
            raise DataError(f"The model cannot take rows of shape {shape}: {error}") from error

    @property
    def dtype(self) -> torch.dtype:
        """The precision of all computations, that of ``X``."""
        return self.X.dtype

    @property
    def device(self) -> torch.device:
        """The device of all computations, that of ``X``."""
        return self.X.device

    @property
    def smooth(self) -> bool:
        """False if the penalty is non-smooth, so that steps need its proximal operator."""
        return not isinstance(self.penalty, NonsmoothPenalty)

    @property
    def kinked(self) -> NonsmoothPenalty:
        """The penalty of an objective that is not smooth."""
        assert isinstance(self.penalty, NonsmoothPenalty)
        return self.penalty

    def free(self, theta: Tensor) -> Tensor:
        """The parameters that are not held at a kink of a non-smooth penalty, ``[p]`` bool."""
        free = torch.ones_like(self.penalised)
        if not self.smooth:
            free[self.penalised] = self.kinked.active(theta[self.penalised])
        return free

    @property
    def canonical(self) -> bool:
        """True if the outputs are linear in theta: then Fisher and Hessian are the same matrix."""
        return self.model.linear

    def at(self, theta: Tensor | np.ndarray) -> Point:
        """The linearization of the objective at ``theta`` ``[p]``."""
        return Point(self, self.vector(theta))

    def vector(self, value: Tensor | np.ndarray) -> Tensor:
        """``value`` in the objective's precision and on its device."""
        return torch.as_tensor(value, dtype=self.dtype, device=self.device)

    def weights(self, weights: Tensor | np.ndarray | None) -> Tensor:
        """Row weights ``[n]``, ones if None. Raises :class:`InvalidChoice` unless ``n`` finite numbers."""
        if weights is None:
            return torch.ones(self.n, dtype=self.dtype, device=self.device)
        weights = self.vector(weights)
        if weights.shape != (self.n,) or not torch.isfinite(weights).all():
            raise InvalidChoice(f"Weights must be {self.n} finite numbers, one per row.")
        return weights

    def residual_size(self, outputs: Tensor) -> Tensor:
        """``|r_i|`` at outputs ``[n, k]``, the magnitude of the gradient's terms: ``[n, k]``."""
        return self.loss.residual(outputs, self.y).abs()

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
    """An objective at one ``theta``: outputs, residuals and products with derivatives."""

    def __init__(self, objective: Objective, theta: Tensor) -> None:
        self.objective, self.theta = objective, theta
        self.linearization: Linearization = objective.model.linearize(theta, objective.X)
        self.outputs = self.linearization.outputs  # [n, k]
        self.residual = objective.loss.residual(self.outputs, objective.y)  # [n, k]

    def take(self, rows: Tensor) -> Point:
        """The same point restricted to some rows; outputs and residuals are reused."""
        part = object.__new__(Point)
        part.objective, part.theta = self.objective, self.theta
        part.linearization = self.linearization.take(rows)
        part.outputs, part.residual = self.outputs[rows], self.residual[rows]
        return part

    def restricted(self, places: Tensor) -> Point:
        """The same point with respect to some parameters ``[s]``, for products with derivatives."""
        part = object.__new__(Point)
        part.objective, part.theta = self.objective, self.theta[places]
        part.linearization = restricted(self.linearization, places)
        part.outputs, part.residual = self.outputs, self.residual
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
        """``||gradient||``, or ``||theta - prox(theta - gradient)||`` for a non-smooth penalty."""
        gradient = self.gradient(weights)
        if self.objective.smooth:
            return float(gradient.norm())
        penalised = self.objective.penalised
        moved = self.objective.kinked.prox((self.theta - gradient)[penalised], 1.0)
        gradient[penalised] = self.theta[penalised] - moved
        return float(gradient.norm())

    def gradient_sums(self, coefficients: Tensor) -> Tensor:
        """``sum_i c_i grad l_i`` for ``c`` ``[n, m]``: ``[p, m]``, without the ``[n, p]`` gradients."""
        return self.vjp_weighted(self.residual, coefficients)

    def vjp_weighted(self, weights: Tensor, coefficients: Tensor) -> Tensor:
        """``sum_i c_i J_i' U_i`` for ``U`` ``[n, k]`` and ``c`` ``[n, m]``: ``[p, m]``."""
        return self.linearization.vjp_roots(weights[:, :, None], coefficients[:, None])

    def gradient_products(self, vectors: Tensor) -> Tensor:
        """``<grad l_i, v>`` for each row and each of the vectors ``[p, m]``: ``[n, m]``."""
        return self.linearization.contract(self.residual, vectors)

    def gradients(self, rows: Tensor) -> Tensor:
        """The loss gradients of some rows, ``[len(rows), p]``."""
        return self.linearization.take(rows).vjp_rows(self.residual[rows][:, :, None])[:, 0]


def loss_named(loss: Loss | str) -> Loss:
    """The loss, or the one with this name."""
    if isinstance(loss, Loss):
        return loss
    if loss not in LOSSES:
        raise InvalidChoice(f"There is no loss {loss!r}; choose one of: {', '.join(LOSSES)}.")
    return LOSSES[loss]()


def as_rows(X: object) -> Tensor:
    """Rows as a floating-point tensor; arrays are shared, not copied, if possible.

    Sparse rows stay sparse: :class:`SparseRows` takes the place of a tensor, for linear maps only.
    """
    if sparse(X) is not None:
        return cast(Tensor, X)
    if is_sparse(X):
        return cast(Tensor, SparseRows(X))
    rows = as_numbers(X, "rows")
    return rows if rows.dtype == torch.float32 else rows.double()


def is_sparse(X: object) -> bool:
    """Whether it is a SciPy sparse matrix or array of real numbers."""
    return hasattr(X, "tocsr") and getattr(X, "dtype", np.dtype(object)).kind in "biuf"


def as_numbers(values: object, what: str) -> Tensor:
    """A tensor or any array-like as a tensor of real numbers.

    Raises :class:`DataError` naming ``what`` for anything else.
    """
    if isinstance(values, Tensor):
        _demand(not values.is_complex(), what)
        return values
    array = _as_array(values)
    _demand(array.dtype.kind in "biuf", what)
    if array.dtype.kind == "u":
        array = array.astype(np.int64)
    elif array.dtype.kind == "f" and array.dtype not in (np.float32, np.float64):
        array = array.astype(np.float64)
    # torch warns about read-only arrays; the engine never writes to its rows.
    return torch.from_numpy(array if array.flags.writeable else array.copy())


def _demand(real: bool, what: str) -> None:
    if not real:
        raise DataError(
            f"The {what} must be real numbers, with the same number for each row; encode or drop the rest."
        )


def _as_array(values: object) -> np.ndarray:
    """It as a NumPy array; an object array if it is not all numbers."""
    try:
        array = np.asarray(values)
    except ValueError:  # lists of different lengths
        return np.empty(0, dtype=object)
    try:
        return array.astype(np.float64) if array.dtype == object else array
    except (TypeError, ValueError):
        return array


def check_rows(X: Tensor, y: Tensor, loss: Loss, which: str = "") -> None:
    """Raise :class:`DataError` unless all values are finite and the targets are valid for ``loss``.

    ``which``: the name of the rows, followed by a space.
    """
    if X.ndim == 0 or y.ndim == 0 or len(X) != len(y):
        counts = [1 if one.ndim == 0 else len(one) for one in (X, y)]
        raise DataError(
            f"There are {counts[0]} {which}rows but {counts[1]} targets; they must match."
        )
    check_finite(X, which)
    if len(X):
        loss.check(y)


def check_finite(X: Tensor, which: str = "") -> None:
    """Raise :class:`DataError` unless all numbers of the rows ``[m, ...]`` are finite."""
    if len(X) and not _all_finite(X):
        raise DataError(f"The {which}rows contain values that are not finite; impute or drop them.")


def _all_finite(X: Tensor) -> bool:
    """Whether all numbers are finite; a finite sum is a quick test."""
    stored = sparse(X)
    if stored is not None:
        return bool(np.isfinite(stored.values).all())
    step = block_rows(X[0].numel(), X)
    return all(
        bool(torch.isfinite(part.sum())) or bool(torch.isfinite(part).all())
        for part in X.split(step)
    )


def _checked(penalty: Penalty | None) -> Penalty | None:
    if penalty is not None and not isinstance(penalty, Penalty):
        raise InvalidChoice(f"Expected a penalty such as Ridge(1e-3), or None, got {penalty!r}.")
    return penalty
