"""Linearization of a traced module, such as a transformer.

The inputs ``a_t`` of every layer and the derivatives ``g_t`` of the outputs with respect to every layer's
result are recorded (see :mod:`afif_explorer.engine.jacobians.layers.trace`); they are the factors of its
Jacobian.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise, product
from typing import Self

import torch
from torch import Tensor
from torch.func import vjp, vmap

from afif_explorer.engine.jacobians.autograd import ModuleLinearization
from afif_explorer.engine.jacobians.base import Work
from afif_explorer.engine.jacobians.layers.factored import FactoredJacobian, by_parameters
from afif_explorer.engine.jacobians.layers.layer_factors import (
    LayerJacobian,
    Summed,
    scale_jacobian,
    shift_jacobian,
)
from afif_explorer.engine.jacobians.layers.layered import LayeredLinearization, sums
from afif_explorer.engine.jacobians.layers.positionwise import Table, Weight
from afif_explorer.engine.jacobians.layers.trace import Usage, trace_uses, usage_of
from afif_explorer.engine.jacobians.layers.uses import Kind, NotTraceable, Use
from afif_explorer.engine.jacobians.symmetric import HALF

KINDS: dict[Kind, Callable[[Use, Tensor, int], LayerJacobian]] = {
    Kind.WEIGHT: Weight.of,
    Kind.TABLE: Table.of,
    Kind.SCALE: scale_jacobian,
    Kind.SHIFT: shift_jacobian,
}
MAX_DIFFERENCE = (
    1e-6  # largest relative difference from automatic differentiation in the check of a structure
)
MAX_EXPLICIT = (
    0.5  # share of the parameters whose blocks may be explicit; beyond, products are cheaper
)
GRAPH = 2  # memory of a backward pass, relative to the trace of one output
CHECKED = 2  # random combinations of a row's outputs in the check


@dataclass(frozen=True, eq=False)
class Structure:
    """How a module uses its parameters.

    Attributes:
        call: ``call(parameters by name, X)``, the module itself. shapes: of the parameters, in order.
        usage: see :class:`~afif_explorer.engine.jacobians.layers.trace.Usage`.
        kept: approximate number of values in a row's trace.
    """

    call: Callable[[Mapping[str, Tensor], Tensor], Tensor]
    shapes: Mapping[str, torch.Size]
    usage: Usage
    kept: int

    def named(self, theta: Tensor) -> dict[str, Tensor]:
        """``theta`` as a tensor for each parameter."""
        parts = theta.split([shape.numel() for shape in self.shapes.values()])
        return {
            name: part.reshape(shape)
            for (name, shape), part in zip(self.shapes.items(), parts, strict=True)
        }

    def factored(self, theta: Tensor, X: Tensor, roots: Tensor | None = None) -> FactoredJacobian:
        """The Jacobian on some rows; for ``S`` ``[n, k, r]`` that of ``r`` combinations of outputs."""
        named = self.named(theta.detach())
        outputs, uses = trace_uses(lambda by: self.call(by, X), named, len(X), self.usage)
        if roots is None:
            roots = torch.eye(outputs.shape[1], dtype=outputs.dtype, device=outputs.device)
            roots = roots.expand(len(outputs), -1, -1)
        slopes = _slopes(outputs, uses, roots)
        starts, start = {}, 0
        for name, shape in self.shapes.items():
            starts[name], start = start, start + shape.numel()
        layers = [
            KINDS[use.kind](use, slopes[id(use.tap)], starts[use.name] + use.offset)
            for use in self._with_biases(uses, starts)
        ]
        layers += self._explicit(named, X, roots, starts)
        return FactoredJacobian(_joined(layers), len(X), roots.shape[2], len(theta))

    def _explicit(
        self, named: Mapping[str, Tensor], X: Tensor, roots: Tensor, starts: Mapping[str, int]
    ) -> list[Summed]:
        """The blocks of the parameters that are not traced, by automatic differentiation of each row."""
        moving = {name: named[name] for name in self.usage.unsupported}
        if not moving:
            return []

        def one(x: Tensor, root: Tensor) -> dict[str, Tensor]:
            pull = vjp(lambda part: self.call({**named, **part}, x[None])[0], moving)[1]
            return vmap(lambda column: pull(column)[0], in_dims=1)(root)

        blocks = vmap(one)(X, roots)
        return [
            Summed(starts[name], moving[name].numel(), block.flatten(2))
            for name, block in blocks.items()
        ]

    def _with_biases(self, uses: list[Use], starts: Mapping[str, int]) -> list[Use]:
        """The uses, with a weight and its bias merged if they are adjacent and always used together."""
        count = Counter((use.name, use.offset) for use in uses)
        pairs = Counter(
            (weight.name, bias.name)
            for weight, bias in pairwise(uses)
            if self._adjacent(weight, bias, starts)
        )
        found: list[Use] = []
        for use in uses:
            last = found[-1] if found else None
            if (
                last is not None
                and self._adjacent(last, use, starts)
                and count[use.name, 0] == count[last.name, 0] == pairs[last.name, use.name]
            ):
                found[-1] = replace(last, bias=True)
            else:
                found.append(use)
        return found

    def _adjacent(self, weight: Use, bias: Use, starts: Mapping[str, int]) -> bool:
        """Whether two uses are a linear layer's whole weight and the bias that follows it in ``theta``."""
        return (
            weight.kind is Kind.WEIGHT
            and bias.kind is Kind.SHIFT
            and weight.tap is bias.tap
            and weight.shape.numel() == self.shapes[weight.name].numel()
            and starts[bias.name] == starts[weight.name] + weight.shape.numel()
        )


