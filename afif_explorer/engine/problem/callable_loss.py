"""``CallableLoss``: a loss given as a function of outputs and targets, differentiated by autograd."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from afif_explorer.engine.problem.losses import Loss
from afif_explorer.errors import CurvatureError, DataError, InvalidChoice

RowFunction = Callable[[Tensor, Tensor], Tensor]
"""Outputs ``[n, k]`` and targets to the loss of each row ``[n]``."""


class CallableLoss(Loss):
    """A loss of your own, ``l_i = function(f, y)_i`` for outputs ``f`` ``[n, k]``, derived by autograd.

    ``loss=function`` in :class:`Objective` and :func:`from_trained` is short for ``CallableLoss(function)``.
    The curvature of :class:`AFIF` is the generalised Gauss-Newton matrix
    ``(1/n) sum_i J_i' (d^2 l_i/df^2) J_i``, with the loss's own Hessian in the outputs, and messages call it
    so: without a family of distributions there is no Fisher. For the negative log-likelihoods of
    :class:`Bernoulli`, :class:`Categorical`, :class:`Gaussian` and :class:`Poisson` the two are the same.

    Args:
        function: outputs ``[n, k]`` and the targets of those rows, as given, to losses ``[n]``: twice
            differentiable, convex in the outputs, each row on its own (``reduction="none"`` in PyTorch).
        mean: outputs to mean predictions ``[n, k]``, for ``predict`` and targets; None: the outputs.
        name: for messages; None: that of the function.

    Raises:
        InvalidChoice: for a function that does not give one number for each row, or whose losses depend on
            other rows.
        CurvatureError: in fits and effects, where the loss is not convex in the outputs or has no curvature.

    Source: Schraudolph, Fast Curvature Matrix-Vector Products for Second-Order Gradient Descent (2002).

    >>> import torch, afif_explorer as ax
    >>> def asymmetric(f, y):  # the expectile of level 0.8
    ...     error = y - f[:, 0]
    ...     return torch.where(error > 0, 0.8, 0.2) * error**2
    >>> X = torch.linspace(-1, 1, 40, dtype=torch.float64)[:, None]
    >>> objective = ax.Objective(ax.LinearMap(1), asymmetric, ax.Ridge(1e-3), X, torch.sin(5 * X[:, 0]))
    >>> fit = ax.fit_objective(objective)
    >>> ax.attribute(fit, ax.MeanLoss("train")).shape
    (40,)
    """

    canonical_outputs = None
    is_family = False

    def __init__(
        self,
        function: RowFunction,
        mean: Callable[[Tensor], Tensor] | None = None,
        *,
        name: str | None = None,
    ) -> None:
        if not callable(function) or not (mean is None or callable(mean)):
            raise InvalidChoice("A CallableLoss needs a function of outputs and targets.")
        self._function, self._mean = function, mean
        self.name = str(name or getattr(function, "__name__", type(function).__name__))

    def value(self, f: Tensor, y: Tensor) -> Tensor:
        if f.ndim == 2:
            return self._losses(f, y)
        n, k, m = f.shape  # parameter vectors side by side, as rows
        flat = f.movedim(2, 1).reshape(n * m, k)
        return self._losses(flat, y.repeat_interleave(m, 0)).reshape(n, m)

    def residual(self, f: Tensor, y: Tensor) -> Tensor:
        """``dl/df``, the shape of ``f``."""
        with torch.enable_grad():
            at = f.detach().requires_grad_()
            (slope,) = torch.autograd.grad(self.value(at, y).sum(), at)
        return slope

    def variance(self, f: Tensor, u: Tensor) -> Tensor:
        raise InvalidChoice(
            f"The loss {self.name} is no family of distributions: it has no variance."
        )

    def mean(self, f: Tensor) -> Tensor:
        """Mean predictions by the function given; else ``f`` itself."""
        return f if self._mean is None else self._mean(f)

    def hessian_product(self, f: Tensor, y: Tensor, u: Tensor) -> Tensor:
        return self._hessian(f, y)[0] @ u

    def hessian_root(self, f: Tensor, y: Tensor) -> Tensor:
        _, values, vectors = self._hessian(f, y)
        return vectors * values.clamp(min=0).sqrt()[:, None, :]

    def _hessian(self, f: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """``d^2 l/df^2`` ``[n, k, k]`` with its eigenvalues and vectors.

        Raises :class:`CurvatureError` if it is not positive semi-definite.
        """
        with torch.enable_grad():
            at = f.detach().requires_grad_()
            (slope,) = torch.autograd.grad(self.value(at, y).sum(), at, create_graph=True)
            rows = [_gradient(column.sum(), at) for column in slope.unbind(1)]
        hessian = torch.stack(rows, dim=1).detach()
        values, vectors = torch.linalg.eigh(hessian)
        lowest = values[:, 0]
        rounding = torch.finfo(f.dtype).eps ** 0.5 * values.abs().amax(1)
        wrong = (lowest < -rounding) | ~values.isfinite().all(1)
        if bool(wrong.any()):
            raise CurvatureError(
                f"The loss {self.name} is not convex in the outputs at {int(wrong.sum())} of {len(f)} rows "
                f"(smallest second derivative {float(lowest[wrong].min()):.2g}), so that it has no positive "
                "semi-definite generalised Gauss-Newton matrix; use a convex loss."
            )
        return hessian, values, vectors

    def check_outputs(self, f: Tensor, y: Tensor) -> None:
        """Raise :class:`InvalidChoice` unless the losses of these rows are ``[n]`` and each row's own."""
        together = self._losses(f, y)
        alone = [self._losses(f[i : i + 1], y[i : i + 1]) for i in range(len(f))]
        if not torch.allclose(together, torch.cat(alone), rtol=1e-4, equal_nan=True):
            raise InvalidChoice(
                f"The loss {self.name} of a row depends on the rows beside it; return the loss of each row "
                "on its own, not divided by their number."
            )
        try:
            self.residual(f, y)
        except RuntimeError as error:
            raise InvalidChoice(f"The loss {self.name} is not differentiable: {error}") from error

    def fits(self, k: int, y: Tensor) -> bool:
        return True  # the function says what it cannot take

    def _losses(self, f: Tensor, y: Tensor) -> Tensor:
        """The function's losses ``[n]``, checked."""
        y = y.to(f.dtype) if y.is_floating_point() else y
        try:
            found = self._function(f, y)
        except (RuntimeError, ValueError, TypeError, IndexError) as error:
            raise DataError(
                f"The loss {self.name} failed on outputs {tuple(f.shape)} and targets {tuple(y.shape)}: "
                f"{type(error).__name__}: {' '.join(str(error).split()).rstrip('.')}."
            ) from error
        if not isinstance(found, Tensor) or found.shape != (len(f),):
            shape = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
            raise InvalidChoice(
                f"The loss {self.name} must return one loss for each row, a tensor ({len(f)},), not {shape}; "
                'use reduction="none", or sum over the outputs only.'
            )
        return found


def _gradient(value: Tensor, at: Tensor) -> Tensor:
    """``d value / d at``; zeros where it does not depend on it."""
    if not value.requires_grad:
        return torch.zeros_like(at)
    found = torch.autograd.grad(value, at, retain_graph=True, materialize_grads=True)
    return found[0]
