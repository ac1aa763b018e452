"""Losses of exponential families, in their natural parameter.

A loss is the negative log-likelihood ``l(f, y) = A(f) - <f, t(y)> - log h(y)``, where the model's
outputs ``f`` are the family's natural parameters. The methods of this package need

===========  ==========================  ========================================
name         formula                     meaning
===========  ==========================  ========================================
``value``    ``l(f, y)``                 the loss of each row, in nats
``residual`` ``A'(f) - t(y)``            gradient of the loss with respect to ``f``
``variance`` ``A''(f) u``                Fisher information of ``f``, times ``u``
``mean``     ``A'(f)``                   the mean prediction
===========  ==========================  ========================================

Shapes: ``f`` is ``[n, k]`` or ``[n, k, m]`` (``m`` parameter vectors side by side), ``y`` is ``[n]``.
``A''`` does not depend on ``y``: it is at once the Hessian in ``f`` and the covariance of ``t(y)``
under the model, which is why the model-expectation Fisher equals the generalised Gauss-Newton matrix.

Source: Amari, Natural Gradient Works Efficiently in Learning (1998); Martens, New Insights and
Perspectives on the Natural Gradient Method (2020), section 9.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from afif_explorer.errors import DataError


class Loss(ABC):
    """An exponential family with its canonical link, ``l(f, y) = A(f) - <f, t(y)> - log h(y)``.

    Subclass it to define your own family: ``value``, ``residual``, ``variance`` and ``mean``, for ``f``
    ``[n, k]`` or ``[n, k, m]`` and ``y`` ``[n]``. Losses are in nats, and not divided by ``n``.

    Source: McCullagh and Nelder, Generalized Linear Models (1989), section 2.2.

    Attributes:
        name: one word, for messages.
        canonical_outputs: the number of outputs ``k`` of the family, or None if it depends on the data.
        is_family: True; False for a loss that is no likelihood, whose Gauss-Newton matrix is not a Fisher.
        sequences: whether a row's outputs are those of each position of a sequence, ``[n, T, V]``.

    >>> import torch, afif_explorer as ax
    >>> class Binomial(ax.Loss):  # y successes in 10 trials: A(f) = 10 log(1 + e^f)
    ...     name = "binomial"
    ...
    ...     def value(self, f, y):
    ...         beside = y.reshape(-1, *[1] * (f.ndim - 1))
    ...         return (10 * torch.nn.functional.softplus(f) - beside * f).sum(1)
    ...
    ...     def residual(self, f, y):
    ...         return self.mean(f) - y.reshape(-1, *[1] * (f.ndim - 1))
    ...
    ...     def variance(self, f, u):
    ...         return (10 * f.sigmoid() * (-f).sigmoid())[:, :, None] * u
    ...
    ...     def mean(self, f):
    ...         return 10 * f.sigmoid()
    >>> X = torch.linspace(-1, 1, 11, dtype=torch.float64)[:, None]
    >>> objective = ax.Objective(ax.LinearMap(1), Binomial(), None, X, torch.arange(11.0))
    >>> fit = ax.fit_objective(objective)
    >>> fit.converged, fit.predict(X.numpy()).shape
    (True, (11,))
    """

    name: str
    canonical_outputs: int | None = 1
    is_family: bool = True
    sequences: bool = False

    @abstractmethod
    def value(self, f: Tensor, y: Tensor) -> Tensor:
        """Loss of each row in nats, ``[n]`` or ``[n, m]``."""

    @abstractmethod
    def residual(self, f: Tensor, y: Tensor) -> Tensor:
        """``A'(f) - t(y)``, the gradient of the loss with respect to ``f``; the shape of ``f``."""

    @abstractmethod
    def variance(self, f: Tensor, u: Tensor) -> Tensor:
        """``A''(f) u`` for ``f`` ``[n, k]`` and ``u`` ``[n, k, m]``; the shape of ``u``."""

    @abstractmethod
    def mean(self, f: Tensor) -> Tensor:
        """``A'(f)``, the mean of ``t(y)`` under the model; the shape of ``f``."""

    def hessian_product(self, f: Tensor, y: Tensor, u: Tensor) -> Tensor:
        """``(d^2 l/df^2) u`` for ``u`` ``[n, k, m]``; of a family it is the variance, whatever ``y``."""
        return self.variance(f, u)

    def hessian_root(self, f: Tensor, y: Tensor) -> Tensor:
        """``S`` with ``S S' = d^2 l/df^2`` for each row, ``[n, k, r]``; of a family :meth:`root`."""
        return self.root(f)

    def divergence(self, f: Tensor, f0: Tensor, y: Tensor) -> Tensor:
        """``A(f) - A(f0) - <A'(f0), f - f0>`` of each row in nats, ``[n]`` or ``[n, m]``; at least 0.

        The Bregman divergence of ``A``, which is ``KL(p_f0 || p_f)`` of the predicted distributions. It
        is the loss minus its tangent at ``f0``, for any targets ``y``.
        """
        tangent = self.value(f0, y) + (self.residual(f0, y) * (f - f0)).sum(1)
        return self.value(f, y) - tangent

    def root(self, f: Tensor) -> Tensor:
        """A matrix ``S`` with ``S S' = A''(f)`` for each row, ``[n, k, k]``."""
        eye = torch.eye(f.shape[1], dtype=f.dtype, device=f.device)
        blocks = self.variance(f, eye.expand(len(f), -1, -1))
        values, vectors = torch.linalg.eigh(blocks)
        return vectors * values.clamp(min=0).sqrt()[:, None, :]

    def check(self, y: Tensor) -> None:
        """Raise :class:`DataError` if ``y`` ``[n]`` contains a value outside the family's support."""
        if not torch.isfinite(y.double()).all():
            raise DataError("The target contains values that are not finite; remove those rows.")

    def check_outputs(self, f: Tensor, y: Tensor) -> None:  # noqa: B027 - a family needs no check
        """Raise :class:`InvalidChoice` unless the loss can be computed for outputs ``f`` ``[n, k]``."""

    def outputs_for(self, y: Tensor) -> int:
        """The number of natural parameters of a row, given the targets."""
        return self.canonical_outputs or 1

    def fits(self, k: int, y: Tensor) -> bool:
        """Whether this loss works with ``k`` outputs and these targets."""
        return self.canonical_outputs is None or k == self.outputs_for(y)


