"""``attribute_tokens``: the effect of each training token on a target."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.fits.prepared import bound, prepared
from afif_explorer.analysis.rows.judging import judge
from afif_explorer.engine.influence.methods import AFIF, Method
from afif_explorer.engine.targets.base import Target, as_targets, bind_together, gradients_of
from afif_explorer.engine.targets.tokens import checked_loss
from afif_explorer.errors import InvalidChoice


def attribute_tokens(
    fit: Fit,
    target: Target | Sequence[Target],
    method: Method = AFIF(),  # noqa: B008 - frozen
) -> np.ndarray:
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
        ``[n_train, T]``, or ``[n_train, T, m]`` for a list, in the target's units; 0 for tokens that do not
        count already.

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
    judge(fit, influence, None, (), targets)
    found = torch.cat(effects).cpu().numpy()
    return found[:, :, 0] if isinstance(target, Target) else found
