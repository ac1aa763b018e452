"""The loss of one token as a target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from afif_explorer.engine.problem.token_loss import TokenCategorical
from afif_explorer.engine.targets.base import RowTarget
from afif_explorer.engine.targets.bound import Fitted, Sample
from afif_explorer.errors import InvalidChoice
from afif_explorer.numeric import is_whole


@dataclass(frozen=True)
class TokenLoss(RowTarget):
    """``T = logsumexp(f_t) - f_t,y_t``, the loss of the token at position ``t`` of one sequence, in nats.

    Not divided by the number of tokens, whatever the ``reduction`` of the loss. For fits with a
    :class:`TokenCategorical` loss.

    Args:
        split: "train", "validation" or "test".
        i: position of the sequence in the split, from 0.
        t: position of the token in the sequence, from 0.

    Raises:
        InvalidChoice: when used with a fit of another loss, or for a sequence or token that the split does
            not have, or a token that does not count (its target is ``ignore_index``).

    Source: Grosse et al., Studying Large Language Model Generalization with Influence Functions (2023).

    >>> import torch, afif_explorer as ax
    >>> module = torch.nn.Sequential(torch.nn.Linear(2, 6), torch.nn.Unflatten(1, (2, 3)))
    >>> X, y = torch.randn(20, 2), torch.randint(3, (20, 2))  # two tokens of three classes
    >>> objective = ax.Objective(module, ax.TokenCategorical(3), ax.Ridge(1e-2), X, y)
    >>> fit = ax.fit_objective(objective, test=(X, y))
    >>> ax.attribute(fit, [ax.TokenLoss("test", 0, t) for t in range(2)]).shape
    (20, 2)
    """

    t: int = 0

    def each(self, fit: Fitted, sample: Sample) -> Callable[[Tensor], Tensor]:
        loss = checked_loss(fit)
        if not (is_whole(self.t) and 0 <= self.t < sample.y.shape[1]):
            raise InvalidChoice(
                f"There is no token {self.t}; tokens are 0 to {sample.y.shape[1] - 1}."
            )
        if not bool(loss.counted(sample.y)[:, self.t].all()):
            raise InvalidChoice(f"Token {self.t} is ignored in the loss; choose another token.")
        return lambda f: loss.token_values(f, sample.y)[:, self.t]


def checked_loss(fit: Fitted) -> TokenCategorical:
    """The loss of a language model. Raises :class:`InvalidChoice` for a fit of another loss."""
    loss = fit.objective.loss
    if not isinstance(loss, TokenCategorical):
        raise InvalidChoice(
            f"Tokens need a fit with the loss TokenCategorical, not {loss.name}; use PointLoss."
        )
    return loss
