"""Layers with kernels of their own, replaced by the same layers made of operations that can be traced."""

from __future__ import annotations

from torch import nn

from afif_explorer.engine.jacobians.layers.attention import OpenAttention, can_be_opened
from afif_explorer.engine.jacobians.layers.bags import OpenEmbeddingBag
from afif_explorer.engine.jacobians.layers.channels import OpenGroupNorm, OpenPReLU
from afif_explorer.engine.jacobians.layers.recurrent import UNROLLED

OPENED: dict[type[nn.Module], type[nn.Module]] = {
    nn.MultiheadAttention: OpenAttention,
    nn.EmbeddingBag: OpenEmbeddingBag,
    nn.PReLU: OpenPReLU,
    nn.GroupNorm: OpenGroupNorm,
    **dict(UNROLLED),
}
CLOSED = {opened: layer for layer, opened in OPENED.items()}


def open_up(module: nn.Module) -> None:
    """Convert the layers of a module that have a replacement; their parameters stay in place."""
    for part in module.modules():
        if type(part) in OPENED and can_be_opened(part):
            part.__class__ = OPENED[type(part)]


def close_again(module: nn.Module) -> None:
    """Undo :func:`open_up`."""
    for part in list(module.modules()):
        part.__class__ = CLOSED.get(type(part), type(part))
