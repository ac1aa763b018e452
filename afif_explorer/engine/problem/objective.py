"""The objective: the weighted, penalised empirical risk.

``L(theta; w) = (1/n) sum_i w_i a_i l(f(x_i; theta), y_i) + strength * pi(theta)``

``a`` are the sample weights, which belong to the objective, and ``w`` the weights that remove rows: with all
``w_i`` one it is the objective of the original fit, and removing rows sets theirs to zero and changes nothing
else. ``n`` is the full number of rows, whatever the weights; neither kind is normalised.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

from afif_explorer.engine.jacobians.base import Linearization
from afif_explorer.engine.jacobians.restricted import restricted
from afif_explorer.engine.jacobians.sparse import sparse
from afif_explorer.engine.models.inputs import matched, row_shape
from afif_explorer.engine.models.labelled import labelled
from afif_explorer.engine.models.model import Model
from afif_explorer.engine.models.module_model import model_of
from afif_explorer.engine.models.module_parameters import Penalised, penalised_mask
from afif_explorer.engine.models.rows import (
    as_numbers,
    as_rows,
    as_sample_weight,
    check_finite,
    has_tensors,
)
from afif_explorer.engine.problem.callable_loss import CallableLoss, RowFunction
from afif_explorer.engine.problem.losses import LOSSES, Loss
from afif_explorer.engine.problem.natural import ROWS, check_natural
from afif_explorer.engine.problem.penalties import NonsmoothPenalty, Penalty
from afif_explorer.engine.problem.row_losses import RowLosses
from afif_explorer.engine.runtime.device import device_for
from afif_explorer.errors import CurvatureError, DataError, InvalidChoice
from afif_explorer.numeric import is_name
from afif_explorer.wording import quoted

if TYPE_CHECKING:
    from scipy.sparse import sparray, spmatrix
    from torch.utils.data import DataLoader, Dataset

    Plain: TypeAlias = Tensor | np.ndarray
    Several: TypeAlias = Mapping[str, Plain] | tuple[Plain, ...]
    RowsLike: TypeAlias = Plain | spmatrix | sparray | Several | Dataset | DataLoader


class Objective:
    """A model, its loss, a penalty and ``n`` rows: ``L(theta; w) = (1/n) sum_i w_i a_i l_i + strength * pi``.

    ``l_i = l(f(x_i; theta), y_i)``, ``a_i`` is the row's sample weight (1 unless given) and ``w_i`` is 0 for
    rows that are removed. ``n`` is the number of all rows whatever their weights, so that the penalty keeps
    its weight relative to each row's loss when others are removed.

    Computations use the precision of ``X`` (anything but float32 becomes float64). Tensors stay on their
    device; arrays are moved to the device set by :class:`use_device`.

    Args:
        model: outputs ``f(x; theta)``; a ``torch.nn.Module`` is wrapped in a :class:`ModuleModel`.
        loss: a :class:`Loss` or its name: "gaussian", "bernoulli", "categorical" or "poisson"; or a function
            of outputs ``[n, k]`` and targets to the loss of each row ``[n]`` (:class:`CallableLoss`).
        penalty: a :class:`Penalty`, or None for none.
        X: rows, ``[n, ...]`` (an array, a data frame of numbers, a list or a tensor); for linear maps also a
            sparse matrix of SciPy or torch, which stays sparse; for a module with several inputs a mapping
            from the names of its arguments to arrays, or a tuple of arrays in their order. A read-only memory
            map is not copied. A ``torch.utils.data.Dataset`` or ``DataLoader`` of pairs or mappings is read
            once, in the order of the data set.
        y: targets, ``[n]``; or ``[n, k]``, numbers, counts or labels of 0 and 1, of ``k`` outputs; for
            :class:`TokenCategorical` ``[n, T]``; for a data set None, or the name of the targets in its
            mappings; None is "labels" or "label".
        penalised: the penalised parameters: a mask ``[p]``, or for a module names of its parameters. None:
            the model's default, all but the intercept.
        sample_weight: ``a`` ``[n]``, at least 0; None: ones. They are not normalised: a weight of 2 counts
            like the same row twice, at the same ``n``; a row of weight 0 has no effect.

    Raises:
        DataError: for rows or targets that are missing, not finite, of different lengths, or unsuitable for
            the model or the loss; for sample weights that are negative, missing or all 0.
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
        loss: Loss | str | RowFunction,
        penalty: Penalty | None,
        X: RowsLike,
        y: Tensor | np.ndarray | str | None,
        *,
        penalised: Penalised | None = None,
        sample_weight: Tensor | np.ndarray | None = None,
    ) -> None:
        self.loss, self.penalty = loss_named(loss), checked_penalty(penalty)
        X, y = labelled(X, y)
        rows, targets = as_rows(X), as_numbers(y, "targets")
        if rows.ndim == 0 or len(rows) == 0:
            raise DataError("There are no training rows; use a data set with training rows.")
        few = sparse(rows[:4])
        self.model = model_of(model, rows[:4] if few is None else few.dense())
        self.n, self.p = len(rows), self.model.p
        rows = self.model.rows(rows)
        self.X = rows if has_tensors(X) else rows.to(device_for(self.n * self.p))
        self.y = targets.to(self.X.device)
        self._check()
        self.row_losses = RowLosses(self.loss, self.y, self._sample_weight(sample_weight))
        check_natural(
            self.model, self.loss, lambda at: self.model.outputs(self.vector(at), self.X[:ROWS])
        )
        self.penalised = self._mask(penalised).to(self.X.device)

    def _mask(self, penalised: Penalised | None) -> Tensor:
        if penalised is None:
            return self.model.penalised
        return penalised_mask(penalised, self.model.slices(), self.model.p)

    def _sample_weight(self, given: Tensor | np.ndarray | None) -> Tensor | None:
        if given is None:
            return None
        found = as_sample_weight(given, self.n, "training rows")
        return None if bool((found == 1).all()) else self.vector(found)

    @property
    def sample_weight(self) -> Tensor | None:
        """The sample weight of each row ``[n]``; None if all are 1."""
        return self.row_losses.sample_weight

    @property
    def counted(self) -> Tensor:
        """The rows whose sample weight is not 0, ``[n]`` bool."""
        a = self.sample_weight
        everything = torch.ones(self.n, dtype=torch.bool, device=self.device)
        return everything if a is None else a > 0

    def _check(self) -> None:
        check_rows(self.X, self.y, self.loss)
        if self.model.sequences != self.loss.sequences:
            raise InvalidChoice(
                "Outputs for each position of a sequence, [n, T, V], need the loss TokenCategorical(V), and "
                f"that loss needs such outputs; the loss is {self.loss.name}."
            )
        if not self.loss.fits(self.model.k, self.y):
            raise InvalidChoice(
                f"The {self.loss.name} loss needs {self.loss.outputs_for(self.y)} outputs per row for these "
                f"targets, but the model has {self.model.k}; change one of them."
            )
        try:
            f = self.model.outputs(self.vector(self.model.initial(0)), self.X[:2])
        except DataError:
            raise
        except (RuntimeError, ValueError) as error:
            shape = row_shape(self.X)
            raise DataError(f"The model cannot take rows of shape {shape}: {error}") from error
        self.loss.check_outputs(f.detach(), self.y[:2])

    def rows(self, X: object, which: str = "") -> Tensor:
        """Other rows of the model, as those trained on: their inputs, precision and device.

        Raises :class:`DataError` for rows of another shape; ``which`` names them, followed by a space.
        """
        rows = matched(as_rows(X), self.X)
        if rows.ndim == 0 or row_shape(rows) != row_shape(self.X):
            raise DataError(
                f"The {which}rows have the shape {row_shape(rows)} and the training rows "
                f"{row_shape(self.X)}; they must match."
            )
        return rows

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
        """Removal weights ``w`` ``[n]``, ones if None.

        Raises :class:`InvalidChoice` unless they are ``n`` finite numbers.
        """
        if weights is None:
            return torch.ones(self.n, dtype=self.dtype, device=self.device)
        weights = self.vector(weights)
        if weights.shape != (self.n,) or not torch.isfinite(weights).all():
            raise InvalidChoice(f"Weights must be {self.n} finite numbers, one per row.")
        return weights

    def residual_size(self, outputs: Tensor) -> Tensor:
        """``|r_i|`` at outputs ``[n, k]``, the magnitude of the gradient's terms: ``[n, k]``."""
        return self.row_losses.residual(outputs).abs()

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
    """An objective at one ``theta``: outputs, residuals ``a_i dl_i/df`` and products with derivatives."""

    def __init__(self, objective: Objective, theta: Tensor) -> None:
        self.objective, self.theta = objective, theta
        self.linearization: Linearization = objective.model.linearize(theta, objective.X)
        self.outputs = self.linearization.outputs  # [n, k]
        self.row_losses = objective.row_losses
        self.residual = self.row_losses.residual(self.outputs)  # [n, k]

    def take(self, rows: Tensor) -> Point:
        """The same point restricted to some rows; outputs and residuals are reused."""
        part = object.__new__(Point)
        part.objective, part.theta = self.objective, self.theta
        part.linearization = self.linearization.take(rows)
        part.row_losses = self.row_losses.take(rows)
        part.outputs, part.residual = self.outputs[rows], self.residual[rows]
        return part

    def restricted(self, places: Tensor) -> Point:
        """The same point with respect to some parameters ``[s]``, for products with derivatives."""
        part = object.__new__(Point)
        part.objective, part.theta = self.objective, self.theta[places]
        part.linearization = restricted(self.linearization, places)
        part.row_losses = self.row_losses
        part.outputs, part.residual = self.outputs, self.residual
        return part

    def losses(self) -> Tensor:
        """``a_i l_i``, the loss of each row times its sample weight, ``[n]``."""
        return self.row_losses.value(self.outputs)

    def plain_losses(self) -> Tensor:
        """``l_i``, the loss of each row, ``[n]``."""
        return self.row_losses.loss.value(self.outputs, self.row_losses.y)

    def plain_residual(self) -> Tensor:
        """``dl_i/df``, the residual of each row without its sample weight, ``[n, k]``."""
        return self.row_losses.loss.residual(self.outputs, self.row_losses.y)

    def hessian_products(self, rows: slice, u: Tensor) -> Tensor:
        """``a_i (d^2 l_i/df^2) u_i`` of some rows, for ``u`` ``[rows, k, m]``; a new tensor."""
        return self.row_losses.take(rows).hessian_product(self.outputs[rows], u)

    def hessian_roots(self) -> Tensor:
        """``S_i`` with ``S_i S_i' = a_i d^2 l_i/df^2`` of each row, ``[n, k, r]``.

        Raises :class:`CurvatureError` for a loss that is not convex, or has no curvature at any row.
        """
        roots, loss = self.row_losses.hessian_root(self.outputs), self.objective.loss
        if not (loss.is_family or len(roots) < self.objective.n or roots.any()):
            raise CurvatureError(
                f"The loss {loss.name} has no curvature at any row (it is piecewise linear), so the effect "
                "of a row is undefined; use a smooth loss."
            )
        return roots

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


def loss_named(loss: Loss | str | RowFunction) -> Loss:
    """The loss, the one with this name, or that of a function."""
    if isinstance(loss, Loss):
        return loss
    if not isinstance(loss, str | type) and callable(loss):
        return CallableLoss(loss)
    if not is_name(loss, LOSSES):
        raise InvalidChoice(f"There is no loss {quoted(loss)}; choose one of: {', '.join(LOSSES)}.")
    return LOSSES[loss]()


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


def checked_penalty(penalty: Penalty | None) -> Penalty | None:
    """The penalty; raises :class:`InvalidChoice` for anything else."""
    if penalty is not None and not isinstance(penalty, Penalty):
        raise InvalidChoice(
            f"Expected a penalty such as Ridge(1e-3), or None, got {quoted(penalty)}."
        )
    return penalty
