"""A folder of submissions: every notebook in it is marked, and the marks become one table."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from afif_explorer import whole_file
from afif_explorer.errors import InvalidChoice
from afif_explorer.grading.submission import Mark, grade
from afif_explorer.screens.files.tables import harmless

_HIDDEN = ".ipynb_checkpoints"


def submissions(folder: Path) -> list[Path]:
    """The notebooks in a folder and in those inside it, in order."""
    if not folder.is_dir():
        raise InvalidChoice(f"There is no folder {folder}.")
    found = sorted(path for path in folder.rglob("*.ipynb") if _HIDDEN not in path.parts)
    if not found:
        raise InvalidChoice(f"There is no notebook (.ipynb) in {folder}.")
    return found


def marks(folder: Path, *, limit: float, jobs: int) -> Iterator[list[Mark]]:
    """The marks of each submission, in order; ``jobs`` of them run at once."""
    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(
            lambda path: grade(path, str(path.relative_to(folder)), limit=limit),
            submissions(folder),
        )


def to_csv(found: list[Mark], path: Path) -> None:
    """Write the marks, one row for each exercise; text that a spreadsheet would run is defused."""
    table = pd.DataFrame([asdict(mark) for mark in found])
    table = table.map(harmless)
    try:
        whole_file.write(path, table.to_csv(index=False, lineterminator="\n").encode())
    except OSError as error:
        raise InvalidChoice(
            f"The marks cannot be written to {path}: {error.strerror}; choose another --output."
        ) from error