class _OneParameter(Loss):
    """A family with one natural parameter: everything is elementwise.

    With targets ``[n, k]`` a row has ``k`` independent observations, each with an output of its own; the
    row's loss is their sum.
    """

    def root(self, f: Tensor) -> Tensor:
        return torch.diag_embed(self._variance(f).sqrt())

    def variance(self, f: Tensor, u: Tensor) -> Tensor:
        return self._variance(f)[:, :, None] * u

    def residual(self, f: Tensor, y: Tensor) -> Tensor:
        return self.mean(f) - _beside(y, f)

    def value(self, f: Tensor, y: Tensor) -> Tensor:
        return self._value(f, _beside(y, f)).sum(1)

    def check(self, y: Tensor) -> None:
        super().check(y)
        if y.ndim > 2:
            raise DataError(
                f"The targets must be [n] or [n, k], not {list(y.shape)}; flatten them."
            )

    def outputs_for(self, y: Tensor) -> int:
        return y.shape[1] if y.ndim == 2 else 1

    @abstractmethod
    def _value(self, f: Tensor, y: Tensor) -> Tensor:
        """The loss, elementwise."""

    @abstractmethod
    def _variance(self, f: Tensor) -> Tensor:
        """``A''(f)``, elementwise."""


def _beside(y: Tensor, f: Tensor) -> Tensor:
    """``y`` ``[n]`` or ``[n, k]`` shaped so that it broadcasts against ``f`` ``[n, k]`` or ``[n, k, m]``."""
    k = y.shape[1] if y.ndim > 1 else 1
    return y.to(f.dtype).reshape(len(y), k, *([1] * (f.ndim - 2)))


class Gaussian(_OneParameter):
    """Unit-variance Gaussian, ``l = (y - f)^2 / 2``; ``A(f) = f^2 / 2``. ``y`` may be ``[n, k]``.

    The residual is ``f - y``, the variance 1; the loss of several outputs is their sum. In half squared units
    of the target: the constant ``log(2 pi) / 2`` is left out.

    Source: McCullagh and Nelder (1989), chapter 3.

    >>> import torch, afif_explorer as ax
    >>> f, y = torch.tensor([[1.0], [3.0]]), torch.tensor([2.0, 3.0])
    >>> ax.Gaussian().value(f, y).tolist()
    [0.5, 0.0]
    """

    name = "Gaussian"

    def _value(self, f: Tensor, y: Tensor) -> Tensor:
        return 0.5 * (y - f) ** 2

    def mean(self, f: Tensor) -> Tensor:
        return f

    def _variance(self, f: Tensor) -> Tensor:
        return torch.ones_like(f)


class Bernoulli(_OneParameter):
    """Two classes 0 and 1 with ``f`` the log-odds of 1: ``l = log(1 + e^f) - y f``, in nats.

    With ``s = 1 / (1 + e^-f)`` the residual is ``s - y`` and the variance ``s (1 - s)``. ``y`` may be
    ``[n, k]``, ``k`` labels of a row that do not exclude each other; the row's loss is their sum.

    Raises:
        DataError: for targets other than 0 and 1.

    Source: McCullagh and Nelder (1989), chapter 4.

    >>> import torch, afif_explorer as ax
    >>> ax.Bernoulli().mean(torch.tensor([[0.0]])).item()
    0.5
    """

    name = "Bernoulli"

    def _value(self, f: Tensor, y: Tensor) -> Tensor:
        return torch.nn.functional.softplus(f) - f * y

    def mean(self, f: Tensor) -> Tensor:
        return torch.sigmoid(f)

    def _variance(self, f: Tensor) -> Tensor:
        return torch.sigmoid(f) * torch.sigmoid(-f)

    def check(self, y: Tensor) -> None:
        super().check(y)
        if not ((y == 0) | (y == 1)).all():
            raise DataError("A logistic model needs targets that are 0 or 1; recode the target.")


