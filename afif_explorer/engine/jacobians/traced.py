"""Linearization of a network over sequences from what its parameters met, by matrix products.

At a fixed ``theta`` the inputs ``a_t`` of every layer and the derivatives ``g_t`` of the outputs at every
layer's result do not change. Kept (see :mod:`afif_explorer.engine.jacobians.trace`), they give the
Jacobian of a row as ``sum_t g_t a_t'``, one layer at a time (see
:mod:`afif_explorer.engine.jacobians.layer_factors`). What is asked for again is kept if it stays within the
memory limit, and otherwise recorded anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Self

import torch
from torch import Tensor

from afif_explorer.engine.jacobians.autograd import ModuleLinearization
from afif_explorer.engine.jacobians.base import Work
from afif_explorer.engine.jacobians.layer_factors import Factor, LayerJacobian, Shift, Table, Weight
from afif_explorer.engine.jacobians.trace import (
    Kind,
    NotRecordable,
    Usage,
    Use,
    habits_of,
    record,
)
from afif_explorer.engine.runtime.memory import fits

TOUCHES: dict[Kind, type[LayerJacobian]] = {
    Kind.WEIGHT: Weight,
    Kind.TABLE: Table,
    Kind.FACTOR: Factor,
    Kind.SHIFT: Shift,
}
AGREES = (
    1e-6  # relative difference from plain differentiation that a structure may show when checked
)
GRAPH = 2  # times the record of one output that a backward pass holds
CHECKED = 2  # random combinations of a row's outputs that are checked


@dataclass(frozen=True, eq=False)
class Structure:
    """How a module uses its parameters.

    Attributes:
        call: ``call(parameters by name, X)``, the module itself. shapes: of the parameters, in order.
        habits: see :class:`~afif_explorer.engine.jacobians.trace.Usage`.
        kept: numbers that a row's record holds, about.
    """

    call: Callable[[Mapping[str, Tensor], Tensor], Tensor]
    shapes: Mapping[str, torch.Size]
    habits: Usage
    kept: int

    def named(self, theta: Tensor) -> dict[str, Tensor]:
        """``theta`` taken apart; every parameter a tensor of its own."""
        parts = theta.split([shape.numel() for shape in self.shapes.values()])
        return {
            name: part.reshape(shape)
            for (name, shape), part in zip(self.shapes.items(), parts, strict=True)
        }

    def layer_jacobians(
        self, theta: Tensor, X: Tensor, roots: Tensor | None = None
    ) -> list[LayerJacobian]:
        """What every parameter met on the rows; for ``S`` ``[n, k, r]`` the ``r`` combinations of outputs."""
        named = self.named(theta.detach())
        outputs, uses = record(lambda by: self.call(by, X), named, len(X), self.habits)
        slopes = _slopes(outputs, uses, roots)
        starts, start = {}, 0
        for name, shape in self.shapes.items():
            starts[name], start = start, start + shape.numel()
        return [
            TOUCHES[use.kind].of(use, slopes[id(use.tap)], self.shapes[use.name], starts[use.name])
            for use in uses
        ]


def _slopes(outputs: Tensor, uses: list[Use], roots: Tensor | None) -> dict[int, Tensor]:
    """The derivative of every (combination of) output at every tap, ``[n, r, ...]``, by identity."""
    taps = {id(use.tap): use.tap for use in uses}
    if roots is None:
        roots = torch.eye(outputs.shape[1], dtype=outputs.dtype, device=outputs.device)
        roots = roots.expand(len(outputs), -1, -1)
    last = roots.shape[2] - 1
    parts = [
        torch.autograd.grad(
            (outputs * roots[:, :, place]).sum(),  # a number: for others torch imports much more
            list(taps.values()),
            retain_graph=place < last,
            materialize_grads=True,
        )
        for place in range(last + 1)
    ]
    return {key: _side_by_side(each) for key, *each in zip(taps, *parts, strict=True)}


def _side_by_side(slopes: Sequence[Tensor]) -> Tensor:
    """The slopes ``[n, ..., o]`` of every root as ``[n, r, ..., o]``, those of a place next to each other."""
    if len(slopes) == 1:  # nothing to copy
        return slopes[0][:, None]
    before = max(1, slopes[0].ndim - 1)
    return torch.stack(list(slopes), before).movedim(before, 1)


def explicit(met: list[LayerJacobian], n: int, rank: int, theta: Tensor) -> Tensor:
    """The Jacobian ``[n, r, p]`` that the layer_jacobians make up."""
    found, seen = theta.new_empty(n, rank, len(theta)), set()
    for layer in met:
        layer.write(found, layer.start not in seen)
        seen.add(layer.start)
    used = torch.zeros(len(theta), dtype=torch.bool, device=theta.device)
    for layer in met:
        used[layer.start : layer.start + layer.size] = True
    if not bool(used.all()):  # a parameter that never enters
        found[:, :, ~used] = 0.0
    return found


def structure_of(
    call: Callable[[Mapping[str, Tensor], Tensor], Tensor],
    parameters: Mapping[str, Tensor],
    example: Tensor,
) -> Structure | None:
    """How a module uses its parameters, found on a few rows; None if not only in ways known here.

    What is found is checked against plain differentiation of the same rows.
    """
    few = example[torch.arange(3) % len(example)]
    try:
        habits = habits_of(lambda named, rows: call(named, few[:rows]), parameters)
        shapes = {name: value.shape for name, value in parameters.items()}
        structure = Structure(call, shapes, habits, 0)
        theta = torch.cat([value.detach().reshape(-1) for value in parameters.values()])
        met = structure.layer_jacobians(theta, few)
        if not _agrees(structure, theta, few, met):
            return None
    except (NotRecordable, RuntimeError, TypeError, ValueError, IndexError):
        return None
    kept = sum(layer.numbers for layer in met) // len(few)
    return replace(structure, kept=kept)


def _agrees(structure: Structure, theta: Tensor, rows: Tensor, met: list[LayerJacobian]) -> bool:
    theta = theta.clone().requires_grad_()
    with torch.enable_grad():
        plain = structure.call(structure.named(theta), rows)
    n, k = plain.shape
    mixed = torch.randn(
        n, CHECKED, k, generator=torch.Generator().manual_seed(0), dtype=plain.dtype
    )
    mixed = mixed.to(plain.device)
    ours = mixed @ explicit(met, n, k, theta.detach())
    for i, j in product(range(n), range(CHECKED)):
        (wanted,) = torch.autograd.grad(plain[i] @ mixed[i, j], theta, retain_graph=True)
        size = float(wanted.abs().max())
        if float((ours[i, j] - wanted).abs().max()) > AGREES * max(size, 1e-30):
            return False
    return True


class TracedLinearization(ModuleLinearization):
    """A module whose uses of its parameters are all known. The second order is left to torch."""

    prefers_roots = True

    def __init__(
        self, structure: Structure, theta: Tensor, X: Tensor, outputs: Tensor | None = None
    ) -> None:
        self._structure = structure
        super().__init__(
            lambda theta, X: structure.call(structure.named(theta), X), theta, X, outputs
        )
        self._asked: Tensor | None = None  # the roots of the last product
        self._kept: list[tuple[slice, list[LayerJacobian]]] = []  # what was met with them

    @cached_property
    def _met(self) -> list[LayerJacobian]:
        return self._structure.layer_jacobians(self._theta, self.X)

    def take(self, rows: Tensor | slice) -> Self:
        return type(self)(self._structure, self._theta, self.X[rows], self.outputs[rows])

    def pieces(self, columns: int) -> Iterator[tuple[slice, Self]]:
        """Blocks of rows, each of which can hold its record."""
        return self._blocks(self.k)

    def _blocks(self, rank: int) -> Iterator[tuple[slice, Self]]:
        return self.cut(self._structure.kept * rank / self.k)

    def ggn_product(self, roots: Tensor, share: Tensor, vectors: Tensor) -> Tensor:
        total = _sums(vectors)
        for rows, met in self._seen(roots):
            moved = vectors.new_zeros(len(share[rows]), roots.shape[2], vectors.shape[1])
            for layer in met:
                layer.jvp(vectors, moved)
            moved *= share[rows][:, None, None]
            for layer in met:
                layer.vjp(moved, total)
        return total

    def _seen(self, roots: Tensor) -> Iterator[tuple[slice, list[LayerJacobian]]]:
        """What was met, a block of rows at a time; kept from the second time on, if there is room."""
        again, rank = self._asked is roots, roots.shape[2]
        if again and self._kept:
            yield from self._kept
            return
        self._asked, self._kept = roots, []
        found = []
        keep = again and fits(self.n * self._structure.kept * rank / self.k, self._theta.dtype)
        for rows, part in self._blocks(rank):
            met = self._structure.layer_jacobians(self._theta, part.X, roots[rows])
            found += [(rows, met)] if keep else []
            yield rows, met
        self._kept = found

    def layer_jacobians(self, roots: Tensor) -> list[LayerJacobian]:
        return self._structure.layer_jacobians(self._theta, self.X, roots)

    def contract(self, weights: Tensor, vectors: Tensor) -> Tensor:
        total = vectors.new_zeros(self.n, 1, vectors.shape[1])
        for rows, part in self._blocks(1):
            for layer in part.layer_jacobians(weights[rows][:, :, None]):
                layer.jvp(vectors, total[rows])
        return total[:, 0]

    def vjp_rows(self, cotangents: Tensor) -> Tensor:
        met = self._structure.layer_jacobians(self._theta, self.X, cotangents)
        return explicit(met, self.n, cotangents.shape[2], self._theta)

    def jvp(self, vectors: Tensor) -> Tensor:
        total = vectors.new_zeros(self.n, self.k, vectors.shape[1])
        for rows, part in self.pieces(vectors.shape[1]):
            for layer in part._met:
                layer.jvp(vectors, total[rows])
        return total

    def vjp(self, cotangents: Tensor) -> Tensor:
        columns = cotangents.shape[2]
        if columns <= self.k and "_met" not in vars(self):
            total = cotangents.new_zeros(self.p, columns)
            for rows, part in self.cut(GRAPH * self._structure.kept / self.k):
                total += part._differentiated(cotangents[rows])
            return total
        total = _sums(cotangents.new_empty(self.p, columns))
        for rows, part in self.pieces(columns):
            for layer in part._met:
                layer.vjp(cotangents[rows], total)
        return total

    def _differentiated(self, cotangents: Tensor) -> Tensor:
        """``vjp`` of fewer vectors than a record would take backward passes."""
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
            gram=2.0 * rows * self.p**2,
            kernel=2.0 * rows**2 * self.p,
        )


def _sums(like: Tensor) -> Tensor:
    """Zeros ``[p, m]``, one vector behind the other: so ``[p, n] [n, m]`` adds up faster."""
    return like.new_zeros(like.shape[1], like.shape[0]).T
