"""The proximal step in the norm of the curvature.

With a non-smooth penalty, the estimate for row weights ``w`` is

``argmin_t <b, t> + ||t - theta||_C^2 / 2 + psi(t)``,  ``||v||_C^2 = v' C v``,

with ``b`` the gradient of the smooth part at ``(theta, w)`` and ``psi`` the non-smooth part of the penalty:
its proximal operator in the norm of ``C``. The norm matters: at ``w = 1`` the minimiser is ``theta`` itself
only if prox and step use the same metric; coordinate-wise soft-thresholding of an ordinary step moves the fit
even if nothing is removed. Fitting is the same problem with the Hessian at the current point.

Solved in parallel for a block of ``b``: accelerated proximal gradients identify the zeros, Newton steps on
the other parameters reduce the residual to rounding.

Sources: Wilson, Kasy and Mackey, Approximate Cross-Validation (2020); Beck and Teboulle (2009) for the
acceleration; O'Donoghue and Candes (2015) for its restarts.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from afif_explorer.engine.problem.penalties import NonsmoothPenalty
from afif_explorer.engine.training.metric import DenseMetric, Metric, kinked_matrix
from afif_explorer.progress import report

TOLERANCE = 3e-11  # KKT residual, relative to its largest terms, at which a sub-problem is solved
ROUND = 100  # accelerated steps between two attempts with Newton steps
ROUNDS = 200
NEWTON_STEPS = 12  # on one set of free parameters
HALVINGS = 8  # of a Newton step that increases the value
NEGLIGIBLE = 1e-13  # slope, relative to the same, below which steps only change rounding errors
SAME_VALUE = 1e-13  # relative change of the value due to rounding
UNBOUNDED = 1e12  # times the initial size: a step of this size is unbounded
ROUNDED = 4.0  # in units of the rounding error of the residual's largest terms


@dataclass(frozen=True, eq=False)
class ProximalSolution:
    """Minimisers ``t`` ``[p, m]``, and the KKT residual and the tolerance of each ``[m]``."""

    value: Tensor
    residual: Tensor
    tolerance: Tensor

    @property
    def solved(self) -> bool:
        """True if every residual is within the tolerance."""
        return bool((self.residual <= self.tolerance).all())

    @property
    def worst(self) -> tuple[float, float]:
        """The residual that is the largest beside its tolerance, and that tolerance."""
        place = int((self.residual / self.tolerance).argmax())
        return float(self.residual[place]), float(self.tolerance[place])

    @property
    def bounded(self) -> bool:
        """False if the problem is unbounded below along a direction of negative curvature."""
        return bool(self.residual.isfinite().all())


class ProximalProblem:
    """``argmin_t <b, t> + ||t - theta||_C^2 / 2 + psi(t)`` for many ``b``.

    Args:
        curvature: ``C``, positive semi-definite (positive definite on the active parameters): a matrix
            ``[p, p]`` or a :class:`~afif_explorer.engine.training.metric.Metric`.
        theta: ``[p]``. penalty: non-smooth. penalised: ``[p]`` bool, the penalised parameters.

    Attributes:
        accuracy: relative, to which repeated solves can be expected to agree.
    """

    accuracy = 1e-9

    def __init__(
        self,
        curvature: Tensor | Metric,
        theta: Tensor,
        penalty: NonsmoothPenalty,
        penalised: Tensor,
    ) -> None:
        if isinstance(curvature, Tensor):
            curvature = DenseMetric(curvature, penalty, penalised)
        self._metric, self._theta = curvature, theta
        self._penalty, self._penalised = penalty, penalised
        self._step = 1.0 / curvature.largest

    def eigenvalue_range(self) -> tuple[float, float]:
        """The smallest and the largest eigenvalue of ``C``."""
        return self._metric.eigenvalue_range()

    @property
    def piecewise_linear(self) -> bool:
        """True if the penalty's non-smooth part is piecewise linear."""
        return self._penalty.piecewise_linear

    def solve(
        self, b: Tensor, tolerance: Tensor | float | None = None, start: Tensor | None = None
    ) -> ProximalSolution:
        """Minimisers for ``b`` ``[p, m]``, to a KKT residual of ``tolerance``, or to rounding.

        None: 3e-11 of the residual's largest terms; ``start`` ``[p, m]``: close to them, if known.
        """
        limits = self.tolerances(b, tolerance)
        t = self._polished(self._begin(b, start), b)
        residual = self.residual(t, b)
        for _ in range(ROUNDS):
            left = torch.nonzero(residual > limits).flatten()
            if len(left) == 0:
                break
            report("proximal step", b.shape[1] - len(left), b.shape[1])
            moved = self._accelerated(t[:, left], b[:, left])
            if not self._is_bounded(moved, b):
                residual[left] = torch.inf
                break
            polished = self._polished(moved, b[:, left])
            better = self._beats(polished, self._judged(moved, b[:, left]), b[:, left])
            t[:, left] = torch.where(better, polished, moved)
            residual[left] = self.residual(t[:, left], b[:, left])
        return ProximalSolution(t, residual, limits)

    def _begin(self, b: Tensor, start: Tensor | None) -> Tensor:
        """Where the search for each minimiser begins, ``[p, m]``."""
        return self._theta[:, None].expand(-1, b.shape[1]) if start is None else start

    def tolerances(self, b: Tensor, tolerance: Tensor | float | None) -> Tensor:
        """The KKT residual to reach, ``[m]``: the given one, or 3e-11 of its largest terms.

        It is at least rounding.
        """
        largest = self._largest(b)
        least = ROUNDED * torch.finfo(b.dtype).eps * largest
        return least.clamp(min=TOLERANCE * largest if tolerance is None else tolerance)

    def _is_bounded(self, t: Tensor, b: Tensor) -> bool:
        began = 1.0 + float(self._theta.abs().max()) + self._step * float(b.abs().max())
        return bool((t.abs() < UNBOUNDED * began).all())  # also False for NaN

    def _largest(self, b: Tensor) -> Tensor:
        """The magnitude of each residual's largest terms, ``[m]``; about 1 for standardised columns."""
        return b.abs().amax(0) + self._theta.abs().max() / self._step

    def gradient(self, t: Tensor, b: Tensor) -> Tensor:
        """Gradient of the smooth part, ``b + C (t - theta)``, ``[p, m]``."""
        return b + self._metric.product(t - self._theta[:, None])

    def residual(self, t: Tensor, b: Tensor) -> Tensor:
        """KKT residual ``||t - prox(t - gradient)||`` of each column, ``[m]``; 0 at the minimiser."""
        return self.kkt(t, self.gradient(t, b))

    def kkt(self, t: Tensor, slope: Tensor) -> Tensor:
        """The same from the gradient of the smooth part, ``[p, m]``."""
        return (t - self._prox(t - slope, 1.0)).norm(dim=0)

    def value(self, t: Tensor, b: Tensor) -> Tensor:
        """``<b, t> + ||t - theta||_C^2 / 2 + psi(t)`` of each column, ``[m]``."""
        change, seen = t - self._theta[:, None], t[self._penalised]
        smooth = (b * t).sum(0) + 0.5 * (change * self._metric.product(change)).sum(0)
        return smooth + self._penalty.value(seen) - 0.5 * self._penalty.hessian * (seen**2).sum(0)

    def _judged(self, t: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        """Value and residual of each column, ``[m]``."""
        return self.value(t, b), self.residual(t, b)

    def _beats(self, one: Tensor, other: tuple[Tensor, Tensor], b: Tensor) -> Tensor:
        """Where ``one`` has a lower value, or the same to rounding and a smaller residual, ``[m]``."""
        high, residual = other
        change = self.value(one, b) - high
        flat = change.abs() <= SAME_VALUE * (self._step * self._largest(b) ** 2 + high.abs())
        if not bool(flat.any()):
            return change < 0
        return torch.where(flat, self.residual(one, b) < residual, change < 0)

    def _prox(self, v: Tensor, step: float) -> Tensor:
        out = v.clone()
        out[self._penalised] = self._penalty.prox(v[self._penalised], step)
        return out

    def _accelerated(self, t: Tensor, b: Tensor) -> Tensor:
        """A round of accelerated proximal gradient steps, restarted where they overshoot."""
        ahead, momentum = t, torch.ones(t.shape[1], dtype=t.dtype, device=t.device)
        for _ in range(ROUND):
            fresh = self._prox(ahead - self._step * self.gradient(ahead, b), self._step)
            overshot = ((ahead - fresh) * (fresh - t)).sum(0) > 0
            momentum = torch.where(overshot, torch.ones_like(momentum), momentum)
            grown = (1 + (1 + 4 * momentum**2).sqrt()) / 2
            ahead = fresh + ((momentum - 1) / grown) * (fresh - t)
            t, momentum = fresh, grown
        return t

    def _polished(self, t: Tensor, b: Tensor) -> Tensor:
        """Newton steps on the parameters that are not held at a kink; similar columns in parallel."""
        patterns, member = torch.unique(self.free(t).T, dim=0, return_inverse=True)
        out = t.clone()
        for number, pattern in enumerate(patterns):
            columns = torch.nonzero(member == number).flatten()
            place = torch.nonzero(pattern).flatten()
            out[:, columns] = self._newton(t[:, columns], b[:, columns], place)
        return out

    def free(self, t: Tensor) -> Tensor:
        """The parameters at which the problem is smooth, ``[p, m]`` bool."""
        mask = torch.ones_like(t, dtype=torch.bool)
        mask[self._penalised] = self._penalty.active(t[self._penalised])
        return mask

    def with_kinks(self, matrix: Tensor, t: Tensor) -> Tensor:
        """A curvature ``[p, p]`` plus that of the penalty's non-smooth part at ``t`` ``[p]``."""
        return kinked_matrix(matrix, t, self._penalty, self._penalised)

    def _newton(self, t: Tensor, b: Tensor, place: Tensor) -> Tensor:
        """Newton steps for columns ``[p, m]`` with the same free parameters.

        They share the penalty's curvature at their mean: exact for one column or a piecewise linear
        penalty, and rapidly convergent for similar columns.
        """
        for _ in range(1 if self.piecewise_linear else NEWTON_STEPS):
            slope = self.gradient(t, b)
            slope[self._penalised] += self._penalty.kink_gradient(t[self._penalised])
            left = slope[place].norm(dim=0) > NEGLIGIBLE * self._largest(b)
            if not bool(left.any()):
                break
            bent = None if self.piecewise_linear else t.mean(dim=1)
            found = self._metric.newton(place, slope[place], bent)
            if found is None:  # continue with accelerated steps
                return t
            move = torch.zeros_like(t)
            move[place] = found * left
            t = t - move if self.piecewise_linear else self._downhill(t, move, b)
        return t

    def _downhill(self, t: Tensor, move: Tensor, b: Tensor) -> Tensor:
        """``t - move``, halving the move per column until the value decreases, or leaving it out."""
        here = self._judged(t, b)
        still = (move == 0).all(0)
        for _ in range(HALVINGS):
            good = still | self._beats(t - move, here, b)
            if bool(good.all()):
                return t - move
            move = torch.where(good, move, move / 2)
        return torch.where(self._beats(t - move, here, b), t - move, t)
