"""The limit on working memory, in addition to data and results.

Anything that grows with rows times parameters is computed in blocks, so that a block and its
intermediate results stay within the limit.
"""

from __future__ import annotations

import math
import os
import re
import time
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor

from afif_explorer.engine.runtime.setting import Setting
from afif_explorer.errors import InvalidChoice
from afif_explorer.numeric import is_number
from afif_explorer.wording import quoted

VARIABLE = "AFIF_MEMORY"  # the limit of a process, if not set explicitly
SHARE_OF_FREE = 4  # by default the limit is a quarter of the free memory
LEAST = 1 << 20  # bytes; below that every block would be a single row
LOOK_AGAIN = 5.0  # seconds after which free memory is measured again
BLOCKS = 8  # blocks that may exist at the same time
COMFORTABLE = 16_000_000  # numbers per block beyond which larger blocks are no faster
CACHED = 1 << 18  # numbers that stay in the processor's cache between two passes

_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_CONTROL_GROUPS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
    ),
)


class memory_limit(Setting):
    """Set the limit on working memory, in addition to data and results, for the whole process.

    ``memory_limit("2 GB")`` permanently; ``with memory_limit(2e9): ...`` within the block. Attribute
    ``bytes``:
    the current setting.

    Args:
        limit: bytes, or text with a unit (of 1024); at least 1 MB. None: the environment variable
            ``AFIF_MEMORY`` or, without it, a quarter of the free memory, on a GPU in use if that is less.

    Raises:
        InvalidChoice: for an invalid amount of memory.

    >>> import afif_explorer as ax
    >>> with ax.memory_limit("64 MB") as limit:
    ...     effects = ax.attribute(ax.fit(ax.load_dataset("hiring")), ax.MeanLoss("test"))
    >>> limit.bytes == 64 * 2**20
    True
    """

    def __init__(self, limit: float | str | None) -> None:
        self.bytes = None if limit is None else _in_bytes(limit)
        super().__init__(self.bytes)


def allowed() -> int:
    """The current limit in bytes."""
    if memory_limit.chosen is not None:
        return int(memory_limit.chosen)
    if os.environ.get(VARIABLE):
        return _in_bytes(os.environ[VARIABLE])
    return max(LEAST, free_memory(torch.cuda.is_initialized()) // SHARE_OF_FREE)


def free_memory(with_gpus: bool = False) -> int:
    """The free memory in bytes, of the machine and its container, and on request on each GPU in use."""
    return _free(int(time.monotonic() / LOOK_AGAIN), with_gpus)


def fits(numbers: float, dtype: torch.dtype) -> bool:
    """Whether this many numbers fit into the limit."""
    return numbers * dtype.itemsize <= allowed()


def block_rows(numbers: float, like: Tensor, near: int = COMFORTABLE) -> int:
    """The number of rows per block, given the numbers per row; at least one.

    ``like``: a tensor with the precision and device of the work. ``near``: the number of values that fit
    the processor's cache, if blocks should fit; ignored on a GPU.
    """
    cells = min(COMFORTABLE, allowed() // (BLOCKS * like.dtype.itemsize))
    if like.device.type == "cpu":
        cells = min(cells, near)
    return max(1, int(cells // max(1.0, numbers)))


def cached_rows(numbers: int, like: Tensor, least: int = 1) -> int:
    """The number of rows of a block that fit the cache; at least the given minimum, if that fits."""
    return block_rows(numbers, like, near=max(least * max(1, numbers), CACHED))


def _in_bytes(limit: float | str) -> int:
    if isinstance(limit, str):
        found = re.fullmatch(r"\s*([\d.]+(?:e\d+)?)\s*([kmgt]?)(?:i?b)?\s*", limit.lower())
        try:
            size = float(found[1]) * _UNITS[found[2]] if found else math.nan
        except ValueError:
            size = math.nan
    else:
        size = float(limit) if is_number(limit) else math.nan
    if not (math.isfinite(size) and size >= LEAST):
        raise InvalidChoice(
            f"A memory limit must be at least 1 MB, as a number of bytes or as '2 GB', not {quoted(limit)}."
        )
    return int(size)


@lru_cache(maxsize=1)
def _free(moment: int, with_gpus: bool = False) -> int:
    """The free memory in bytes, cached briefly.

    The minimum over the machine, its container, and each GPU in use.
    """
    import psutil

    free = int(psutil.virtual_memory().available)
    for most, used in _CONTROL_GROUPS:
        try:
            left = int(Path(most).read_text()) - int(Path(used).read_text())
        except (OSError, ValueError):  # no such group, or "max": no limit
            continue
        free = min(free, max(0, left))
    return min([free, *_free_on_gpus()]) if with_gpus else free


def _free_on_gpus() -> list[int]:
    """The free bytes on each GPU in use, including memory cached by torch."""
    cuda = torch.cuda
    used = [one for one in range(cuda.device_count()) if cuda.memory_reserved(one)]
    return [
        cuda.mem_get_info(one)[0] + cuda.memory_reserved(one) - cuda.memory_allocated(one)
        for one in used
    ]
