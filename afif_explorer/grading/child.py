"""The process of one submission: runs the cells of a notebook and writes down its answers after each.

Started by :mod:`afif_explorer.grading.submission` with a folder that holds ``cells.json``; the answers
go to ``answers.json`` there. Cells run as in Jupyter, magics included, and the next one runs after an
error, so that one broken cell costs one exercise.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from afif_explorer import whole_file
from afif_explorer.exercises.answers import flatten
from afif_explorer.grading.guard import confine

CELLS, READY, ANSWERS = "cells.json", "ready", "answers.json"
_TEXT = 500  # characters of an error that are kept


def main() -> None:
    """Run the notebook in the folder given on the command line."""
    folder = Path(sys.argv[1]).resolve()
    told = json.loads((folder / CELLS).read_bytes())
    os.chdir(folder)
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance(history_manager=None, colors="nocolor")
    shell.user_ns["__name__"] = "__main__"
    _load()
    confine(folder)
    (folder / READY).touch()
    errors: list[str] = []
    for count, cell in enumerate(told["cells"], start=1):
        result = shell.run_cell(cell, store_history=False)
        failed = result.error_before_exec or result.error_in_exec
        if failed is not None:
            errors.append(f"cell {count}: {type(failed).__name__}: {failed}"[:_TEXT])
        _write(folder / ANSWERS, shell.user_ns, told["names"], errors, finished=count)


def _load() -> None:
    """Import what every lesson uses, so that it does not count as the submission's time."""
    import afif_explorer.analysis.rows.attribution
    import afif_explorer.exercises  # noqa: F401


def _write(
    path: Path, names: dict[str, Any], wanted: list[str], errors: list[str], *, finished: int
) -> None:
    """What the answers are now, in one piece."""
    answers = {}
    for name in wanted:
        flat = flatten(names.get(name))
        answers[name] = None if flat is None else flat.to_json()
    told = {"answers": answers, "errors": errors, "finished": finished}
    whole_file.write(path, json.dumps(told, default=str).encode())


if __name__ == "__main__":
    main()
