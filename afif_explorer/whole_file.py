"""Writes a file completely or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def write(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path``; until all of it is on the disk, what was there before stays.

    A process that is killed meanwhile leaves a file named ``*.part``, which the next call replaces. Raises
    :class:`OSError`, for a full disk among others, and leaves nothing then.
    """
    half = path.with_name(f"{path.name}.part")
    try:
        half.write_bytes(content)
        os.replace(half, path)
    except OSError:
        with suppress(OSError):
            half.unlink()
        raise
