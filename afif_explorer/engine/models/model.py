"""Models: outputs ``f(x; theta)`` as a function of one flat parameter vector.

There are three: :class:`LinearMap`, :class:`MLP`, and :class:`ModuleModel` around any
deterministic ``torch.nn.Module`` that returns natural parameters.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from afif_explorer.engine.jacobians.base import Linearization
from afif_explorer.engine.jacobians.linear import LinearMapLinearization
from afif_explorer.engine.jacobians.sparse import SparseMapLinearization, sparse
from afif_explorer.engine.models.inputs import plain
from afif_explorer.engine.models.module_parameters import (
    ModuleParameters,
)
from afif_explorer.errors import DataError, InvalidChoice
from afif_explorer.numeric import checked_count, checked_flag, is_whole
from afif_explorer.wording import quoted

ALONG = (1.0, -3.0, 40.0)  # multiples of a direction, beyond kinks of activations
AGREES = 1e-6  # relative difference from the module itself: torch's fast paths round differently


class Model(ABC):
    """A map from rows and a flat ``theta`` ``[p]`` to natural parameters ``[n, k]``.

    Attributes:
        p: number of parameters.
        k: number of outputs of a row.
        penalised: ``[p]`` bool, False for the intercept, which is never penalised.
        linear: True if ``f`` is linear in ``theta``, so that Fisher and Hessian coincide.
        sequences: True if the outputs are those of each position of a sequence, ``k = T V`` in this order.
    """

    p: int
    k: int
    penalised: Tensor
    linear: bool = False
    sequences: bool = False

    @abstractmethod
    def initial(self, seed: int) -> Tensor:
        """The initial parameters, ``[p]`` float64."""

    @abstractmethod
    def linearize(self, theta: Tensor, X: Tensor) -> Linearization:
        """The linearization of the model at ``theta`` on the rows ``X``."""

    def rows(self, X: Tensor) -> Tensor:
        """Rows as the model takes them: one floating-point tensor, unless a subclass takes others.

        Raises :class:`DataError` for rows that it cannot take.
        """
        if sparse(X) is not None:
            raise DataError("Sparse rows need a linear map; use LinearMap, or pass X.toarray().")
        return plain(X)

    def outputs(self, theta: Tensor, X: Tensor) -> Tensor:
        """Natural parameters, ``[n, k]``."""
        return self.linearize(theta, X).outputs

    def slices(self) -> dict[str, slice]:
        """The slice of ``theta`` for each named parameter."""
        return {}

    def to_module(self, theta: Tensor) -> nn.Module:
        """A float64 module on the device of ``theta`` whose ``forward`` gives the outputs ``[n, k]``."""
        raise InvalidChoice(f"A model of type {type(self).__name__} cannot be made into a module.")

    def theta_of(self, trained: nn.Module | Mapping[str, Tensor | np.ndarray]) -> Tensor:
        """The parameters ``[p]`` float64 of a module like :meth:`to_module`'s, or of its ``state_dict``.

        Raises :class:`InvalidChoice` for one of another architecture, or with other constants.
        """
        like = self.to_module(torch.zeros(self.p, dtype=torch.float64))
        layout = ModuleParameters(only_layer(like))
        if isinstance(trained, nn.Module):
            return layout.read(only_layer(trained))
        own = copy.deepcopy(like)
        try:
            own.load_state_dict({name: torch.as_tensor(value) for name, value in trained.items()})
        except (RuntimeError, TypeError, ValueError) as error:
            raise InvalidChoice(" ".join(str(error).split())) from error
        return layout.read(only_layer(own))


class LinearMap(Model):
    """``f = W x + b``: least squares, logistic, softmax or Poisson regression, depending on the loss.

    ``theta`` ``[p]`` is ``W`` ``[k, d]`` row by row, then ``b`` ``[k]``, so that ``p = k (d + 1)``; rows
    ``X`` are ``[n, d]``, outputs ``[n, k]``. Training starts at 0. Fisher and Hessian are the same matrix.

    Args:
        d: inputs.
        k: outputs.
        intercept: whether there is a ``b``; it is not penalised.

    Raises:
        InvalidChoice: for invalid sizes.
        DataError: for rows of another shape.

    Source: McCullagh and Nelder, Generalized Linear Models (1989), chapter 2.

    >>> import torch, afif_explorer as ax
    >>> model = ax.LinearMap(2)
    >>> theta = torch.tensor([1.0, 10.0, 5.0], dtype=torch.float64)  # two weights, then the intercept
    >>> model.outputs(theta, torch.eye(2, dtype=torch.float64)).tolist()
    [[6.0], [15.0]]
    """

    linear = True

    def __init__(self, d: int, k: int = 1, *, intercept: bool = True) -> None:
        if not (is_whole(d) and d >= 0):
            raise InvalidChoice(f"A linear map's inputs d must be a whole number, not {quoted(d)}.")
        self.d, self.k = d, checked_count("A linear map's outputs k", k)
        self.intercept = intercept = checked_flag("intercept", intercept)
        self.p = k * (d + intercept)
        self.penalised = torch.arange(self.p) < k * d

    def initial(self, seed: int) -> Tensor:
        return torch.zeros(self.p, dtype=torch.float64)

    def rows(self, X: Tensor) -> Tensor:
        return X if sparse(X) is not None else super().rows(X)

    def linearize(self, theta: Tensor, X: Tensor) -> LinearMapLinearization:
        if X.ndim != 2 or X.shape[1] != self.d:
            raise DataError(
                f"A linear map with {self.d} inputs cannot take rows of shape {tuple(X.shape[1:])}; change "
                "one of them."
            )
        kind = SparseMapLinearization if sparse(X) is not None else LinearMapLinearization
        return kind(X, self.k, self.intercept, theta)

    def to_module(self, theta: Tensor) -> nn.Module:
        layer = skip_init(nn.Linear, self.d, self.k, bias=self.intercept)
        return ModuleParameters(layer).filled(layer, theta)


class LinearModule(LinearMap):
    """An ``nn.Linear``, also one alone in an ``nn.Sequential``; training starts at its parameters."""

    def __init__(self, module: nn.Module) -> None:
        layer = only_layer(module)
        assert isinstance(layer, nn.Linear)
        super().__init__(layer.in_features, layer.out_features, intercept=layer.bias is not None)
        self._module, self._parameters = copy.deepcopy(module), ModuleParameters(layer)

    def to_module(self, theta: Tensor) -> nn.Module:
        own = copy.deepcopy(self._module)
        self._parameters.filled(only_layer(own), theta)
        return own

    def initial(self, seed: int) -> Tensor:
        return self._parameters.start.clone()

    def slices(self) -> dict[str, slice]:
        return self._parameters.slices()


def only_layer(module: nn.Module) -> nn.Module:
    """The single layer of a sequence of one, else the module."""
    return module[0] if isinstance(module, nn.Sequential) and len(module) == 1 else module
