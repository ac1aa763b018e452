"""Models made of a ``torch.nn.Module``: any module, and multilayer perceptrons."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn

from afif_explorer.engine.jacobians.autograd import ModuleLinearization
from afif_explorer.engine.jacobians.base import Linearization
from afif_explorer.engine.jacobians.layers.attention import plain_attention
from afif_explorer.engine.jacobians.layers.chain import ChainLinearization
from afif_explorer.engine.jacobians.layers.dense_layers import chain_of
from afif_explorer.engine.jacobians.layers.opened import close_again, open_up
from afif_explorer.engine.jacobians.layers.traced import (
    Structure,
    TracedLinearization,
    structure_of,
)
from afif_explorer.engine.jacobians.looped import generic_linearization
from afif_explorer.engine.jacobians.sparse import sparse
from afif_explorer.engine.models.calling import call
from afif_explorer.engine.models.inputs import inputs
from afif_explorer.engine.models.model import LinearModule, Model, only_layer
from afif_explorer.engine.models.module_checks import (
    SAME,
    check_differentiable,
    check_mode,
    checked_outputs,
    taken,
    taking,
)
from afif_explorer.engine.models.module_parameters import (
    ModuleParameters,
    Penalised,
    moved_start,
    penalised_mask,
)
from afif_explorer.engine.models.rows import as_rows
from afif_explorer.errors import InvalidChoice
from afif_explorer.numeric import checked_count, is_whole
from afif_explorer.wording import quoted

ALONG = (1.0, -3.0, 40.0)  # multiples of a direction, beyond kinks of activations
AGREES = 1e-6  # relative difference from the module itself: torch's fast paths round differently


class ModuleModel(Model):
    """Any deterministic ``torch.nn.Module`` ``f(x; theta)``, its parameters flattened in the module's order.

    Rows ``X`` are ``[n, ...]``, outputs ``[n, k]``; a language model's ``[n, T, V]`` are flattened. ``theta``
    is ``[p]``: all parameters that require a gradient, each once even if it has several names. Buffers and
    frozen parameters are constants. The module is copied and used in its current mode (``train`` or
    ``eval``); training starts at its own parameters. It gets integers (such as token ids) as int64 if it
    takes them, all other numbers in the precision of the computation.

    Args:
        module: maps rows to natural parameters (logits, log-odds, log-means; no softmax at the end), as a
            tensor, or as ``logits`` in a mapping or an object.
        example: some rows on which the module is tested; several inputs as a mapping by argument name, or
            as a tuple of arrays.
        penalised: the penalised parameters: their names, or a mask ``[p]``. None: all but the intercept,
            which is any parameter of ``k`` numbers that is added to the outputs, wherever it is declared.

    Raises:
        InvalidChoice: if it is not a module, has no trainable parameters, gives different outputs for the
            same rows (dropout), mixes rows (batch statistics), does not return ``[n, k]``, or uses weights
            that ``theta`` does not replace.
        DataError: for rows that are not numbers, or several inputs of different lengths.

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
            raise InvalidChoice(f"Expected a Model or a torch.nn.Module, got {quoted(module)}.")
        self._module = copy.deepcopy(module)
        open_up(self._module)
        check_mode(module)
        self.parameters = ModuleParameters(self._module)
        self.p = self.parameters.p
        self._alters = False
        example = as_rows(example)
        if not example.ndim:
            raise InvalidChoice("The example must be some rows, [n, ...], not a single number.")
        at_start = partial(self._call, self.parameters.start.to(example.device))
        found = taken(at_start, example)
        rows, self._alters, self._floating = found.rows, found.alters, found.floating
        self.k = checked_outputs(at_start, rows).shape[1]
        check_differentiable(self._call, self.parameters.start.to(example.device), rows)
        self.sequences, self._units = self._output_shape(rows)
        self.linear = self._is_linear(rows)
        self._check_against(module, rows)
        self._chain = chain_of(self._module)
        self._structure = None if self._chain else self._found_structure(rows)
        self._generic = ModuleLinearization
        if self._chain is None and self._structure is None:
            theta = self.parameters.start.to(rows.device)
            self._generic = generic_linearization(self._call, theta, rows)
        if penalised is None:
            self.penalised = ~self._intercepts(rows)
        else:
            self.penalised = penalised_mask(penalised, self.slices(), self.p)

    def _output_shape(self, rows: Tensor) -> tuple[bool, int]:
        """Whether outputs are those of each position of a sequence, and their number at each."""
        named = self.parameters.named(self.parameters.start.to(rows.device))
        with plain_attention(), torch.no_grad():
            raw = self.parameters.run(named, rows.clone())
        return raw.ndim == 3, raw.shape[-1]

    def rows(self, X: Tensor) -> Tensor:
        if self._chain is not None or sparse(X) is not None:
            return super().rows(X)
        several = inputs(X)
        return X if several is None or not self._floating else cast(Tensor, several.floating())

    def _check_against(self, module: nn.Module, rows: Tensor) -> None:
        """Compare with the module itself at other parameters, to detect weights outside ``theta``."""
        theta = moved_start(self.parameters.start)
        own = self.parameters.filled(copy.deepcopy(module), theta.to(rows.device))
        with torch.no_grad():
            wanted = _flattened(call(own, rows.clone()))
            found = self._call(theta.to(rows.device), rows)
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
        """Parameters that are added to the outputs, at every position, for all rows and theta: ``[p]``."""
        found = torch.zeros(self.p, dtype=torch.bool)
        theta = moved_start(self.parameters.start).to(rows.device)
        shift = 1.0 + torch.arange(self._units, dtype=theta.dtype, device=rows.device)
        with torch.no_grad():
            before = self._call(theta, rows)
            for place in self.slices().values():
                if place.stop - place.start != self._units:
                    continue
                moved = theta.clone()
                moved[place] += shift
                change = (self._call(moved, rows) - before).unflatten(1, (-1, self._units))
                size = max(1.0, float(before.abs().max()))
                found[place] = bool(((change - shift).abs() <= SAME * size).all())
        return found

    def _call(self, theta: Tensor, X: Tensor) -> Tensor:
        return self._run(self.parameters.named(theta), X)

    def _run(self, named: Mapping[str, Tensor], X: Tensor) -> Tensor:
        """Outputs for parameters by name."""
        with plain_attention():
            return _flattened(self.parameters.run(named, X.clone() if self._alters else X))

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
        return self.parameters.filled(own, theta)

    def linearize(self, theta: Tensor, X: Tensor) -> Linearization:
        with taking(X):
            if self._chain is not None and X.ndim == 2:
                return ChainLinearization(self._chain, theta, X)
            if self._structure is not None:
                return TracedLinearization(self._structure, theta, X)
            return self._generic(self._call, theta, X)


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
                f"Hidden layers are counts of units, such as (16, 8), not {quoted(hidden)}."
            )
        checked_count("A perceptron's inputs d", d)
        checked_count("A perceptron's outputs k", k)
        self.hidden = tuple(hidden)
        layers: list[nn.Module] = []
        for width, units in pairwise((d, *hidden)):
            layers += [nn.Linear(width, units, dtype=torch.float64), nn.Tanh()]
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
    layer = only_layer(module)
    several = inputs(as_rows(example))
    plain_rows = several is None or several.parts.keys() == {0}
    if type(layer) is nn.Linear and plain_rows and all(v.requires_grad for v in layer.parameters()):
        return LinearModule(module)
    return ModuleModel(module, example)


def _flattened(outputs: Tensor) -> Tensor:
    """A language model's outputs ``[n, T, V]`` as ``[n, T V]``."""
    return outputs.flatten(1) if isinstance(outputs, Tensor) and outputs.ndim == 3 else outputs
