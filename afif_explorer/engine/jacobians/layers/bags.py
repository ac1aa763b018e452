"""``nn.EmbeddingBag``, whose kernel in torch has no second derivatives."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class OpenEmbeddingBag(nn.EmbeddingBag):
    """``nn.EmbeddingBag`` of bags of one length, ``[n, T]``, by a look-up and a sum, mean or maximum."""

    def forward(
        self,
        input: Tensor,
        offsets: Tensor | None = None,
        per_sample_weights: Tensor | None = None,
    ) -> Tensor:
        if input.ndim != 2 or self.max_norm is not None:
            return super().forward(input, offsets, per_sample_weights)
        found = F.embedding(input, self.weight)  # [n, T, m]
        counted = torch.ones_like(input) if self.padding_idx is None else input != self.padding_idx
        if self.mode == "max":
            lowest = found.masked_fill(~counted.bool()[:, :, None], -torch.inf).amax(1)
            return torch.where(counted.bool().any(1)[:, None], lowest, 0.0)
        weights = counted.to(found.dtype)
        if per_sample_weights is not None:
            weights = weights * per_sample_weights
        total = torch.einsum("nt,ntm->nm", weights, found)
        return total if self.mode == "sum" else total / weights.sum(1, keepdim=True).clamp(min=1)
