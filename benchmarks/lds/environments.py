"""Each library in a virtual environment of its own, made once and kept in the user's cache folder.

None of them is a dependency of this project. torch comes first and stays at the version that the project
is tested with: several of the libraries would otherwise bring another one.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.lds.ours import Scores
from benchmarks.lds.problems import CACHE, Problem, Truth

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 420  # seconds that one method of a library may take on one problem


@dataclass(frozen=True)
class Library:
    """A library: what to install and the methods that are run; the module in ``peers/`` has its name."""

    name: str
    requirement: str
    methods: tuple[str, ...]

    @property
    def home(self) -> Path:
        return CACHE.parent / "peers" / re.sub(r"\[.*\]|==", "-", self.requirement)

    @property
    def python(self) -> Path:
        return self.home / "bin" / "python"


LIBRARIES = (
    Library("dattri", "dattri==0.3.0", ("explicit", "arnoldi", "ekfac", "trak")),
    Library("pydvl", "pyDVL[influence]==0.10.0", ("direct", "arnoldi", "nystroem", "ekfac")),
    Library("kronfluence", "kronfluence==1.0.1", ("ekfac", "kfac")),
    Library("traker", "traker==0.3.2", ("trak", "trak without projection")),
)


class Failed(Exception):
    """A library could not be installed, or a method could not be run; the words say why."""


def install(library: Library) -> None:
    """Make the library's environment if it is not there. Raises :class:`Failed` with pip's last word."""
    done = library.home / "installed"
    if done.exists():
        return
    torch = re.search(r"^torch==\S+", (ROOT / "constraints.txt").read_text(), re.MULTILINE).group()
    _run([sys.executable, "-m", "venv", "--clear", str(library.home)])
    fixed = library.home / "torch.txt"
    fixed.write_text(torch + "\n")
    for wanted in (torch, library.requirement):
        _run([str(library.python), "-m", "pip", "install", "-q", "-c", str(fixed), wanted])
    done.touch()


def scores_of(
    library: Library, method: str, problem: Problem, truth: Truth, dampings: tuple[float, ...]
) -> Iterator[Scores]:
    """What a library's method says about a problem, at every setting that worked.

    Raises :class:`Failed` if none did.
    """
    with tempfile.TemporaryDirectory() as folder:
        task, found = Path(folder) / "task.npz", Path(folder) / "found.npz"
        X, y, queries, answers = problem.data
        np.savez(
            task, network=problem.name, theta=truth.theta, X=X, y=y, queries=queries,
            answers=answers, dampings=np.array(dampings) + problem.strength,
        )  # fmt: skip
        module = f"benchmarks.lds.peers.{library.name}"
        try:
            _run([str(library.python), "-m", module, str(task), str(found), method], PATIENCE)
        except Failed:
            if not found.exists():
                raise
        with np.load(found) as stored:
            for key in stored.files:
                if key.startswith("effects "):
                    setting = key.removeprefix("effects ")
                    seconds = float(stored[f"seconds {setting}"])
                    yield Scores(library.name, method, setting, stored[key], seconds)


def _run(command: list[str], patience: int | None = None) -> None:
    try:
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=patience)
    except subprocess.TimeoutExpired as error:
        raise Failed(f"not done in {patience} s") from error
    if ended.returncode:
        if "can't allocate memory" in ended.stderr or "MemoryError" in ended.stderr:
            raise Failed("needs more than 8 GiB of memory")
        words = [line for line in ended.stderr.strip().splitlines() if line.strip()]
        raise Failed(words[-1][:160] if words else f"ended with status {ended.returncode}")
