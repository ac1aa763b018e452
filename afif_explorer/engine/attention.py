"""Attention as plain matrix products, which can be differentiated in every way that is needed here.

torch's fused attention kernels have no forward-mode derivative and no second one. Which kernels may be
used is a setting of the whole process, so it is changed once for all threads that are inside and restored
when the last of them leaves.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

_lock = threading.Lock()
_inside = 0
_settings = ExitStack()


@contextmanager
def plain_attention() -> Iterator[None]:
    """Within this block attention (also that of a transformer in ``eval`` mode) is made of plain products."""
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