def _joined(layers: Sequence[LayerJacobian]) -> list[LayerJacobian]:
    """One layer for all uses of the same parameters, where these are of one kind."""
    found: list[LayerJacobian] = []
    for first, *others in by_parameters(layers):
        alike = all(type(one) is type(first) and one.size == first.size for one in others)
        found += [first.joined(others)] if alike and others else [first, *others]
    return found


def _slopes(outputs: Tensor, uses: list[Use], roots: Tensor) -> dict[int, Tensor]:
    """The derivative of every (combination of) output at every tap, ``[n, r, ...]``, by identity."""
    taps = {id(use.tap): use.tap for use in uses}
    last = roots.shape[2] - 1
    parts = [
        torch.autograd.grad(
            (
                outputs * roots[:, :, place]
            ).sum(),  # a scalar: otherwise torch imports further modules
            list(taps.values()),
            retain_graph=place < last,
            materialize_grads=True,
        )
        for place in range(last + 1)
    ]
    return {key: _stacked(each) for key, *each in zip(taps, *parts, strict=True)}


def _stacked(slopes: Sequence[Tensor]) -> Tensor:
    """The slopes ``[n, ..., o]`` of every root as ``[n, r, ..., o]``, contiguous for each position."""
    if len(slopes) == 1:  # nothing to copy
        return slopes[0][:, None]
    before = max(1, slopes[0].ndim - 1)
    return torch.stack(list(slopes), before).movedim(before, 1)


