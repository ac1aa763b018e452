"""Layers with parameters for each channel whose kernels in torch have no batched derivatives."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class OpenPReLU(nn.PReLU):
    """``nn.PReLU`` as a product."""

    def forward(self, input: Tensor) -> Tensor:
        above, below = torch.where(input > 0, input, 0), torch.where(input > 0, 0, input)
        if len(self.weight) == 1:
            return above + below * self.weight
        return above + _channels_second(below.movedim(1, -1) * self.weight)


class OpenGroupNorm(nn.GroupNorm):
    """``nn.GroupNorm`` by layer normalisation of each group."""

    def forward(self, input: Tensor) -> Tensor:
        groups = input.reshape(len(input), self.num_groups, -1)
        plain = F.layer_norm(groups, groups.shape[2:], eps=self.eps).reshape(input.shape)
        if not self.affine:
            return plain
        return _channels_second(plain.movedim(1, -1) * self.weight + self.bias)


def _channels_second(value: Tensor) -> Tensor:
    """``[n, ..., C]`` as ``[n, C, ...]``, contiguous because modules take views of it."""
    return value.movedim(-1, 1).contiguous()
