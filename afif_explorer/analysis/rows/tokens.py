"""``attribute_tokens`` and ``TokenEffects``: the effect of each training token on a target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.prepared import bound, prepared
from afif_explorer.analysis.rows.effects import Effects, facts_of, units_of
from afif_explorer.analysis.rows.judging import judge
from afif_explorer.analysis.rows.told import method_words
from afif_explorer.engine.influence.methods import AFIF, Method
from afif_explorer.engine.targets.base import Target, as_targets, bind_together, gradients_of
from afif_explorer.engine.targets.tokens import checked_loss
from afif_explorer.errors import InvalidChoice
from afif_explorer.wording import count


class TokenEffects(Effects):
    """The effects of all training tokens on one target ``[n, T]`` or several ``[n, T, m]``.

    See :func:`attribute_tokens`. An array in every expression, like :class:`Effects`, with its ``ids`` (of
    the sequences), ``target``, ``unit``, ``method`` and ``trust``.

    Args:
        tokens: ``[n, T]``, the training tokens; an attribute. ignored: the token that does not count.
        more: the arguments of :class:`Effects`.

    >>> import torch, afif_explorer as ax
    >>> module = torch.nn.Sequential(torch.nn.Linear(2, 6), torch.nn.Unflatten(1, (2, 3)))
    >>> X, y = torch.randn(20, 2), torch.randint(3, (20, 2))  # two tokens of three classes
    >>> objective = ax.Objective(module, ax.TokenCategorical(3), ax.Ridge(1e-2), X, y)
    >>> effects = ax.attribute_tokens(ax.fit_objective(objective, test=(X, y)), ax.TokenLoss("test", 0, 1))
    >>> effects.unit, effects.top(3).shape, effects.to_frame().index.names
    ('nats', (3, 2), FrozenList(['id', 'position']))
    """

    def __init__(self, *more: Any, tokens: np.ndarray, ignored: int) -> None:
        super().__init__(*more)
        self.tokens, self._counts = tokens, tokens != ignored

    def top(
        self, k: int, by: str = "absolute", *, target: Target | int | None = None
    ) -> np.ndarray:
        """The ``k`` tokens with the largest effects, largest first, as ids and positions ``[k, 2]``.

        Args:
            k: number of tokens.
            by: "absolute", "lowest" or "highest", as for :meth:`Effects.top`.
            target: one of several, or its column.

        Raises:
            InvalidChoice: for another order, a number below 0, or a target that is not one of them.
        """
        rows, positions = divmod(self._largest(k, by, target), self.tokens.shape[1])
        return np.stack([self.ids[rows], positions], axis=1)

    def to_frame(self, raw: bool = False) -> pd.DataFrame:
        """A row per training token that counts, by id and position, and a column per target.

        Args:
            raw: also the token, as a column "token".
        """
        rows, positions = np.nonzero(self._counts)
        index = pd.MultiIndex.from_arrays([self.ids[rows], positions], names=["id", "position"])
        values = self.values[rows, positions].reshape(len(rows), -1)
        table = pd.DataFrame(values, index=index, columns=self._labels)
        if raw:
            table.insert(0, "token", self.tokens[rows, positions])
        return table

    def _column(self, target: Target | int | None) -> np.ndarray:
        return np.where(self._counts, super()._column(target), np.nan).ravel()

    @property
    def _of(self) -> str:
        return f"{count(self._counts.sum())} tokens of {count(len(self.ids))} sequences"

    def _table(self, places: Sequence[int]) -> tuple[list[str], list[tuple[Any, ...]]]:
        length = self.tokens.shape[1]
        rows = [
            (
                int(self.ids[row]),
                position,
                int(self.tokens[row, position]),
                *map(float, self.values[row, position].ravel()),
            )
            for row, position in (divmod(place, length) for place in places)
        ]
        return ["id", "position", "token", *self._labels], rows


def attribute_tokens(
    fit: Fit,
    target: Target | Sequence[Target],
    method: Method = AFIF(),  # noqa: B008 - frozen
) -> TokenEffects:
    """The predicted change of a target if each training token no longer counts in the loss, to first order.

    ``(1/n) c' C^-1 grad(c_t l_it)`` for the token at position ``t`` of sequence ``i``: its loss is left out,
    while it remains in the sequence as context of later tokens, and the weights ``c`` of the sequence's other
    tokens stay as they are. Positive: the target rises without the token. The tokens of a sequence add up
    to the classical effect of the sequence (:func:`attribute` with ``order=1`` and
    ``leverage_correction=False``). No leverage correction is applied, whatever the method's setting.

    Args:
        fit: a language model with the loss :class:`TokenCategorical`.
        target: a target, such as :class:`TokenLoss`, or a list of ``m`` targets.
        method: curvature and solver.

    Returns:
        ``[n_train, T]``, or ``[n_train, T, m]`` for a list, in the target's units, as :class:`TokenEffects`;
        0 for tokens that do not count already.

    Raises:
        InvalidChoice: for a fit of another loss, a non-smooth penalty, or no targets.
        SolverDiverged or CurvatureError: where the system has no usable solution.

    Warns as :func:`attribute`.

    Source: Grosse et al., Studying Large Language Model Generalization with Influence Functions (2023).

    >>> import torch, afif_explorer as ax
    >>> module = torch.nn.Sequential(torch.nn.Linear(2, 6), torch.nn.Unflatten(1, (2, 3)))
    >>> X, y = torch.randn(20, 2), torch.randint(3, (20, 2))  # two tokens of three classes
    >>> objective = ax.Objective(module, ax.TokenCategorical(3), ax.Ridge(1e-2), X, y)
    >>> fit = ax.fit_objective(objective, test=(X, y))
    >>> ax.attribute_tokens(fit, ax.TokenLoss("test", 0, 1)).shape
    (20, 2)
    """
    loss, targets = checked_loss(fit), as_targets(target)
    if not targets:
        raise InvalidChoice("The list of targets is empty; pass at least one.")
    if not fit.objective.smooth:
        raise InvalidChoice("Effects of tokens need a smooth penalty; use Ridge, or attribute.")
    influence = prepared(method, fit)
    solved = influence.solve(gradients_of(bind_together(fit, targets, bound)))
    point, n = influence.point, fit.objective.n
    k, positions = point.linearization.k, fit.objective.y.shape[1]
    effects = []
    for rows, part in point.linearization.cut(k * positions * 4):
        roots = loss.token_residuals(point.outputs[rows], fit.objective.y[rows])
        effects.append(part.jvp_roots(roots / n, solved))
    found = torch.cat(effects).cpu().numpy()
    units, single = units_of(targets, facts_of(fit)), isinstance(target, Target)
    return TokenEffects(
        found[:, :, 0] if single else found,
        fit.ids,
        targets[0] if single else tuple(targets),
        units[0] if single else units,
        method_words(influence, "first order", corrected=False),
        judge(fit, influence, None, (), targets),
        tokens=fit.objective.y.cpu().numpy(),
        ignored=loss.ignore_index,
    )
