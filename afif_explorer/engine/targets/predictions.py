"""Predictions as targets; predictions and decisions of a model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from afif_explorer.engine.problem.losses import Bernoulli, Categorical, Loss
from afif_explorer.engine.problem.objective import Objective
from afif_explorer.engine.targets.base import RowTarget
from afif_explorer.engine.targets.bound import Fitted, Sample
from afif_explorer.errors import InvalidChoice
from afif_explorer.numeric import is_whole
from afif_explorer.wording import quoted


@dataclass(frozen=True)
class Prediction(RowTarget):
    """``T = A'(f(x_i; theta))``, the mean prediction for one row: a probability, a count, a value.

    In units of probability, or of the target.

    Args:
        split: "train", "validation" or "test".
        i: id of the row, as in ``data.test.ids``.
        outcome: number of the class whose probability it is; None: the last one.
        output: which of several labels or numbers that a row has, from 0.

    Raises:
        InvalidChoice: when used with a fit that does not have that row, class or output, and for a fit of
            several labels or numbers without ``output``.

    >>> import afif_explorer as ax
    >>> fit = ax.fit(ax.load_dataset("hiring"))
    >>> target = ax.Prediction("test", fit.data.test.ids[0])
    >>> value = target.bind(fit).value(fit.parameters)
    >>> bool(abs(value - fit.predict(fit.data.test.X[:1])[0]) < 1e-12)
    True
    """

    outcome: int | None = None
    output: int | None = None

    def each(self, fit: Fitted, sample: Sample) -> Callable[[Tensor], Tensor]:
        return lambda f: predicted(fit.objective.loss, f, self.outcome, self.output)


def has_classes(objective: Objective) -> bool:
    """Whether the model decides for one of two or more classes; several labels of a row are none."""
    loss = objective.loss
    return isinstance(loss, Categorical) or (isinstance(loss, Bernoulli) and objective.model.k == 1)


def predicted(
    loss: Loss, f: Tensor, outcome: int | None = None, output: int | None = None
) -> Tensor:
    """Mean prediction of each row, ``[n]``: of class ``outcome`` (None: the last) if there are classes.

    ``output``: of which label or number, if a row has several.
    """
    mean = loss.mean(f)
    if isinstance(loss, Categorical):
        if output is not None:
            raise InvalidChoice(f"A model of classes has no output {output}; give outcome instead.")
        return mean[:, _class(loss, f.shape[1], outcome)]
    column = mean[:, _output(mean.shape[1], output)]
    if isinstance(loss, Bernoulli):
        return column if _class(loss, 2, outcome) == 1 else 1 - column
    if outcome is not None:
        raise InvalidChoice(f"A model of numbers has no class {outcome}; omit outcome.")
    return column


def decided(loss: Loss, f: Tensor, outcome: int | None = None) -> Tensor:
    """The model's decision for each row as 0.0 or 1.0, ``[n]``; the mean prediction if not classes."""
    if isinstance(loss, Categorical):
        wanted = _class(loss, f.shape[1], outcome)
        return (loss.mean(f).argmax(1) == wanted).to(f.dtype)
    if isinstance(loss, Bernoulli):
        positive = predicted(loss, f) >= 0.5
        return (positive == (_class(loss, 2, outcome) == 1)).to(f.dtype)
    return predicted(loss, f, outcome)


def hits(loss: Loss, y: Tensor, outcome: int | None, k: int) -> Tensor:
    """Whether each row's observed class is the positive one, ``[n]`` bool."""
    return y == _class(loss, k, outcome)


def _class(loss: Loss, k: int, outcome: int | None) -> int:
    """The index of the positive class: the last if None."""
    several = 2 if isinstance(loss, Bernoulli) else k
    if outcome is None:
        return several - 1
    if not (is_whole(outcome) and 0 <= outcome < several):
        raise InvalidChoice(f"There is no class {outcome}; classes are 0 to {several - 1}.")
    return int(outcome)


def _output(k: int, output: int | None) -> int:
    """The index of one of ``k`` outputs."""
    if output is None and k == 1:
        return 0
    if output is None:
        raise InvalidChoice(
            f"The model predicts {k} labels or numbers for each row; say which by output=, as in "
            'Prediction("test", 0, output=1).'
        )
    if not (is_whole(output) and 0 <= output < k):
        raise InvalidChoice(f"There is no output {quoted(output)}; outputs are 0 to {k - 1}.")
    return int(output)
