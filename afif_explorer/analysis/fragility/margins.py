"""How far each decision of a model is from another one, and which rows move it there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from afif_explorer.analysis.limits.removable import irremovable
from afif_explorer.engine.influence.smooth import Influence
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.runtime.memory import block_rows, fits
from afif_explorer.engine.targets.predictions import has_classes
from afif_explorer.errors import InvalidChoice
from afif_explorer.progress import report

REUSED = 8_000_000  # numbers of a block that the allocator keeps and reuses
SLOPES = (
    4  # vectors ``[p]`` for each pair: its gradient, and those of an iteration that solves for it
)


def decisions_at(objective: Objective, theta: Tensor, X: Tensor) -> Tensor:
    """The class that the model decides for, for each row: ``[m]`` int64.

    Raises :class:`InvalidChoice` for models without classes.
    """
    if not has_classes(objective):
        several = f" of {objective.model.k} outputs" if objective.model.k > 1 else ""
        raise InvalidChoice(
            f"A model with a {objective.loss.name} loss{several} makes no decisions; give a target whose "
            "sign is to change, such as a Coefficient."
        )
    with torch.no_grad():
        f = objective.model.outputs(theta, X)
    return (f[:, 0] >= 0).to(torch.int64) if f.shape[1] == 1 else f.argmax(1)


@dataclass(frozen=True, eq=False)
class Margins:
    """Pairs of a person and a class that the model does not decide for.

    Attributes:
        influence: the method, with leverage correction. X: ``[m, ...]``, the persons' rows.
        decisions: ``[m]``. person, rival: ``[q]``, of each pair.
    """

    influence: Influence
    X: Tensor
    decisions: Tensor
    person: Tensor
    rival: Tensor

    @classmethod
    def of(cls, influence: Influence, X: Tensor) -> Margins:
        """All pairs."""
        objective = influence.objective
        decided = decisions_at(objective, influence.point.theta, X)
        classes = max(2, objective.model.k)
        everyone = torch.arange(len(X), device=X.device)
        person = everyone.repeat_interleave(classes - 1)
        step = torch.arange(1, classes, device=X.device).repeat(len(X))
        return cls(influence, X, decided, person, (decided[person] + step) % classes)

    def take(self, pairs: Tensor) -> Margins:
        """Some of the pairs."""
        return Margins(
            self.influence, self.X, self.decisions, self.person[pairs], self.rival[pairs]
        )

    @cached_property
    def size(self) -> Tensor:
        """By how much the decision's output leads the rival's at the fit, ``[q]``; at least 0."""
        with torch.no_grad():
            f = self.influence.objective.model.outputs(self.influence.point.theta, self.X)
        return (f[self.person] * self._leads(slice(None))).sum(1)

    def at(self, thetas: Tensor) -> Tensor:
        """The same at one ``theta`` for each pair, ``[p, q]``; below 0: the decision has changed."""
        model, leads, found = self.influence.objective.model, self._leads(slice(None)), []
        with torch.no_grad():
            for place, person in enumerate(self.person.tolist()):
                f = model.outputs(thetas[:, place], self.X[person : person + 1])
                found.append((f[0] * leads[place]).sum())
        return torch.stack(found)

    def _leads(self, pairs: slice) -> Tensor:
        """The combination of outputs that is the lead of each pair, ``[q, k]``."""
        decided, rival = self.decisions[self.person[pairs]], self.rival[pairs]
        like = self.influence.point.theta
        if self.influence.objective.model.k == 1:
            return (2 * decided - 1).to(like.dtype)[:, None]
        one, two = (
            torch.nn.functional.one_hot(c, self.influence.objective.model.k)
            for c in (decided, rival)
        )
        return (one - two).to(like.dtype)

    def pushes(self) -> Iterator[tuple[slice, np.ndarray]]:
        """By how much each row's removal lowers the lead, some pairs at a time: ``[pairs, n]`` float32."""
        objective, fitted = self.influence.objective, self.influence.point.theta
        rows, stay = self._row_factors, irremovable(objective)
        size = block_rows(2 * objective.n + SLOPES * objective.p, fitted, near=REUSED)
        for start in range(0, len(self.person), size):
            report("decisions", start, len(self.person))
            pairs = slice(start, min(start + size, len(self.person)))
            persons = objective.model.linearize(fitted, self.X[self.person[pairs]])
            slopes = persons.vjp_rows(self._leads(pairs)[:, :, None])[:, 0].T  # [p, pairs]
            if rows is None:
                pushed = -self.influence.effects(slopes).T.float()
            else:
                if objective.smooth:
                    slopes = self.influence.solve(slopes)
                pushed = slopes.T.float().neg() @ rows
            found = pushed.contiguous().cpu().numpy()
            found[:, stay] = 0.0
            yield pairs, found

    @cached_property
    def _row_factors(self) -> Tensor | None:
        """Each row's gradient over ``n``, or its step with a non-smooth penalty: ``[p, n]`` float32.

        None where they don't fit into memory, or are not needed often enough.
        """
        influence, objective = self.influence, self.influence.objective
        like = influence.point.theta
        steps = objective.n if objective.smooth else 3 * objective.n + 2 * objective.p
        if objective.p > len(self.person) or not fits(steps * objective.p, like.dtype):
            return None
        if not objective.smooth:
            eye = torch.eye(objective.p, dtype=like.dtype, device=like.device)
            return influence.effects(eye).T.float()
        pulls = influence.residual[:, :, None] / objective.n
        found = torch.empty(objective.n, objective.p, dtype=torch.float32, device=like.device)
        for some, part in influence.point.linearization.explicit(pulls):
            found[some] = part[:, 0]
        return found.T
