"""LiSSA: solving ``C x = c`` by a stochastic truncated Neumann series.

``u_0 = c``, ``u_t = c + u_{t-1} - C_{B_t} u_{t-1} / sigma`` with a fresh batch ``B_t`` of rows at each
step (drawn with replacement), and ``x = u_T / sigma`` averaged over ``R`` repeats. ``C_B`` includes
penalty and damping in their own units, so the fixed point is ``C^-1 c`` for any scale ``sigma``.
The noise of distant steps is nearly independent: averaging the last steps instead of using ``u_T`` costs
one addition per step and removes most of the batch noise.

Source: Agarwal, Bullins and Hazan, Second-Order Stochastic Optimization for Machine Learning in Linear
Time (2017); Polyak and Juditsky, Acceleration of Stochastic Approximation by Averaging (1992). The
automatic rule follows the mean-square stability of the recursion; compare Klochkov and Liu, Revisiting
Inverse Hessian Vector Products for Calculating Influence Functions (2024).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from afif_explorer.engine.curvature.operators import Curvature
from afif_explorer.engine.runtime.threads import threads_for
from afif_explorer.engine.solvers.base import (
    Prepared,
    Solution,
    Solver,
    Status,
    relative_residual,
)
from afif_explorer.engine.solvers.lissa.effect_error import PRODUCTS, EffectError, effect_error
from afif_explorer.engine.solvers.lissa.full_batch import FEW, EvaluatedLiSSA
from afif_explorer.engine.solvers.lissa.recursion import LOOK_EVERY, Recursion
from afif_explorer.engine.solvers.lissa.rule import BATCH, NEAR, TOLERANCE, Rule, automatic
from afif_explorer.errors import InvalidChoice
from afif_explorer.numeric import checked_count, checked_seed, is_number, is_whole
from afif_explorer.progress import report
from afif_explorer.wording import quoted

TAIL = 0.5  # share of the steps averaged by default: the first half is burn-in


@dataclass(frozen=True)
class LiSSA(Solver):
    """``u_0 = c``, ``u_t = c + u_(t-1) - C_B u_(t-1) / scale``, then ``C^-1 c ~ u_T / scale``, ``[p, m]``.

    ``C_B`` is the curvature of a fresh batch of rows, with penalty and damping in their own units. None
    means automatic (:mod:`afif_explorer.engine.solvers.lissa.rule`).

    The status is CONVERGED if the effects of all rows computed from the solution are off by at most 5 %:
    ``stats["effect_error"]`` bounds ``||G x - G C^-1 c|| / ||G C^-1 c||`` with the rows' loss gradients ``G``
    ``[n, p]`` (:mod:`afif_explorer.engine.solvers.lissa.effect_error`). The residual does not decide: it may
    be 15 % where effects are off by 3 %, and 4 % where they are off by 40 %, in flat directions. If the
    status is not CONVERGED, ``stats["noise"]`` is the standard error of the solution over the repeats and
    ``stats["truncation"]`` the truncation error in the slowest direction. A run that grows ends as DIVERGED,
    with the scale to use as advice. ``stats["batch_trace"]`` ``[R, s]`` holds
    ``||c - C_B u_(t-1) / scale|| / ||c||`` of every step, or every tenth: the residual with the step's batch.

    With all rows in every step, no checkpoints and up to 3000 parameters the steps are not carried out: the
    result is a polynomial in the curvature, evaluated on its eigenvalues, and ``stats["error"]`` is its exact
    relative error (:mod:`afif_explorer.engine.solvers.lissa.full_batch`).

    Args:
        scale: ``sigma``. The recursion diverges if some batch's curvature often exceeds twice the scale.
        depth: ``T``, the number of steps of each repeat.
        repeats: ``R``, independent runs that are averaged.
        batch_size: rows per step; ``n`` or more means all rows, each once, without randomness.
        seed: of the batches.
        checkpoints: at this many depths, evenly spaced on a log scale, ``u_t / scale`` is kept in
            ``stats["path"]`` (depths ``[s]``, estimates ``[s, p, m]``) and its relative residual in
            ``stats["trace"]`` ``[s]``; the batch residual is then recorded at every step.
        average: ``a``: the result is ``1/K (u_(T-K+1) + ... + u_T) / scale`` with ``K = a T`` steps, at
            least one, so 0 is the plain recursion. None: one half if the depth is automatic and steps use
            batches, else 0.

    Raises:
        InvalidChoice: for invalid settings.

    Source: Agarwal, Bullins and Hazan, Second-Order Stochastic Optimization for Machine Learning in Linear
    Time (2017); its use for influence: Koh and Liang (2017); the mean of the last steps: Polyak and
    Juditsky (1992).

    >>> import numpy as np, afif_explorer as ax
    >>> fit, target = ax.fit(ax.load_dataset("hiring"), penalty=ax.Ridge(0.1)), ax.MeanLoss("test")
    >>> approximate = ax.attribute(fit, target, ax.AFIF(solver=ax.LiSSA(seed=1)))
    >>> bool(np.corrcoef(approximate, ax.attribute(fit, target))[0, 1] > 0.99)
    True
    """

    scale: float | None = None
    depth: int | None = None
    repeats: int = 4
    batch_size: int | None = None
    seed: int = 0
    checkpoints: int = 0
    average: float | None = None
    name = "LiSSA"

    def __post_init__(self) -> None:
        if self.scale is not None and not (is_number(self.scale) and self.scale > 0):
            raise InvalidChoice(
                f"LiSSA's scale must be a positive number, not {quoted(self.scale)}."
            )
        for what in ("depth", "repeats", "batch_size"):
            if getattr(self, what) is not None:
                checked_count(f"LiSSA's {what}", getattr(self, what))
        checked_seed(self.seed)
        if self.average is not None and not (is_number(self.average) and 0 <= self.average <= 1):
            raise InvalidChoice(
                f"LiSSA's average must be a share of the steps between 0 and 1, not {quoted(self.average)}."
            )
        if not (is_whole(self.checkpoints) and self.checkpoints >= 0):
            raise InvalidChoice(
                f"LiSSA's checkpoints must be a whole number of at least 0, not {quoted(self.checkpoints)}."
            )

    @classmethod
    def from_koh_liang(
        cls, scale: float, depth: int, damping: float, repeats: int = 1
    ) -> tuple[LiSSA, float]:
        """Convert settings from the convention ``u <- c + (1 - d) u - H u / scale``.

        Its fixed point is ``(H + scale * d * I)^-1 c``, so the damping in the curvature's own units,
        returned second, is ``scale * d``; the two recursions are identical step by step.
        """
        return cls(scale=scale, depth=depth, repeats=repeats), scale * damping

    def prepare(self, curvature: Curvature) -> Prepared:
        n = curvature.point.objective.n
        plain = not self.checkpoints and not self.average
        if plain and curvature.p <= FEW and min(n, self.batch_size or BATCH) == n:
            return EvaluatedLiSSA(curvature, self.scale, self.depth)
        return PreparedLiSSA(self, curvature)


def _noise(found: Tensor) -> float:
    """Relative standard error of the mean of repeats ``[R, p, m]``, the worst column."""
    mean = found.mean(0)
    spread = (found - mean).square().sum((0, 1)) / (len(found) * (len(found) - 1))
    return float((spread.sqrt() / mean.norm(dim=0).clamp(min=1e-300)).max())


class PreparedLiSSA(Prepared):
    """The recursion on one curvature, with all settings resolved."""

    def __init__(self, settings: LiSSA, curvature: Curvature) -> None:
        self.curvature, self.settings = curvature, settings
        n = curvature.point.objective.n
        self.batch_size = min(n, settings.batch_size or BATCH)
        if settings.scale is None or settings.depth is None:
            rule = self._rule
            self.scale = settings.scale or rule.scale
            self.depth = settings.depth or rule.depth_at(self.scale)
        else:
            self.scale, self.depth = settings.scale, settings.depth
        self._look_every = 1 if settings.checkpoints else LOOK_EVERY
        self.recursion = Recursion(
            curvature,
            scale=self.scale,
            depth=self.depth,
            batch_size=self.batch_size,
            seed=settings.seed,
        )
        self._whole = self.recursion.whole
        self.tail = self._tail()

    def _tail(self) -> int:
        """``K``, the number of last steps that are averaged."""
        share = self.settings.average
        if share is None:
            share = TAIL if self.settings.depth is None and not self._whole else 0.0
        return max(1, round(share * self.depth))

    @cached_property
    def _rule(self) -> Rule:
        return automatic(self.curvature, self.settings.batch_size)

    def _solve(self, rhs: Tensor) -> Solution:
        repeats = 1 if self._whole else self.settings.repeats
        marks = self._marks()
        found, path = [], torch.zeros(len(marks), *rhs.shape, dtype=rhs.dtype)
        seen: list[list[float]] = []
        with threads_for(self.batch_size * rhs.numel()):
            for repeat in range(repeats):
                total = torch.zeros_like(rhs)
                seen.append([])
                for step, u, grown in self.recursion.walk(
                    rhs, repeat, look_every=self._look_every, seen=seen[-1]
                ):
                    if step % self._look_every == 0:
                        report("LiSSA", repeat * self.depth + step, repeats * self.depth)
                    if grown:
                        return self._diverged(u, step, repeat, seen[-1:])
                    if step in marks:
                        path[marks[step]] += u.cpu() / (self.scale * repeats)
                    if step > self.depth - self.tail:
                        total += u
                found.append(total / (self.tail * self.scale))
        return self._judged(torch.stack(found), rhs, marks, path, seen)

    def _marks(self) -> dict[int, int]:
        """Depth -> index in the path, for the depths at which the estimate is kept."""
        if not self.settings.checkpoints:
            return {}
        depths = np.geomspace(1, self.depth, self.settings.checkpoints).round().astype(int)
        return {int(depth): place for place, depth in enumerate(np.unique(depths))}

    def _diverged(self, u: Tensor, step: int, repeat: int, seen: list[list[float]]) -> Solution:
        stats = self._stats(repeat * self.depth + step, u.shape[1], seen)
        advice = self._rule.divergence_advice(self.curvature.name, self.scale)
        return Solution(u / self.scale, Status.DIVERGED, advice, stats)

    def _judged(
        self,
        found: Tensor,
        rhs: Tensor,
        marks: dict[int, int],
        path: Tensor,
        seen: list[list[float]],
    ) -> Solution:
        """The mean of the repeats ``[R, p, m]`` with its status."""
        value = found.mean(0)
        stats = self._stats(len(found) * self.depth, rhs.shape[1], seen)
        stats["residual"] = relative_residual(self.curvature, value, rhs)
        if marks:
            stats["path"] = (np.array(list(marks)), path)
            stats["trace"] = np.array(
                [relative_residual(self.curvature, x.to(rhs.device), rhs) for x in path]
            )
        read = stats["steps"] * self.batch_size / self.curvature.point.objective.n
        judged = effect_error(self.curvature, value, rhs, products=max(PRODUCTS, read))
        stats["effect_error"] = judged.bound
        if judged.bound <= TOLERANCE:
            return Solution(value, Status.CONVERGED, "", stats)
        rule = self._rule
        if self._whole and self.scale <= rule.largest / 2:
            return self._diverged(found[-1] * self.scale, self.depth, 0, seen)
        stats["truncation"] = self._truncation(rule)
        stats["noise"] = None if len(found) < 2 else _noise(found)
        advice = self._shortfall(rule, stats, judged)
        return Solution(value, Status.MAX_STEPS, advice, stats)

    def _truncation(self, rule: Rule) -> float:
        """The relative truncation error in the slowest direction.

        ``r^(T + 1)`` with ``r = |1 - t / sigma|``, or its mean over the averaged steps.
        """
        flat, steep = 1 - max(rule.smallest, 0.0) / self.scale, 1 - rule.largest / self.scale
        left = min(1.0, max(abs(flat), abs(steep)))
        steps = np.arange(self.depth - self.tail + 2, self.depth + 2, dtype=float)
        return float(np.mean(left**steps))

    def _shortfall(self, rule: Rule, stats: dict, judged: EffectError) -> str:
        near = self.scale < NEAR * rule.largest
        if near or self._whole or stats["truncation"] > TOLERANCE:
            return rule.shortfall(self.scale, self.depth)
        if stats["noise"] is None:
            return "The noise cannot be estimated from a single repeat: set repeats to 4 or more."
        if judged.estimate > TOLERANCE:
            return "The batches are too noisy: raise the batch size, the repeats or the scale."
        return (
            f"The effects seem to be off by {judged.estimate:.2g}, but the products of a run of this length "
            "do not bound that: raise the depth, the repeats or the damping, or use conjugate gradients."
        )

    def _stats(self, steps: int, columns: int, seen: list[list[float]]) -> dict:
        return {
            "batch_trace": np.array(seen),
            "steps": steps,
            "products": steps * columns,
            "scale": self.scale,
            "depth": self.depth,
            "batch_size": self.batch_size,
            "repeats": self.settings.repeats,
            "averaged": self.tail,
        }
