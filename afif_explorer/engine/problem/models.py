"""Models: outputs ``f(x; theta)`` as a function of one flat parameter vector.

There are three: :class:`LinearMap`, :class:`MLP`, and :class:`ModuleModel` around any
deterministic ``torch.nn.Module`` that returns natural parameters.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from afif_explorer.engine.jacobians.autograd import ModuleLinearization
from afif_explorer.engine.jacobians.base import Linearization
from afif_explorer.engine.jacobians.layers.attention import close_again, open_up, plain_attention
from afif_explorer.engine.jacobians.layers.chain import ChainLinearization
from afif_explorer.engine.jacobians.layers.dense_layers import chain_of
from afif_explorer.engine.jacobians.layers.traced import (
    Structure,
    TracedLinearization,
    structure_of,
)
from afif_explorer.engine.jacobians.linear import LinearMapLinearization
from afif_explorer.engine.jacobians.sparse import SparseMapLinearization, sparse
from afif_explorer.engine.problem.module_parameters import (
    ModuleParameters,
    Penalised,
    moved_start,
    penalised_mask,
)
from afif_explorer.errors import DataError, InvalidChoice
from afif_explorer.numeric import checked_count, is_whole

SAME = (
    1e-9  # two calls may differ by rounding, since memory alignment affects the order of summation
)
ALONG = (1.0, -3.0, 40.0)  # multiples of a direction, beyond kinks of activations
AGREES = 1e-6  # relative difference from the module itself: torch's fast paths round differently


class Model(ABC):
    """A map from rows and a flat ``theta`` ``[p]`` to natural parameters ``[n, k]``.

    Attributes:
        p: number of parameters.
        k: number of outputs of a row.
        penalised: ``[p]`` bool, False for the intercept, which is never penalised.
        linear: True if ``f`` is linear in ``theta``, so that Fisher and Hessian coincide.
    """

    p: int
    k: int
    penalised: Tensor
    linear: bool = False

    @abstractmethod
    def initial(self, seed: int) -> Tensor:
        """The initial parameters, ``[p]`` float64."""

    @abstractmethod
    def linearize(self, theta: Tensor, X: Tensor) -> Linearization:
        """The linearization of the model at ``theta`` on the rows ``X``."""

    def outputs(self, theta: Tensor, X: Tensor) -> Tensor:
        """Natural parameters, ``[n, k]``."""
        return self.linearize(theta, X).outputs

    def slices(self) -> dict[str, slice]:
        """The slice of ``theta`` for each named parameter."""
        return {}

    def to_module(self, theta: Tensor) -> nn.Module:
        """A float64 module on the device of ``theta`` whose ``forward`` gives the outputs ``[n, k]``."""
        raise InvalidChoice(f"A model of type {type(self).__name__} cannot be made into a module.")


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
            raise InvalidChoice(f"A linear map's inputs d must be a whole number, not {d!r}.")
        self.d, self.k, self.intercept = d, checked_count("A linear map's outputs k", k), intercept
        self.p = k * (d + intercept)
        self.penalised = torch.arange(self.p) < k * d

    def initial(self, seed: int) -> Tensor:
        return torch.zeros(self.p, dtype=torch.float64)

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
        return _filled(ModuleParameters(layer), layer, theta)


class LinearModule(LinearMap):
    """An ``nn.Linear``, also one alone in an ``nn.Sequential``; training starts at its parameters."""

    def __init__(self, module: nn.Module) -> None:
        layer = _only_layer(module)
        assert isinstance(layer, nn.Linear)
        super().__init__(layer.in_features, layer.out_features, intercept=layer.bias is not None)
        self._module, self._parameters = copy.deepcopy(module), ModuleParameters(layer)

    def to_module(self, theta: Tensor) -> nn.Module:
        own = copy.deepcopy(self._module)
        _filled(self._parameters, _only_layer(own), theta)
        return own

    def initial(self, seed: int) -> Tensor:
        return self._parameters.start.clone()

    def slices(self) -> dict[str, slice]:
        return self._parameters.slices()


class ModuleModel(Model):
    """Any deterministic ``torch.nn.Module`` ``f(x; theta)``, its parameters flattened in the module's order.

    Rows ``X`` are ``[n, ...]``, outputs ``[n, k]``, ``theta`` is ``[p]``: all parameters that require a
    gradient, each once even if it has several names. Buffers and frozen parameters are constants. The
    module is copied and used in its current mode (``train`` or ``eval``); training starts at its own
    parameters.

    Args:
        module: maps rows to natural parameters (logits, log-odds, log-means; no softmax at the end).
        example: some rows on which the module is tested.
        penalised: the penalised parameters: their names, or a mask ``[p]``. None: all but the intercept,
            which is any parameter of ``k`` numbers that is added to the outputs, wherever it is declared.

    Raises:
        InvalidChoice: if it is not a module, has no trainable parameters, gives different outputs for the
            same rows (dropout), mixes rows (batch statistics), does not return ``[n, k]``, or uses weights
            that ``theta`` does not replace.

    >>> import torch, afif_explorer as ax
    >>> net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.GELU(), torch.nn.Linear(4, 2))
    >>> model = ax.ModuleModel(net, torch.randn(5, 3))
    >>> model.p, model.k
    (26, 2)
    >>> int((~model.penalised).sum())  # the two intercepts of the outputs
    2
    """

    def __init__(
        self,
        module: nn.Module,
        example: Tensor,
        penalised: Penalised | None = None,
    ) -> None:
        if not isinstance(module, nn.Module):
            raise InvalidChoice(f"Expected a Model or a torch.nn.Module, got {module!r}.")
        self._module = copy.deepcopy(module)
        open_up(self._module)
        self.parameters = ModuleParameters(self._module)
        self.p = self.parameters.p
        rows = example[:4].double()
        self.k = self._checked_outputs(rows)
        self.linear = self._is_linear(rows)
        self._check_against(module, rows)
        self._chain = chain_of(self._module)
        self._structure = None if self._chain else self._found_structure(example.double())
        if penalised is None:
            self.penalised = ~self._intercepts(rows)
        else:
            self.penalised = penalised_mask(penalised, self.slices(), self.p)

    def _checked_outputs(self, rows: Tensor) -> int:
        theta = self.parameters.start.to(rows.device)
        try:
            outputs, again = self._call(theta, rows), self._call(theta, rows)
        except (RuntimeError, ValueError, TypeError) as error:
            raise InvalidChoice(
                f"The module cannot take rows of shape {tuple(rows.shape[1:])}: {error}"
            ) from error
        if not isinstance(outputs, Tensor) or outputs.ndim != 2 or len(outputs) != len(rows):
            raise InvalidChoice("The module must return one row of outputs for each row, [n, k].")
        if not torch.allclose(outputs, again, rtol=SAME, atol=SAME):
            raise InvalidChoice(
                "The module gives different outputs for the same rows; remove its randomness, "
                "or call eval() on it to disable dropout."
            )
        if not self._answers_alone(theta, rows, outputs):
            raise InvalidChoice(
                "The module's output for one row depends on the other rows, so the influence of one "
                "row is not defined; call eval() on it to freeze batch statistics."
            )
        return outputs.shape[1]

    def _answers_alone(self, theta: Tensor, rows: Tensor, outputs: Tensor) -> bool:
        """Whether every row has the same outputs on its own; batch statistics reject a single row."""
        try:
            alone = torch.cat([self._call(theta, row[None]) for row in rows])
        except (RuntimeError, ValueError):
            return False
        return torch.allclose(outputs, alone, rtol=1e-6, atol=1e-8)

    def _check_against(self, module: nn.Module, rows: Tensor) -> None:
        """Compare with the module itself at other parameters, to detect weights outside ``theta``."""
        theta = moved_start(self.parameters.start)
        own = _filled(self.parameters, copy.deepcopy(module), theta.to(rows.device))
        with torch.no_grad():
            wanted, found = own(rows), self._call(theta.to(rows.device), rows)
        apart = float((wanted - found).abs().max())
        if apart > AGREES * max(1.0, float(wanted.abs().max())):
            raise InvalidChoice(
                f"At other parameters the module's outputs differ by {apart:.2g} from those computed with "
                "theta, so it has weights outside theta; register each as an nn.Parameter "
                "and use it directly in forward."
            )

    def _is_linear(self, rows: Tensor) -> bool:
        """Whether outputs are linear in ``theta`` (and a constant): their changes along lines tell."""
        start = self.parameters.start.to(rows.device)
        for direction in (moved_start(start), moved_start(start.flip(0)).flip(0)):
            with torch.no_grad():
                before, *moved = (self._call(start + x * direction, rows) for x in (0.0, *ALONG))
            unit = moved[0] - before
            for times, found in zip(ALONG[1:], moved[1:], strict=True):
                size = max(1.0, float(found.abs().max()))
                if not bool(((found - before - times * unit).abs() <= SAME * size).all()):
                    return False
        return True

    def _intercepts(self, rows: Tensor) -> Tensor:
        """Parameters of ``k`` numbers that are added to the outputs for all rows and ``theta``: ``[p]``."""
        found = torch.zeros(self.p, dtype=torch.bool)
        theta = moved_start(self.parameters.start).to(rows.device)
        shift = 1.0 + torch.arange(self.k, dtype=theta.dtype, device=rows.device)
        with torch.no_grad():
            before = self._call(theta, rows)
            for place in self.slices().values():
                if place.stop - place.start != self.k:
                    continue
                moved = theta.clone()
                moved[place] += shift
                change = self._call(moved, rows) - before
                size = max(1.0, float(before.abs().max()))
                found[place] = bool(((change - shift).abs() <= SAME * size).all())
        return found

    def _call(self, theta: Tensor, X: Tensor) -> Tensor:
        return self._run(self.parameters.named(theta), X)

    def _run(self, named: Mapping[str, Tensor], X: Tensor) -> Tensor:
        """Outputs for parameters by name."""
        with plain_attention():
            return self.parameters.run(named, X)

    def _found_structure(self, example: Tensor) -> Structure | None:
        named = self.parameters.named(self.parameters.start.to(example.device))
        return structure_of(self._run, named, example)

    def initial(self, seed: int) -> Tensor:
        return self.parameters.start.clone()

    def slices(self) -> dict[str, slice]:
        return self.parameters.slices()

    def to_module(self, theta: Tensor) -> nn.Module:
        own = copy.deepcopy(self._module)
        close_again(own)
        return _filled(self.parameters, own, theta)

    def linearize(self, theta: Tensor, X: Tensor) -> Linearization:
        if self._chain is not None and X.ndim == 2:
            return ChainLinearization(self._chain, theta, X)
        if self._structure is not None:
            return TracedLinearization(self._structure, theta, X)
        return ModuleLinearization(self._call, theta, X)


class MLP(ModuleModel):
    """A multilayer perceptron with tanh hidden layers: ``f = W_L tanh(... tanh(W_1 x + b_1)) + b_L``.

    ``theta`` ``[p]`` holds ``W_1``, ``b_1``, ``W_2``, ... row by row; rows ``X`` are ``[n, d]``, outputs
    ``[n, k]``. ``initial(seed)`` draws each weight uniformly from ``+- sqrt(3 / inputs of its layer)``,
    which has the variance ``1 / inputs``, and starts every ``b`` at 0; each seed gives another start.

    Args:
        d: inputs.
        hidden: units of each hidden layer.
        k: outputs.

    Raises:
        InvalidChoice: for invalid sizes.

    Source: LeCun, Bottou, Orr and Müller, Efficient BackProp (1998), section 4.6.

    >>> import afif_explorer as ax
    >>> model = ax.MLP(3, (8,), 1)
    >>> model.p  # 3 * 8 + 8 + 8 + 1
    41
    """

    def __init__(self, d: int, hidden: Sequence[int], k: int) -> None:
        if not isinstance(hidden, Iterable) or not all(is_whole(u) and u >= 1 for u in hidden):
            raise InvalidChoice(
                f"Hidden layers are counts of units, such as (16, 8), not {hidden!r}."
            )
        checked_count("A perceptron's inputs d", d)
        checked_count("A perceptron's outputs k", k)
        self.hidden = tuple(hidden)
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise((d, *hidden)):
            layers += [nn.Linear(inputs, outputs, dtype=torch.float64), nn.Tanh()]
        layers.append(nn.Linear((d, *hidden)[-1], k, dtype=torch.float64))
        super().__init__(nn.Sequential(*layers), torch.zeros(2, d, dtype=torch.float64))

    def initial(self, seed: int) -> Tensor:
        generator = torch.Generator().manual_seed(seed)
        parts = []
        for shape in self.parameters.shapes:
            if len(shape) == 2:
                bound = (3.0 / shape[1]) ** 0.5
                draw = torch.rand(*shape, dtype=torch.float64, generator=generator)
                parts.append((2 * draw - 1).reshape(-1) * bound)
            else:
                parts.append(torch.zeros(shape.numel(), dtype=torch.float64))
        return torch.cat(parts)


def model_of(module: Model | nn.Module, example: Tensor) -> Model:
    """The model, or a wrapper for a module, tested on some rows; a linear layer becomes a linear map."""
    if isinstance(module, Model):
        return module
    layer = _only_layer(module)
    if type(layer) is nn.Linear and all(value.requires_grad for value in layer.parameters()):
        return LinearModule(module)
    return ModuleModel(module, example)


def _only_layer(module: nn.Module) -> nn.Module:
    """The single layer of a sequence of one, else the module."""
    return module[0] if isinstance(module, nn.Sequential) and len(module) == 1 else module


def _filled(parameters: ModuleParameters, own: nn.Module, theta: Tensor) -> nn.Module:
    """A copy of the module in float64, on the device of ``theta``, with these parameters."""
    own = own.to(theta.device, torch.float64)
    parameters.fill(own, theta)
    return own
