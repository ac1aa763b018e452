"""Predictions as targets; predictions and decisions of a model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from afif_explorer.engine.problem.losses import Bernoulli, Categorical, Loss
from afif_explorer.engine.targets.base import RowTarget
from afif_explorer.engine.targets.bound import Fitted, Sample
from afif_explorer.errors import InvalidChoice
from afif_explorer.numeric import is_whole


@dataclass(frozen=True)
class Prediction(RowTarget):
    """``T = A'(f(x_i; theta))``, the mean prediction for one row: a probability, a count, a value.

    In units of probability, or of the target.

    Args:
        split: "train", "validation" or "test".
        i: position of the row in the split, from 0.
        outcome: number of the class whose probability it is; None: the last one.

    Raises:
        InvalidChoice: when used with a fit that does not have that row or class.

    >>> import afif_explorer as ax
    >>> fit, target = ax.fit(ax.load_dataset("hiring")), ax.Prediction("test", 0)
    >>> value = target.bind(fit).value(fit.parameters)
    >>> bool(abs(value - fit.predict(fit.data.test.X[:1])[0]) < 1e-12)
    True
    """

    outcome: int | None = None

    def each(self, fit: Fitted, sample: Sample) -> Callable[[Tensor], Tensor]:
        return lambda f: predicted(fit.objective.loss, f, self.outcome)


def predicted(loss: Loss, f: Tensor, outcome: int | None = None) -> Tensor:
    """Mean prediction of each row, ``[n]``: of class ``outcome`` (None: the last) if there are classes."""
    mean, wanted = loss.mean(f), _class(loss, f.shape[1], outcome)
    if isinstance(loss, Bernoulli):
        return mean[:, 0] if wanted == 1 else 1 - mean[:, 0]
    return mean[:, wanted]


def decided(loss: Loss, f: Tensor, outcome: int | None = None) -> Tensor:
    """The model's decision for each row as 0.0 or 1.0, ``[n]``; the mean prediction if not classes."""
    mean, wanted = loss.mean(f), _class(loss, f.shape[1], outcome)
    if isinstance(loss, Bernoulli):
        return ((mean[:, 0] >= 0.5) == (wanted == 1)).to(f.dtype)
    if isinstance(loss, Categorical):
        return (mean.argmax(1) == wanted).to(f.dtype)
    return mean[:, wanted]


def hits(loss: Loss, y: Tensor, outcome: int | None, k: int) -> Tensor:
    """Whether each row's observed class is the positive one, ``[n]`` bool."""
    return y == _class(loss, k, outcome)


def _class(loss: Loss, k: int, outcome: int | None) -> int:
    """The index of the positive class, or of an output among ``k``: the last if None."""
    several = 2 if isinstance(loss, Bernoulli) else k
    if outcome is None:
        return several - 1
    if several == 1:
        raise InvalidChoice(f"A model with one output has no class {outcome}; omit outcome.")
    if not (is_whole(outcome) and 0 <= outcome < several):
        raise InvalidChoice(f"There is no class {outcome}; classes are 0 to {several - 1}.")
    return int(outcome)
