"""A module's trainable parameters as one flat vector, also if they have several names.

A parameter, or a whole module, may be registered under several names: tied weights, or one layer that is
applied three times. ``theta`` contains each parameter once. ``functional_call`` gets exactly one name per
tensor: with two names of one module it would restore the replaced tensor instead of the parameter.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

import torch
from torch import Tensor, nn

from afif_explorer.engine.models.calling import call
from afif_explorer.errors import InvalidChoice
from afif_explorer.wording import quoted

Penalised = Collection[str] | Sequence[bool] | Tensor  # names of parameters, or a mask `[p]`


class ModuleParameters:
    """The layout of ``theta`` ``[p]``, in the module's order of parameters.

    Attributes:
        names, shapes: of each trainable parameter, once. p: their total size.
        start: their values in the module, ``[p]`` float64.

    Raises :class:`InvalidChoice` for a module without trainable parameters.
    """

    def __init__(self, module: nn.Module) -> None:
        self._module = module
        trainable = {name: v for name, v in module.named_parameters() if v.requires_grad}
        if not trainable:
            raise InvalidChoice(
                "The module has no trainable parameters, so no row can influence it."
            )
        self.names = tuple(trainable)
        self.shapes = tuple(value.shape for value in trainable.values())
        self._sizes = tuple(value.numel() for value in trainable.values())
        self.p = sum(self._sizes)
        self.start = torch.cat([v.detach().reshape(-1).double() for v in trainable.values()]).cpu()
        known = {id(value): name for name, value in trainable.items()}
        places = _places(module)
        self._filled = {place: known[id(v)] for place, v in places.items() if id(v) in known}
        self._constant = {place: v.detach() for place, v in places.items() if id(v) not in known}

    def named(self, theta: Tensor) -> dict[str, Tensor]:
        """``theta`` split into one tensor per parameter."""
        parts = theta.split(self._sizes)
        return {n: v.reshape(s) for n, v, s in zip(self.names, parts, self.shapes, strict=True)}

    def run(self, named: Mapping[str, Tensor], X: Tensor) -> Tensor:
        """The module's outputs for parameters by name; buffers and frozen parameters are constants."""
        some = next(iter(named.values()))
        constants = {
            place: value.to(some.device, some.dtype if value.is_floating_point() else value.dtype)
            for place, value in self._constant.items()
        }
        filled = {place: named[name] for place, name in self._filled.items()}
        return call(self._module, X, filled | constants)

    def fill(self, module: nn.Module, theta: Tensor) -> None:
        """Load ``theta`` into a copy of the module, in its own precision."""
        values, own = self.named(theta), dict(module.named_parameters())
        with torch.no_grad():
            for name, value in values.items():
                own[name].copy_(value)

    def filled(self, own: nn.Module, theta: Tensor) -> nn.Module:
        """A copy of the module, made float64 on the device of ``theta``, with these parameters."""
        own = own.to(theta.device, torch.float64)
        self.fill(own, theta)
        return own

    def read(self, module: nn.Module) -> Tensor:
        """``theta`` of another module of this architecture, ``[p]`` float64.

        Raises :class:`InvalidChoice` if its parameters have other names or shapes, or if its buffers or
        frozen parameters, which ``theta`` does not contain, have other values.
        """
        other = ModuleParameters(module)
        if (other.names, other.shapes) != (self.names, self.shapes):
            raise InvalidChoice(
                "it has other trainable parameters than the module of the fit "
                f"({', '.join(other.names)} instead of {', '.join(self.names)}, or other shapes)"
            )
        differing = [
            place
            for place, value in self._constant.items()
            if not torch.equal(value.double().cpu(), other._constant[place].double().cpu())
        ]
        if differing:
            raise InvalidChoice(
                f"its buffers or frozen parameters ({', '.join(differing)}) differ from those of the fit, "
                "which its effects hold constant"
            )
        return other.start

    def slices(self) -> dict[str, slice]:
        """The slice of ``theta`` for each parameter."""
        found, start = {}, 0
        for name, size in zip(self.names, self._sizes, strict=True):
            found[name] = slice(start, start + size)
            start += size
        return found


def _places(module: nn.Module) -> dict[str, Tensor]:
    """Every parameter and buffer under the first name of the module that holds it."""
    found: dict[str, Tensor] = {}
    for prefix, part in module.named_modules():
        held = {**part._parameters, **part._buffers}
        dot = "." if prefix else ""
        found |= {f"{prefix}{dot}{name}": v for name, v in held.items() if v is not None}
    return found


def penalised_mask(wanted: Penalised, slices: Mapping[str, slice], p: int) -> Tensor:
    """The penalised parameters, ``[p]`` bool, from names or from a mask.

    Raises :class:`InvalidChoice` for an unknown name, or a mask of another length.
    """
    names = _names(wanted)
    if names is None:
        return _checked_mask(wanted, p)
    mask = torch.zeros(p, dtype=torch.bool)
    for name in names:
        if name not in slices:
            known = ", ".join(slices) or "none; give a mask"
            raise InvalidChoice(
                f"There is no trainable parameter {quoted(name)}; the names are: {known}."
            )
        mask[slices[name]] = True
    return mask


def _names(wanted: object) -> list[str] | None:
    """The names given; None for anything else."""
    if isinstance(wanted, str):
        return [wanted]
    if isinstance(wanted, Collection) and not isinstance(wanted, Tensor):
        found = [one for one in wanted if isinstance(one, str)]
        return found if len(found) == len(wanted) else None
    return None


def _checked_mask(wanted: object, p: int) -> Tensor:
    try:
        mask = torch.as_tensor(wanted)
    except (TypeError, ValueError, RuntimeError):
        mask = torch.empty(0)
    if mask.dtype != torch.bool or mask.shape != (p,):
        raise InvalidChoice(
            f"penalised must be names of parameters or a mask of {p} True or False values, one for each "
            "number in theta."
        )
    return mask.clone()


def moved_start(start: Tensor) -> Tensor:
    """Test parameters ``[p]`` away from the start, where nothing is zero or equal by accident."""
    wave = torch.sin(1.0 + torch.arange(len(start), dtype=start.dtype))
    return start + 0.1 * wave * (1 / math.sqrt(2) + start.abs())