def structure_of(
    call: Callable[[Mapping[str, Tensor], Tensor], Tensor],
    parameters: Mapping[str, Tensor],
    example: Tensor,
) -> Structure | None:
    """How a module uses its parameters, traced on a few rows; None if most are in unsupported operations.

    The result is checked against automatic differentiation on the same rows.
    """
    few = example[torch.arange(3) % len(example)]
    try:
        usage = usage_of(lambda named, rows: call(named, few[:rows]), parameters)
        shapes = {name: value.shape for name, value in parameters.items()}
        explicit = sum(shapes[name].numel() for name in usage.unsupported)
        if explicit > MAX_EXPLICIT * sum(shape.numel() for shape in shapes.values()):
            return None
        structure = Structure(call, shapes, usage, 0)
        theta = torch.cat([value.detach().reshape(-1) for value in parameters.values()])
        found = structure.factored(theta, few)
        if not _agrees(structure, theta, few, found):
            return None
    except (NotTraceable, RuntimeError, TypeError, ValueError, IndexError):
        return None
    return replace(structure, kept=found.numbers // len(few))


def _agrees(structure: Structure, theta: Tensor, rows: Tensor, found: FactoredJacobian) -> bool:
    theta = theta.clone().requires_grad_()
    with torch.enable_grad():
        plain = structure.call(structure.named(theta), rows)
    n, k = plain.shape
    mixed = torch.randn(
        n, CHECKED, k, generator=torch.Generator().manual_seed(0), dtype=plain.dtype
    )
    mixed = mixed.to(plain.device)
    ours = mixed @ found.explicit(theta.detach())
    for i, j in product(range(n), range(CHECKED)):
        (expected,) = torch.autograd.grad(plain[i] @ mixed[i, j], theta, retain_graph=True)
        size = float(expected.abs().max())
        if float((ours[i, j] - expected).abs().max()) > MAX_DIFFERENCE * max(size, 1e-30):
            return False
    return True


class TracedLinearization(LayeredLinearization, ModuleLinearization):
    """A module most of whose parameters are used by supported operations.

    Second derivatives use automatic differentiation.
    """

    prefers_roots = True

    def __init__(
        self, structure: Structure, theta: Tensor, X: Tensor, outputs: Tensor | None = None
    ) -> None:
        self._structure = structure
        super().__init__(
            lambda theta, X: structure.call(structure.named(theta), X), theta, X, outputs
        )

    @cached_property
    def _factors(self) -> FactoredJacobian:
        return self._structure.factored(self._theta, self.X)

    def take(self, rows: Tensor | slice) -> Self:
        return type(self)(self._structure, self._theta, self.X[rows], self.outputs[rows])

    def factored(self, roots: Tensor) -> FactoredJacobian:
        return self._structure.factored(self._theta, self.X, roots)

    def _numbers(self, rank: int) -> float:
        return self._structure.kept * rank / self.k

    def pieces(self, columns: int) -> Iterator[tuple[slice, Self]]:
        """Blocks of rows whose traces fit into memory."""
        return self.cut(self._numbers(self.k))

    def jvp(self, vectors: Tensor) -> Tensor:
        blocks = ((rows, part._factors) for rows, part in self.pieces(vectors.shape[1]))
        return self._moved(blocks, self.k, vectors)

    def project(self, rows: Tensor | slice, basis: Tensor, *, lower: bool = False) -> Tensor:
        chosen = self.take(rows)
        if not lower:
            return chosen.jvp(basis)
        total = basis.new_zeros(chosen.n, self.k, basis.shape[1])
        for few, part in chosen.pieces(basis.shape[1]):
            part._factors.jvp_lower(basis, total[few])
        return total

    def vjp(self, cotangents: Tensor) -> Tensor:
        columns = cotangents.shape[2]
        if columns <= self.k and "_factors" not in vars(self):
            total = cotangents.new_zeros(self.p, columns)
            for rows, part in self.cut(GRAPH * self._numbers(1)):
                total += part._differentiated(cotangents[rows])
            return total
        total = sums(self.p, columns, cotangents)
        for rows, part in self.pieces(columns):
            part._factors.vjp(cotangents[rows], total)
        return total

    def _differentiated(self, cotangents: Tensor) -> Tensor:
        """``vjp`` of few vectors, by automatic differentiation without a trace."""
        theta = self._theta.detach().requires_grad_()
        with torch.enable_grad():
            outputs = self._function(theta, self.X)
        last = cotangents.shape[2] - 1
        found = [
            torch.autograd.grad(
                (outputs * cotangents[:, :, column]).sum(), theta, retain_graph=column < last
            )[0]
            for column in range(last + 1)
        ]
        return torch.stack(found, dim=1)

    def work(self, rank: int) -> Work:
        rows = self.n * rank
        return Work(
            product=4.0 * rows * self.p,
            gram=2.0 * HALF * rows * self.p**2,
            kernel=1.0 * rows**2 * self.p,
        )