class Poisson(_OneParameter):
    """Counts with ``f`` the log of the mean: ``l = e^f - y f + log y!``, in nats.

    The residual is ``e^f - y``, the variance ``e^f``. ``y`` may be ``[n, k]``.

    Raises:
        DataError: for targets that are not counts.

    Source: McCullagh and Nelder (1989), chapter 6.

    >>> import torch, afif_explorer as ax
    >>> ax.Poisson().residual(torch.tensor([[0.0]]), torch.tensor([3.0])).tolist()
    [[-2.0]]
    """

    name = "Poisson"

    def _value(self, f: Tensor, y: Tensor) -> Tensor:
        return torch.exp(f) - f * y + torch.lgamma(y + 1)

    def mean(self, f: Tensor) -> Tensor:
        return torch.exp(f)

    def _variance(self, f: Tensor) -> Tensor:
        return torch.exp(f)

    def check(self, y: Tensor) -> None:
        super().check(y)
        if (y < 0).any() or (y != y.round()).any():
            raise DataError(
                "A Poisson model needs counts (0, 1, 2, ...) as targets; check the target."
            )


class Categorical(Loss):
    """``k`` classes with ``f`` the logits: ``l = logsumexp(f) - f_y``, in nats; ``y`` holds class numbers.

    With ``p = softmax(f)`` the residual is ``p`` minus 1 at the observed class, the variance
    ``diag(p) - p p'``.

    All ``k`` logits are kept. Adding a constant to them changes nothing, so without a penalty the curvature
    has ``d + 1`` zero eigenvalues: use a penalty or a damping.

    Raises:
        DataError: for targets that are not class numbers.

    Source: McCullagh and Nelder (1989), chapter 5.

    >>> import torch, afif_explorer as ax
    >>> ax.Categorical().mean(torch.zeros(1, 4)).tolist()
    [[0.25, 0.25, 0.25, 0.25]]
    """

    name = "categorical"
    canonical_outputs = None

    def value(self, f: Tensor, y: Tensor) -> Tensor:
        picked = f.gather(1, _index(y, f)).squeeze(1)
        return torch.logsumexp(f, 1) - picked

    def mean(self, f: Tensor) -> Tensor:
        return torch.softmax(f, 1)

    def residual(self, f: Tensor, y: Tensor) -> Tensor:
        index = _index(y, f)
        return torch.softmax(f, 1).scatter_add(1, index, -torch.ones_like(f[:, :1]))

    def variance(self, f: Tensor, u: Tensor) -> Tensor:
        p = torch.softmax(f, 1)[:, :, None]
        return p * (u - (p * u).sum(1, keepdim=True))

    def root(self, f: Tensor) -> Tensor:
        """The Cholesky factor of ``diag(p) - p p'``, which has rank ``k - 1``: ``[n, k, k - 1]``.

        With the tails ``q_j = p_j + ... + p_k`` its column ``j`` is ``sqrt(p_j / q_j)`` times
        ``sqrt(q_j+1)`` at ``j`` and ``-p_i / sqrt(q_j+1)`` below. Source: Tanabe and Sagae (1992).
        """
        p = torch.softmax(f, 1)
        if p.shape[1] == 1:
            return torch.zeros_like(p)[:, :, None]
        tiny = torch.finfo(p.dtype).tiny
        # Summed from the end to avoid cancellation.
        tail = p.flip(1).cumsum(1).flip(1).clamp(min=tiny)
        after = tail[:, 1:].sqrt()
        factor = torch.tril(-p[:, :, None] / after[:, None, :], -1)
        factor.diagonal(dim1=1, dim2=2).copy_(after)
        return factor.mul_((p / tail).sqrt()[:, None, :-1])

    def check(self, y: Tensor) -> None:
        super().check(y)
        if y.ndim > 1:
            raise DataError(
                f"Class numbers must be [n], not {list(y.shape)}; those of one-hot rows are y.argmax(1), and "
                'for several labels of 0 and 1 in a row use the "bernoulli" loss.'
            )
        if (y < 0).any() or (y != y.to(torch.int64)).any():
            raise DataError("Class numbers must be 0, 1, 2, ...; recode the target.")

    def outputs_for(self, y: Tensor) -> int:
        return int(y.max()) + 1

    def fits(self, k: int, y: Tensor) -> bool:
        return k >= self.outputs_for(y)  # the last classes may be empty


def _index(y: Tensor, f: Tensor) -> Tensor:
    """Class numbers as an index into the class axis of ``f``."""
    index = y.to(torch.int64).reshape(len(y), 1, *([1] * (f.ndim - 2)))
    return index.expand(len(y), 1, *f.shape[2:])


LOSSES: dict[str, type[Loss]] = {
    "gaussian": Gaussian,
    "bernoulli": Bernoulli,
    "categorical": Categorical,
    "poisson": Poisson,
}
