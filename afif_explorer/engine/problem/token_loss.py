"""The loss of a language model: one categorical loss for each token of a sequence."""

from __future__ import annotations

import torch
from torch import Tensor

from afif_explorer.engine.problem.losses import Categorical, Loss
from afif_explorer.engine.runtime.memory import fits
from afif_explorer.errors import DataError, InvalidChoice, OutOfMemory
from afif_explorer.numeric import checked_count, is_whole
from afif_explorer.wording import quoted

_token = Categorical()


class TokenCategorical(Loss):
    """A categorical loss at every position of a sequence, in nats, ``sum_t c_t (logsumexp f_t - f_t,y_t)``.

    A row is a sequence. A module returns logits ``[n, T, V]``, flattened to ``f`` ``[n, T V]``; targets ``y``
    are ``[n, T]``, class numbers below ``V`` (already shifted: ``y_t`` is predicted by ``f_t``).
    ``c_t`` is 0 where ``y_t`` is ``ignore_index``, so that these positions are neither in the loss nor in the
    Fisher. Elsewhere it is 1, or one over the number of counted positions of the sequence. The
    Fisher is that of all tokens given their contexts (teacher forcing), the generalised Gauss-Newton matrix.

    Args:
        classes: ``V``, the size of the vocabulary.
        reduction: "sum": a sequence counts by its length. "mean": every sequence counts the same.
        ignore_index: the target of positions that don't count, such as padding.

    Raises:
        InvalidChoice: for an unknown reduction.
        DataError: for targets that are not ``[n, T]``, or other than class numbers and ``ignore_index``.
        OutOfMemory: if the square roots of the Fisher, ``n T^2 V (V - 1)`` numbers, exceed the memory limit.

    Source: Grosse et al., Studying Large Language Model Generalization with Influence Functions (2023),
    section 2.2.

    >>> import torch, afif_explorer as ax
    >>> f, y = torch.zeros(1, 3 * 4), torch.tensor([[0, 3, -100]])  # three positions, four classes
    >>> ax.TokenCategorical(4).value(f, y).tolist() == [2 * torch.tensor(4.0).log().item()]
    True
    """

    name = "token categorical"
    canonical_outputs = None
    sequences = True

    def __init__(self, classes: int, reduction: str = "sum", ignore_index: int = -100) -> None:
        if reduction not in ("sum", "mean"):
            raise InvalidChoice(
                f"The reduction over tokens is 'sum' or 'mean', not {quoted(reduction)}."
            )
        if not is_whole(ignore_index):
            raise InvalidChoice(f"ignore_index must be a whole number, not {quoted(ignore_index)}.")
        self.classes = checked_count("The vocabulary's classes", classes)
        self.reduction, self.ignore_index = reduction, ignore_index

    def counted(self, y: Tensor) -> Tensor:
        """The positions that count, ``[n, T]`` bool."""
        return y != self.ignore_index

    def token_values(self, f: Tensor, y: Tensor) -> Tensor:
        """The loss of every position, without ``c_t``, ``[n, T]`` or ``[n, T, m]``; 0 where ignored."""
        found = _token.value(self._tokens(f), self._classes(y)).unflatten(0, y.shape)
        return found * _like(self.counted(y), found)

    def token_residuals(self, f: Tensor, y: Tensor) -> Tensor:
        """The part of every position in the residual, ``[n, T V, T]``: zero outside its own logits."""
        blocks = self.residual(f, y).unflatten(1, (*y.shape[1:], -1))  # [n, T, V]
        return torch.diag_embed(blocks.transpose(1, 2)).movedim(1, 2).flatten(1, 2)

    def value(self, f: Tensor, y: Tensor) -> Tensor:
        values = self.token_values(f, y)
        return (values * _like(self._weights(y, f), values)).sum(1)

    def residual(self, f: Tensor, y: Tensor) -> Tensor:
        found = _token.residual(self._tokens(f), self._classes(y)).unflatten(0, y.shape)
        return (found * _like(self._weights(y, f), found)).flatten(1, 2)

    def mean(self, f: Tensor) -> Tensor:
        return _token.mean(self._tokens(f)).reshape(f.shape)

    def variance(self, f: Tensor, u: Tensor) -> Tensor:
        return _token.variance(self._tokens(f), self._tokens(u)).reshape(u.shape)

    def hessian_product(self, f: Tensor, y: Tensor, u: Tensor) -> Tensor:
        found = self.variance(f, u).unflatten(1, (-1, self.classes))
        return (found * _like(self._weights(y, f), found)).flatten(1, 2)

    def root(self, f: Tensor) -> Tensor:
        """``[n, T V, T (V - 1)]``, a block for each position."""
        n, k = f.shape
        positions = k // self.classes
        if not fits(float(n * k * positions * (self.classes - 1)), f.dtype):
            raise OutOfMemory(
                f"The Fisher of {n} sequences with {positions} tokens and {self.classes} classes exceeds the "
                "memory limit: use fewer or shorter sequences, fewer classes, or raise memory_limit."
            )
        blocks = _token.root(self._tokens(f)).unflatten(0, (n, positions))  # [n, T, V, V - 1]
        return torch.diag_embed(blocks.permute(0, 2, 3, 1)).permute(0, 3, 1, 4, 2).reshape(n, k, -1)

    def hessian_root(self, f: Tensor, y: Tensor) -> Tensor:
        scale = self._weights(y, f).sqrt().repeat_interleave(self.classes, dim=1)
        return self.root(f) * scale[:, :, None]

    def check(self, y: Tensor) -> None:
        super().check(y)
        if y.ndim != 2:
            raise DataError(
                f"A language model needs a target for each token, [n, T], not {tuple(y.shape)}."
            )
        kept = y[self.counted(y)]
        if bool((kept != kept.long()).any() or (kept < 0).any() or (kept >= self.classes).any()):
            raise DataError(
                f"Tokens must be class numbers from 0 to {self.classes - 1}, or {self.ignore_index} where "
                "they don't count; recode the targets."
            )

    def outputs_for(self, y: Tensor) -> int:
        return y.shape[1] * self.classes

    def fits(self, k: int, y: Tensor) -> bool:
        return k == self.outputs_for(y)

    def _tokens(self, f: Tensor) -> Tensor:
        """``[n, T V, ...]`` as ``[n T, V, ...]``."""
        return f.reshape(-1, self.classes, *f.shape[2:])

    def _classes(self, y: Tensor) -> Tensor:
        return torch.where(self.counted(y), y, 0).reshape(-1)

    def _weights(self, y: Tensor, f: Tensor) -> Tensor:
        """``c`` ``[n, T]``."""
        counted = self.counted(y).to(f.dtype)
        if self.reduction == "sum":
            return counted
        return counted / counted.sum(1, keepdim=True).clamp(min=1)


def _like(weights: Tensor, values: Tensor) -> Tensor:
    """``[n, T]`` shaped so that it broadcasts against ``[n, T, ...]``."""
    return weights.reshape(*weights.shape, *[1] * (values.ndim - 2))
