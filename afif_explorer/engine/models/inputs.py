"""``Inputs``: the rows of a module with several inputs, or with integers that must stay integers.

It takes the place of a tensor of rows: it has a length, a precision and a device, and is selected and split
by rows. Only :mod:`afif_explorer.engine.models.calling` looks inside.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor

from afif_explorer.errors import DataError

_CPU_ONLY = (torch.uint16, torch.uint32, torch.uint64)
Name = str | int  # of an argument, or its position


class Inputs:
    """Tensors ``[n, ...]`` with one entry per row, for the arguments of a module's ``forward``.

    They are stored as given, also in half precision or as a memory map, and converted when a block of rows is
    used: the inputs named in ``floats`` to the working precision, other integers to int64; bools stay bools.

    Attributes:
        parts: the tensors by argument, all names or all positions ``0, 1, ...``.
        dtype: the working precision. floats: the inputs that are converted to it.
        device: of all tensors.
    """

    def __init__(
        self, parts: Mapping[Name, Tensor], dtype: torch.dtype, floats: frozenset[Name]
    ) -> None:
        self.parts, self.dtype, self.floats = dict(parts), dtype, floats
        self.device = next(iter(self.parts.values())).device

    @classmethod
    def of(cls, parts: Mapping[Name, Tensor]) -> Inputs:
        """Floating-point inputs are converted to float32 if all of them have it, else to float64.

        Raises :class:`DataError` unless all have the same number of rows.
        """
        counts = {name: len(part) if part.ndim else 1 for name, part in parts.items()}
        if len(set(counts.values())) != 1:
            told = ", ".join(f"{label(name)} has {size}" for name, size in counts.items())
            raise DataError(
                f"All inputs must have the same number of rows, but {told or 'there are none'}."
            )
        kinds = {part.dtype for part in parts.values() if part.is_floating_point()}
        floats = frozenset(name for name, part in parts.items() if part.is_floating_point())
        device = next(iter(parts.values())).device
        dtype = torch.float32 if kinds == {torch.float32} else torch.float64
        return cls({name: part.to(device) for name, part in parts.items()}, dtype, floats)

    def __len__(self) -> int:
        return len(next(iter(self.parts.values())))

    def __getitem__(self, rows: Tensor | slice) -> Inputs:
        return self._with({name: part[rows] for name, part in self.parts.items()})

    @property
    def ndim(self) -> int:
        """The number of axes of the first input."""
        return next(iter(self.parts.values())).ndim

    def split(self, rows: int) -> tuple[Inputs, ...]:
        """Blocks of so many rows."""
        return tuple(self[start : start + rows] for start in range(0, len(self), rows))

    def to(self, device: torch.device | None = None, dtype: torch.dtype | None = None) -> Inputs:
        """The same on another device, or in another working precision."""
        parts = self.parts
        if device is not None and device.type != "cpu":  # few operations there take these
            wide = {name for name, part in parts.items() if part.dtype in _CPU_ONLY}
            parts = {name: part.long() if name in wide else part for name, part in parts.items()}
        moved = {name: part.to(device or self.device) for name, part in parts.items()}
        return Inputs(moved, dtype or self.dtype, self.floats)

    def clone(self) -> Inputs:
        """The same, converted, in memory of its own."""
        return self._with({name: part.clone() for name, part in self.converted().items()})

    def converted(self) -> dict[Name, Tensor]:
        """The tensors as the module gets them."""
        return {name: self._converted(name, part) for name, part in self.parts.items()}

    def floating(self) -> Inputs:
        """The same with all inputs in the working precision, for a module that takes no integers."""
        return Inputs(self.parts, self.dtype, frozenset(self.parts))

    def _converted(self, name: Name, part: Tensor) -> Tensor:
        if name in self.floats:
            return part.to(self.dtype)
        return part if part.dtype == torch.bool else part.long()

    def _with(self, parts: Mapping[Name, Tensor]) -> Inputs:
        return Inputs(parts, self.dtype, self.floats)


def inputs(X: object) -> Inputs | None:
    """The rows, if they are :class:`Inputs`."""
    return X if isinstance(X, Inputs) else None


def plain(X: Tensor) -> Tensor:
    """The rows as one floating-point tensor, for a model that takes no other.

    Raises :class:`DataError` for several inputs.
    """
    several = inputs(X)
    if several is None:
        return X
    if len(several.parts) > 1:
        names = ", ".join(label(name) for name in several.parts)
        raise DataError(f"This model takes one array of rows, not several ({names}).")
    return next(iter(several.floating().converted().values()))


def matched(X: Tensor, like: Tensor) -> Tensor:
    """Rows with the inputs, precision and device of those trained on.

    Raises :class:`DataError` for other inputs, or numbers with a fraction where there were integers.
    """
    wanted, found = inputs(like), inputs(X)
    if wanted is None:
        return plain(X).to(like.device, like.dtype)
    parts: dict[Name, Tensor] = {0: X} if found is None else found.parts
    if parts.keys() != wanted.parts.keys():
        here, there = (", ".join(map(label, one)) for one in (parts, wanted.parts))
        raise DataError(f"The rows have the inputs {here}, but those trained on {there}.")
    for name, part in parts.items():
        if part.is_floating_point() and name not in wanted.floats:
            raise DataError(f"The rows' {label(name)} must be integers, as in the rows trained on.")
    ordered = {name: parts[name] for name in wanted.parts}
    return cast(Tensor, Inputs(ordered, wanted.dtype, wanted.floats).to(wanted.device))


def row_shape(X: Tensor) -> tuple[int, ...] | dict[Name, tuple[int, ...]]:
    """The shape of one row, or of each input's."""
    several = inputs(X)
    if several is None:
        return tuple(X.shape[1:])
    shapes = {name: tuple(part.shape[1:]) for name, part in several.parts.items()}
    return shapes[0] if shapes.keys() == {0} else shapes


def label(name: Name) -> str:
    """An input in words."""
    return f"input {name + 1}" if isinstance(name, int) else repr(name)
