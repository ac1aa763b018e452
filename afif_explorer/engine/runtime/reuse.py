"""Memory of large results that nobody holds any more, for the next one.

The system gives memory of this size page by page, each of them cleared when it is first written to: for 48 MB
that takes as long as to compute what is written. The C library gives smaller blocks again by itself.
"""

from __future__ import annotations

import weakref
from collections import deque
from math import prod

import torch
from torch import Tensor

from afif_explorer.engine.runtime.memory import allowed

LARGE = 32 << 20  # bytes from which on the C library hands memory back to the system at once
WASTE = 2  # times the size that is asked for which a kept block may have
SHARE = 4  # what is kept is at most a quarter of the memory limit

_kept: deque[Tensor] = deque(maxlen=1)  # bytes; the last block that was let go of


def room_for(shape: tuple[int, ...], like: Tensor) -> Tensor:
    """A tensor of that shape whose numbers are arbitrary, as ``like.new_empty``: all must be written.

    Its memory is that of the last large result that was let go of, if that is of use.
    """
    size = prod(shape) * like.dtype.itemsize
    if size < LARGE or like.device.type != "cpu":
        return like.new_empty(shape)
    block = _taken(size)
    lease = block[:size].numpy()  # lives as long as anything that looks at the memory
    weakref.finalize(lease, _give_back, block).atexit = False
    return torch.from_numpy(lease).view(like.dtype).view(shape)


def _taken(size: int) -> Tensor:
    try:
        kept = _kept.pop()
    except IndexError:
        kept = torch.empty(0)
    return kept if size <= len(kept) <= WASTE * size else torch.empty(size, dtype=torch.uint8)


def _give_back(block: Tensor) -> None:
    if len(block) * SHARE <= allowed():
        _kept.append(block)
