"""Running small problems on one thread.

The threads of the linear algebra libraries synchronise after every operation. On a busy machine this made
a fit of 500 rows and 61 parameters take 26 s instead of 1.4 s.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import torch
from threadpoolctl import ThreadpoolController

SMALL = 2_000_000  # numbers per pass over the data below which a second thread does not pay off


@contextmanager
def threads_for(cells: int) -> Iterator[None]:
    """Run the block on one thread if each of its passes touches no more than :data:`SMALL` numbers."""
    before = torch.get_num_threads()
    if cells > SMALL or before == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        with _libraries(len(sys.modules)).limit(limits=1, user_api="blas"):
            yield
    finally:
        torch.set_num_threads(before)


@lru_cache(maxsize=1)
def _libraries(modules: int) -> ThreadpoolController:
    """The linear algebra libraries while there are so many modules; searching takes milliseconds."""
    return ThreadpoolController()
