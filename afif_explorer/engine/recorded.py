"""Linearization of a network over sequences from what its parameters met, by matrix products.

At a fixed ``theta`` the inputs ``a_t`` of every layer and the derivatives ``g_t`` of the outputs at every
layer's result do not change. Kept (see :mod:`afif_explorer.engine.recording`), they give the Jacobian of a
row as ``sum_t g_t a_t'``, one layer at a time. Products with a block of vectors go through that sum where
it is cheaper to have, and otherwise never form it; whatever is kept stays within the memory limit and is
recorded anew where it does not fit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import torch
from torch import Tensor

from afif_explorer.engine.linearization import Work
from afif_explorer.engine.memory import fits
from afif_explorer.engine.module_linearization import ModuleLinearization
from afif_explorer.engine.recording import Kind, NotRecordable, Use, record, recurring
from afif_explorer.engine.touching import Factor, Shift, Table, Touch, Weight

TOUCHES: dict[Kind, type[Touch]] = {
    Kind.WEIGHT: Weight,
    Kind.TABLE: Table,
    Kind.FACTOR: Factor,
    Kind.SHIFT: Shift,
}
AGREES = (
    1e-6  # relative difference from plain differentiation that a structure may show when checked
)
GRAPH = 2  # times the record of one output that a backward pass holds
CHECKED = 8  # outputs of a row that are checked


@dataclass(frozen=True, eq=False)
class Structure:
    """How a module uses its parameters.

    Attributes:
        call: ``call(parameters by name, X)``, the module itself. shapes: of the parameters, in order.
        alone: of each operation, see :func:`~afif_explorer.engine.recording.record`.
        kept: numbers that a row's record holds, about.
        places: of a sequence, at most (1 without one).
    """

    call: Callable[[Mapping[str, Tensor], Tensor], Tensor]
    shapes: Mapping[str, torch.Size]
    alone: tuple[bool, ...]
    kept: int
    places: int

    def named(self, theta: Tensor) -> dict[str, Tensor]:
        """``theta`` taken apart; every parameter a tensor of its own."""
        parts = theta.split([shape.numel() for shape in self.shapes.values()])
        return {
            name: part.reshape(shape)
            for (name, shape), part in zip(self.shapes.items(), parts, strict=True)
        }

    def touches(self, theta: Tensor, X: Tensor, roots: Tensor | None = None) -> list[Touch]:
        """What every parameter met on the rows; for ``S`` ``[n, k, r]`` the ``r`` combinations of outputs."""
        named = self.named(theta.detach())
        outputs, uses = record(lambda by: self.call(by, X), named, len(X), self.alone)
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
    n, rank = outputs.shape if roots is None else (len(outputs), roots.shape[2])
    found = {key: tap.new_empty(n, rank, *tap.shape[1:]) for key, tap in taps.items()}
    for place in range(rank):
        total = (outputs[:, place] if roots is None else outputs * roots[:, :, place]).sum()
        last = place == rank - 1
        parts = torch.autograd.grad(
            total, list(taps.values()), retain_graph=not last, materialize_grads=True
        )
        for key, part in zip(taps, parts, strict=True):
            found[key][:, place] = part
    return found


def explicit(met: list[Touch], n: int, rank: int, theta: Tensor) -> Tensor:
    """The Jacobian ``[n, r, p]`` that the touches make up."""
    found, seen = theta.new_empty(n, rank, len(theta)), set()
    for touch in met:
        touch.write(found, touch.start not in seen)
        seen.add(touch.start)
    used = torch.zeros(len(theta), dtype=torch.bool, device=theta.device)
    for touch in met:
        used[touch.start : touch.start + touch.size] = True
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
        alone = recurring(lambda named, rows: call(named, few[:rows]), parameters)
        shapes = {name: value.shape for name, value in parameters.items()}
        structure = Structure(call, shapes, tuple(alone), 0, 1)
        theta = torch.cat([value.detach().reshape(-1) for value in parameters.values()])
        met = structure.touches(theta, few)
        if not _agrees(structure, theta, few, met):
            return None
    except (NotRecordable, RuntimeError, TypeError, ValueError, IndexError):
        return None
    kept = sum(touch.numbers for touch in met) // len(few)
    return Structure(call, shapes, tuple(alone), kept, max(touch.places for touch in met))


def _agrees(structure: Structure, theta: Tensor, rows: Tensor, met: list[Touch]) -> bool:
    theta = theta.clone().requires_grad_()
    with torch.enable_grad():
        plain = structure.call(structure.named(theta), rows)
    n, k = plain.shape
    ours = explicit(met, n, k, theta.detach())
    for i in range(n):
        for j in range(min(k, CHECKED)):
            (wanted,) = torch.autograd.grad(plain[i, j], theta, retain_graph=True)
            size = float(wanted.abs().max())
            if float((ours[i, j] - wanted).abs().max()) > AGREES * max(size, 1e-30):
                return False
    return True


class RecordedLinearization(ModuleLinearization):
    """A module whose uses of its parameters are all known. The second order is left to torch."""

    prefers_roots = True

    def __init__(
        self, structure: Structure, theta: Tensor, X: Tensor, outputs: Tensor | None = None
    ) -> None:
        self._structure = structure
        super().__init__(
            lambda theta, X: structure.call(structure.named(theta), X), theta, X, outputs
        )
        self._kept_for: Tensor | None = None  # the roots of the blocks that are kept
        self._kept: list[tuple[slice, Tensor]] = []

    @cached_property
    def _met(self) -> list[Touch]:
        return self._structure.touches(self._theta, self.X)

    @cached_property
    def _explicit(self) -> Tensor:
        """The Jacobian ``[n, k, p]``."""
        return explicit(self._met, self.n, self.k, self._theta)

    def take(self, rows: Tensor | slice) -> Self:
        return type(self)(self._structure, self._theta, self.X[rows], self.outputs[rows])

    def pieces(self, columns: int) -> Iterator[tuple[slice, Self]]:
        """Blocks of rows, each of which can hold its record and its Jacobian."""
        return self._blocks(self.k)

    def _blocks(self, rank: int) -> Iterator[tuple[slice, Self]]:
        return self.cut(max(self._structure.kept * rank / self.k, rank * self.p))

    def sandwich(self, roots: Tensor, share: Tensor, vectors: Tensor) -> Tensor:
        total = torch.zeros_like(vectors)
        columns, rank = vectors.shape[1], roots.shape[2]
        if self._kept_for is roots:
            for rows, half in self._kept:
                _add_product(half, share[rows], vectors, total)
            return total
        pays = self._pays(columns, rank)
        keep = pays and fits(self.n * rank * self.p, self._theta.dtype)
        kept = []
        for rows, part in self._blocks(rank):
            if pays:
                half = part.pull_each(roots[rows])
                _add_product(half, share[rows], vectors, total)
                kept += [(rows, half)] if keep else []
            else:
                met = self._structure.touches(self._theta, part.X, roots[rows])
                moved = vectors.new_zeros(part.n, rank, columns)
                for touch in met:
                    touch.push(vectors, moved)
                moved *= share[rows][:, None, None]
                for touch in met:
                    touch.pull(moved, total)
        if keep:
            self._kept_for, self._kept = roots, kept
        return total

    def touches(self, roots: Tensor) -> list[Touch]:
        return self._structure.touches(self._theta, self.X, roots)

    def contract(self, weights: Tensor, vectors: Tensor) -> Tensor:
        parts = [
            part.pull_each(weights[rows][:, :, None])[:, 0] @ vectors
            for rows, part in self._blocks(1)
        ]
        return torch.cat(parts)

    def pull_each(self, cotangents: Tensor) -> Tensor:
        if "_explicit" in vars(self):
            return cotangents.transpose(1, 2) @ self._explicit
        met = self._structure.touches(self._theta, self.X, cotangents)
        return explicit(met, self.n, cotangents.shape[2], self._theta)

    def push(self, vectors: Tensor) -> Tensor:
        return torch.cat([part._push(vectors) for _, part in self.pieces(vectors.shape[1])])

    def _push(self, vectors: Tensor) -> Tensor:
        if "_explicit" in vars(self) or self._pays(vectors.shape[1], self.k):
            return (self._explicit.flatten(0, 1) @ vectors).reshape(self.n, self.k, -1)
        total = vectors.new_zeros(self.n, self.k, vectors.shape[1])
        for touch in self._met:
            touch.push(vectors, total)
        return total

    def pull(self, cotangents: Tensor) -> Tensor:
        columns = cotangents.shape[2]
        total = cotangents.new_zeros(self.p, columns)
        if columns <= self.k and not vars(self).keys() & {"_met", "_explicit"}:
            for rows, part in self.cut(GRAPH * self._structure.kept / self.k):
                total += part._differentiated(cotangents[rows])
            return total
        for rows, part in self.pieces(columns):
            part._pull(cotangents[rows], total)
        return total

    def _pull(self, cotangents: Tensor, total: Tensor) -> None:
        columns = cotangents.shape[2]
        if "_explicit" in vars(self) or self._pays(columns, self.k):
            total.addmm_(self._explicit.flatten(0, 1).T, cotangents.flatten(0, 1))
        else:
            for touch in self._met:
                touch.pull(cotangents, total)

    def _differentiated(self, cotangents: Tensor) -> Tensor:
        """``pull`` of fewer vectors than a record would take backward passes."""
        theta = self._theta.detach().requires_grad_()
        with torch.enable_grad():
            outputs = self._function(theta, self.X)
        last = cotangents.shape[2] - 1
        found = [
            torch.autograd.grad(
                outputs, theta, cotangents[:, :, column], retain_graph=column < last
            )[0]
            for column in range(last + 1)
        ]
        return torch.stack(found, dim=1)

    def _pays(self, columns: int, rank: int) -> bool:
        """Whether it is cheaper to have the explicit Jacobian than to go through every place."""
        return rank * (self._structure.places + columns) < self._structure.places * columns

    def work(self, rank: int) -> Work:
        rows = self.n * rank
        return Work(
            product=4.0 * rows * self.p,
            gram=2.0 * rows * self.p**2,
            kernel=2.0 * rows**2 * self.p,
        )


def _add_product(half: Tensor, share: Tensor, vectors: Tensor, total: Tensor) -> None:
    """Add ``sum_i w_i H_i' H_i V`` for ``H`` ``[n, r, p]``."""
    flat = half.flatten(0, 1)
    moved = (flat @ vectors).mul_(share.repeat_interleave(half.shape[1])[:, None])
    total.addmm_(flat.T, moved)
