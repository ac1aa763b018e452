"""Attention as plain matrix products, which support forward-mode and second derivatives.

torch's fused attention kernels support neither. The choice of kernels is a process-wide setting, so it is
changed once for all threads inside the context and restored when the last one leaves.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

_lock = threading.Lock()
_inside = 0
_settings = ExitStack()


@contextmanager
def plain_attention() -> Iterator[None]:
    """Context in which attention (also of a transformer in ``eval`` mode) uses plain products."""
    global _inside
    with _lock:
        if _inside == 0:
            _enter()
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                _settings.close()


def _enter() -> None:
    _settings.enter_context(sdpa_kernel(SDPBackend.MATH))
    _settings.callback(
        torch.backends.mha.set_fastpath_enabled, torch.backends.mha.get_fastpath_enabled()
    )
    torch.backends.mha.set_fastpath_enabled(False)


class OpenAttention(nn.MultiheadAttention):
    """Self-attention whose two linear layers call ``F.linear``, so that they can be traced.

    Same signature as ``nn.MultiheadAttention``; see :mod:`afif_explorer.engine.jacobians.layers.opened`.
    """

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        open_to_all = query is key is value and query.ndim == 3 and not need_weights
        if not open_to_all or (self.training and self.dropout > 0):
            return super().forward(
                query,
                key,
                value,
                key_padding_mask,
                need_weights,
                attn_mask,
                average_attn_weights,
                is_causal,
            )
        rows = query if self.batch_first else query.transpose(0, 1)
        parts = F.linear(rows, self.in_proj_weight, self.in_proj_bias).chunk(3, dim=-1)
        heads = [part.unflatten(-1, (self.num_heads, -1)).transpose(1, 2) for part in parts]
        bias = _bias(attn_mask, key_padding_mask, heads[0])
        scores = heads[0] @ heads[1].transpose(2, 3) * self.head_dim**-0.5
        mixed = torch.softmax(scores if bias is None else scores + bias, dim=-1) @ heads[2]
        left = F.linear(mixed.transpose(1, 2).flatten(2), self.out_proj.weight, self.out_proj.bias)
        return (left if self.batch_first else left.transpose(0, 1)), None


def _bias(mask: Tensor | None, padding: Tensor | None, heads: Tensor) -> Tensor | None:
    """The sum of the masks, to be added to the scores ``[n, heads, T, T]``."""
    total: Tensor | None = None
    for one, place in ((mask, None), (padding, 1)):
        if one is None:
            continue
        if one.dtype == torch.bool:
            one = heads.new_zeros(one.shape).masked_fill(one, -torch.inf)
        if place:
            one = one[:, None, None, :]
        elif one.ndim == 3:  # [n * heads, T, T]
            one = one.reshape(heads.shape[0], heads.shape[1], *one.shape[1:])
        total = one if total is None else total + one
    return total


def can_be_opened(part: nn.Module) -> bool:
    """False for attention with further parameters, or with queries and keys of different sizes."""
    if not isinstance(part, nn.MultiheadAttention):
        return True
    return part.in_proj_weight is not None and part.bias_k is None and not part.add_zero_attn
