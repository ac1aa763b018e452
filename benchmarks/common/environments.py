"""Each library in its own virtual environment, created once in the user's cache folder.

None of them is a dependency of this project. torch is installed first and pinned to the version that the
project is tested with: several of the libraries would otherwise install another one.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import platformdirs

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(platformdirs.user_cache_dir("afif_explorer", appauthor=False))
SCRIPTS = "benchmarks.common.libraries"
TIMED_OUT = (-signal.SIGALRM, 128 + signal.SIGALRM)  # directly, and through a shell


@dataclass(frozen=True)
class Library:
    """A library: its requirement and the methods that are measured.

    The module in ``libraries/`` has its name. Without a requirement it is this project itself, which runs
    in the current environment.
    """

    name: str
    requirement: str
    methods: tuple[str, ...]

    @property
    def home(self) -> Path:
        return CACHE / "peers" / re.sub(r"\[.*\]|==", "-", self.requirement)

    @property
    def python(self) -> Path:
        return self.home / "bin" / "python" if self.requirement else Path(sys.executable)


OURS = Library(
    "afif_explorer",
    "",
    ("auto", "attribute by default", "lissa", "lissa by default", "ekfac", "self"),
)
LIBRARIES = (
    Library("dattri", "dattri==0.3.0", ("explicit", "arnoldi", "ekfac", "trak", "lissa", "self")),
    Library(
        "pydvl",
        "pyDVL[influence]==0.10.0",
        ("direct", "arnoldi", "nystroem", "ekfac", "cg", "lissa", "self"),
    ),
    Library("kronfluence", "kronfluence==1.0.1", ("ekfac", "kfac", "self")),
    Library("traker", "traker==0.3.2", ("trak", "trak without projection")),
    Library("captum", "captum==0.9.0", ("naive", "arnoldi", "tracin", "self")),
    Library("curvlinops", "curvlinops-for-pytorch==3.0.1", ("ggn",)),
)


class Failed(Exception):
    """A library could not be installed, or a method could not be run; the message says why."""


def install(library: Library) -> None:
    """Create the library's environment if it is missing. Raises :class:`Failed` with pip's last message."""
    done = library.home / "installed"
    if not library.requirement or done.exists():
        return
    torch = re.search(r"^torch==\S+", (ROOT / "constraints.txt").read_text(), re.MULTILINE).group()
    _run([sys.executable, "-m", "venv", "--clear", str(library.home)])
    fixed = library.home / "torch.txt"
    fixed.write_text(torch + "\n")
    for requirement in (torch, library.requirement):
        _run([str(library.python), "-m", "pip", "install", "-q", "-c", str(fixed), requirement])
    done.touch()


def run(
    library: Library,
    method: str,
    task: Path,
    found: Path,
    prefix: Sequence[str] = (),
) -> None:
    """Run a method on a task of :mod:`benchmarks.common.exchange`, in its own process.

    ``prefix`` is put before the command. Raises :class:`Failed`, also at the task's time limit.
    """
    script = f"{SCRIPTS}.{library.name}"
    _run([*prefix, str(library.python), "-m", script, str(task), str(found), method])


def _run(command: list[str]) -> None:
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if ended.returncode:
        if ended.returncode in TIMED_OUT:
            raise Failed("not finished within the time limit")
        if "can't allocate memory" in ended.stderr or "MemoryError" in ended.stderr:
            raise Failed("needs more than 8 GiB of memory")
        lines = [line for line in ended.stderr.strip().splitlines() if line.strip()]
        raise Failed(lines[-1][:160] if lines else f"ended with status {ended.returncode}")
