"""Saves a file in the working folder, beside what is there already."""

from __future__ import annotations

from itertools import count
from pathlib import Path


def save(name: str, text: str) -> Path:
    """Write ``text`` to a new file: ``name``, or ``name`` with a number where that is taken.

    Returns its absolute path. Raises :class:`OSError` if the folder cannot be written.
    """
    wanted = Path.cwd() / name
    for number in count(1):
        path = wanted if number == 1 else wanted.with_stem(f"{wanted.stem}-{number}")
        try:
            file = path.open("x", encoding="utf-8", errors="backslashreplace", newline="")
        except FileExistsError:
            continue
        try:
            with file:
                file.write(text)
        except OSError:
            path.unlink()  # half a file is worse than none
            raise
        return path
    raise AssertionError("numbers do not end")
