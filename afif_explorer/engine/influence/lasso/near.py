"""Which zero parameters the steps without some rows may carry past the threshold of an L1 penalty.

By the Cauchy-Schwarz inequality a step ``D`` changes the gradient of parameter ``j`` by at most
``sqrt(C_jj) |D|_C``, and the removed row takes ``|h_j|`` away from it. So only parameters whose gradient is
within that of the threshold have to be examined.
"""

from __future__ import annotations

import torch
from torch import Tensor

from afif_explorer.engine.curvature.operators import Curvature

MARGIN = 1.5  # on the size of the steps that keep zeros and signs; larger steps are examined again


class Near:
    """The zero parameters of a fit and how near each is to the threshold.

    Args:
        curvature: ``C``. gradient: of the smooth part at the fit, ``[p]``. support: ``[s]``, the nonzero
            and the unpenalised parameters. threshold: of the penalty.
    """

    def __init__(
        self, curvature: Curvature, gradient: Tensor, support: Tensor, threshold: float
    ) -> None:
        self._linearization = curvature.point.linearization
        self._slack = threshold - gradient.abs()
        self._slack[support] = torch.inf
        self._by_size: Tensor | None = None
        roots = curvature.roots()
        if roots is not None and roots.shape[1:] == (1, 1):
            share = curvature.mean_weights * roots[:, 0, 0] ** 2
            bounds = self._linearization.column_bounds(share)
            if bounds is not None:
                self._by_size = (bounds[0] + curvature.diagonal_shift).sqrt()

    def places(self, rows: Tensor, pull: float, size: float) -> Tensor:
        """Parameters to examine for steps without ``rows`` of up to a size in the norm of ``C``, ascending.

        ``pull``: the largest of the rows' residuals, divided by ``n``.
        """
        if self._by_size is None:
            return torch.nonzero(self._slack.isfinite()).flatten()
        part = self._linearization.take(rows)
        own = part.column_bounds(torch.ones_like(part.outputs[:, 0]))
        assert own is not None
        return torch.nonzero(self._slack < MARGIN * size * self._by_size + pull * own[1]).flatten()
