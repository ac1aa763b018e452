"""Targets bound to a fit: values, gradients and second derivatives.

With ``f`` the outputs of the target's rows and ``J`` their Jacobian, a target ``T = t(f)`` has the gradient
``c = J' dt/df`` and the Hessian ``J' (d^2 t/df^2) J + sum_k (dt/df_k) grad^2 f_k``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from afif_explorer.engine.jacobians.base import Linearization
from afif_explorer.engine.jacobians.restricted import restricted
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.errors import InvalidChoice


@dataclass(frozen=True, eq=False, repr=False)
class Sample:
    """Rows on which targets are measured.

    Attributes:
        X: ``[n, ...]``; y: ``[n]``.
        groups: for each sensitive attribute the group index of each row ``[n]``, -1 if unknown.
        group_names: for each sensitive attribute the names of its groups.
        classes: display names of the classes; empty if they have none.
        favourable: index of the class that is taken to be favourable; None: the last.
        weight: sample weight of each row in means over the rows ``[n]``; None: all count the same.
        ids: ``[n]``, the id of each row; None: its position.
    """

    X: Tensor
    y: Tensor
    groups: Mapping[str, np.ndarray] = field(default_factory=dict)
    group_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    favourable: int | None = None
    weight: Tensor | None = None

    def weighted(self, values: Tensor) -> Tensor:
        """``a_i v_i`` for values ``[n]``."""
        return values if self.weight is None else self.weight.to(values.dtype) * values

    def mean(self, values: Tensor) -> Tensor:
        """``sum_i a_i v_i / sum_i a_i`` over the rows, for values ``[n]`` or ``[n, k]``."""
        if self.weight is None:
            return values.mean(0)
        weight = self.weight.to(values.dtype)
        return weight @ values / weight.sum()

    ids: np.ndarray | None = None

    def __repr__(self) -> str:
        return f"<Sample of {len(self.X)} rows>"

    @property
    def row_ids(self) -> np.ndarray:
        """The id of each row, ``[n]``."""
        return np.arange(len(self.X)) if self.ids is None else self.ids


@runtime_checkable
class Fitted(Protocol):
    """What a target needs from a fit."""

    @property
    def objective(self) -> Objective: ...

    @property
    def parameters(self) -> Tensor: ...

    def sample(self, split: str) -> Sample: ...

    @property
    def row_ids(self) -> Mapping[str, np.ndarray]: ...


def checked_fit(fit: Fitted) -> Fitted:
    """The fit. Raises :class:`InvalidChoice` for anything else."""
    if not isinstance(fit, Fitted):
        raise InvalidChoice(f"Expected a Fit, got {type(fit).__name__}; create one with ax.fit.")
    return fit


class Bound:
    """A target on the rows of a fit, or ``count`` targets of one kind that read ``q`` outputs each.

    ``function`` maps the outputs ``[n, k]`` of all their rows to the sum of the targets; target ``j`` reads
    the rows ``j n / count`` to ``(j + 1) n / count`` and no others, so that the derivatives of the sum are
    those of each. ``each`` maps them to the values of all targets ``[count]``.
    """

    def __init__(
        self,
        fit: Fitted,
        sample: Sample,
        function: Callable[[Tensor], Tensor],
        count: int = 1,
        each: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        self._model, self._sample, self._function = fit.objective.model, sample, function
        self._each = each
        self._fit, self.count = fit, count
        self.outputs = len(sample.X) * self._model.k // count  # q

    def value(self, theta: Tensor) -> float:
        """``T(theta)``, in the target's units; the sum of several."""
        return float(_single(self._function(self._model.outputs(theta, self._sample.X))))

    def values(self, theta: Tensor) -> Tensor:
        """``T(theta)`` of each target, ``[count]``."""
        if self.count == 1 or self._each is None:
            return torch.tensor([self.value(theta)], dtype=theta.dtype, device=theta.device)
        return self._each(self._model.outputs(theta, self._sample.X))

    def at(self, fit: Fitted) -> Bound:
        """The same function of the same rows, differentiated at another fit of the model."""
        return Bound(fit, self._sample, self._function, self.count, self._each)

    def within(self, places: Tensor) -> Bound:
        """The same with respect to the parameters at ``places`` ``[s]``, ascending: its derivatives."""
        part = self.at(self._fit)
        linearization, f, slope = self._slope
        part._slope = restricted(linearization, places), f, slope
        return part

    def gradient(self) -> Tensor:
        """``grad T`` of the one target at the fit, ``[p]``."""
        return self.gradients()[:, 0]

    def gradients(self) -> Tensor:
        """``grad T`` of each target at the fit, ``[p, count]``."""
        return self._gradients

    @cached_property
    def _gradients(self) -> Tensor:
        linearization, _, slope = self._slope
        pull = slope.detach()[:, :, None]
        if self.count == 1:
            return linearization.vjp(pull)
        each = linearization.vjp_rows(pull)[:, 0]
        return each.unflatten(0, (self.count, -1)).sum(1).T

    def hvp(self, vectors: Tensor, place: int = 0) -> Tensor:
        """``(grad^2 T) V`` of one target at the fit, ``[p, m] -> [p, m]``."""
        linearization, f, slope = self._slope
        if self.count > 1:
            size = len(f) // self.count
            rows = slice(place * size, (place + 1) * size)
        else:
            rows = slice(None)
        part = linearization.take(rows) if self.count > 1 else linearization
        pushed = part.jvp(vectors)
        bent = torch.zeros_like(pushed)
        if slope.requires_grad:  # otherwise T is linear in the outputs
            for column in range(vectors.shape[1]):
                # a scalar: otherwise torch imports sympy, which takes longer than many a whole answer
                along = (slope[rows] * pushed[:, :, column]).sum()
                (found,) = torch.autograd.grad(along, f, retain_graph=True, materialize_grads=True)
                bent[:, :, column] = found[rows]
        return part.vjp(bent) + part.hvp(slope.detach()[rows], vectors)

    def output_gradients(self) -> Tensor:
        """``dT/df`` of each target for the outputs that it reads, ``[count, q]``."""
        return self._slope[2].detach().reshape(self.count, -1)

    def output_hessians(self) -> Tensor:
        """``d^2 T/df^2`` of each target, for few outputs: ``[count, q, q]``."""
        _, f, slope = self._slope
        bent = f.new_zeros(self.count, self.outputs, self.outputs)
        if slope.requires_grad:
            for place, one in enumerate(slope.reshape(self.count, -1).unbind(1)):
                (found,) = torch.autograd.grad(
                    one.sum(), f, retain_graph=True, materialize_grads=True
                )
                bent[:, place] = found.reshape(self.count, -1)
        return bent

    def seen(self, vectors: Tensor) -> Tensor:
        """The first-order change of these outputs along the vectors ``[p, m]``: ``[count, q, m]``."""
        return self._slope[0].jvp(vectors).reshape(self.count, -1, vectors.shape[1])

    @cached_property
    def _slope(self) -> tuple[Linearization, Tensor, Tensor]:
        """The rows' linearization, their outputs ``[n, k]`` and ``dT/df`` there, differentiable.

        Uses ``torch.autograd``, because the first call of ``torch.func`` imports a compiler, which takes
        seconds.
        """
        linearization = self._model.linearize(self._fit.parameters, self._sample.X)
        f = linearization.outputs.detach().requires_grad_()
        value = _single(self._function(f))
        slope = None
        if value.requires_grad:
            (slope,) = torch.autograd.grad(value, f, create_graph=True, allow_unused=True)
        if slope is None:
            raise InvalidChoice(
                "The target is not a differentiable function of the outputs that it is given: a share of "
                "right decisions, for example, is a step function, and detached or NumPy values have no "
                "derivative. Compute a smooth one with torch, such as a mean probability."
            )
        return linearization, f, slope


def _single(value: Any) -> Tensor:
    """What a target's function returned; raises :class:`InvalidChoice` unless it is one number."""
    if not isinstance(value, Tensor) or value.numel() != 1:
        what = f"shape {tuple(value.shape)}" if isinstance(value, Tensor) else type(value).__name__
        raise InvalidChoice(
            f"A target must return one number, as a tensor of the outputs, but it returned {what}; reduce "
            "it, for example with mean()."
        )
    return value.reshape(())
