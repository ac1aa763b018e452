"""Other libraries' effects of every row on every query's loss."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.common.environments import Failed, Library, run
from benchmarks.common.problems import Problem, Refits, task_of
from benchmarks.lds.ours import Scores

METHODS = {
    "dattri": ("explicit", "arnoldi", "ekfac", "trak"),
    "pydvl": ("direct", "arnoldi", "nystroem", "ekfac"),
    "kronfluence": ("ekfac", "kfac"),
    "traker": ("trak", "trak without projection"),
}
TRAK_RIDGES = (0.01, 0.1, 1.0, 10.0, 100.0)  # in TRAK's own units
HEURISTIC = float("nan")  # kronfluence's default: a tenth of the mean eigenvalue


def scores_of(
    library: Library, method: str, problem: Problem, refits: Refits, dampings: tuple[float, ...]
) -> Iterator[Scores]:
    """The effects of a library's method on a problem, for every setting that worked.

    Raises :class:`Failed` if none did.
    """
    settings = [damping + problem.strength for damping in dampings]
    if method.startswith("trak"):
        settings = list(TRAK_RIDGES)
    elif library.name == "kronfluence":
        settings.append(HEURISTIC)
    with tempfile.TemporaryDirectory() as folder:
        task, found = Path(folder) / "task.npz", Path(folder) / "found.npz"
        task_of(problem, refits.theta, task, dampings=np.array(settings))
        try:
            run(library, method, task, found)
        except Failed:
            if not found.exists():
                raise
        with np.load(found) as stored:
            for key in stored.files:
                if key.startswith("effects "):
                    setting = key.removeprefix("effects ")
                    seconds = float(stored[f"seconds {setting}"])
                    yield Scores(library.name, method, setting, stored[key], seconds)
