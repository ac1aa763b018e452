"""One submitted notebook: which lesson it is, its run in a process of its own, and its marks."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from afif_explorer import exercises
from afif_explorer.datasets.catalogue import originals
from afif_explorer.errors import AfifError, DataError
from afif_explorer.exercises.answers import Flat
from afif_explorer.exercises.exercise import Exercise
from afif_explorer.exercises.verdict import UNANSWERED, Verdict
from afif_explorer.grading.child import ANSWERS, CELLS, READY

LARGEST = 50_000_000  # bytes of a notebook, and of the answers that it gives
_CALL = re.compile(r"exercises\.check\(\s*[\"'](\d\d)\.\d+[\"']")
_PLACE = Path(__file__).resolve().parents[2]  # where the package lies, also if it is not installed
_START = "import sys; sys.path.insert(0, {place!r}); from afif_explorer.grading import child; child.main()"
_KEPT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT", "AFIF_MEMORY", "AFIF_DEVICE")
_START_SECONDS = 120.0
_SHOWN = 80  # characters of an answer in the table


@dataclass(frozen=True)
class Mark:
    """What one exercise of a submission is worth.

    Attributes:
        submission: the file, relative to the folder that is graded. lesson, exercise: which.
        result: "right", "wrong", "open" (not answered), or "failed" (the notebook could not be run).
        points: earned; of: what could be. answer: as it was given, shortened. message: the hint or fault.
        seconds: that the whole notebook ran.
    """

    submission: str
    lesson: str
    exercise: str
    result: str
    points: float
    of: float
    answer: str
    message: str
    seconds: float


@dataclass(frozen=True)
class _Run:
    """What the process of a submission left behind."""

    answers: dict[str, Any]
    errors: tuple[str, ...]
    fault: str | None
    seconds: float


def grade(path: Path, name: str, *, limit: float) -> list[Mark]:
    """The marks of a submission, one for each exercise of its lesson; a single "failed" one if there is none.

    Args:
        path: the notebook. name: what to call it. limit: seconds that all its cells may take.
    """
    try:
        cells = _code(path)
        number = _lesson(cells)
    except AfifError as error:
        return [Mark(name, "", "", "failed", 0, 0, "", str(error), 0.0)]
    todo = exercises.lesson(number)
    run = _run(cells, [one.variable for one in todo], limit)
    return [_mark(name, one, run) for one in todo]


def _code(path: Path) -> list[str]:
    """The code cells of a notebook."""
    try:
        if path.stat().st_size > LARGEST:
            raise DataError(f"The notebook is larger than {LARGEST // 10**6} MB.")
        cells = json.loads(path.read_bytes())["cells"]
        return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(
            f"This is not a notebook that can be read ({type(error).__name__})."
        ) from None


def _lesson(cells: list[str]) -> str:
    """The lesson whose exercises a notebook checks."""
    found = {number for cell in cells for number in _CALL.findall(cell)}
    known = sorted(found & set(exercises.numbers()))
    if len(known) != 1:
        raise DataError("The notebook checks the exercises of no lesson, or of several.")
    return known[0]


def _run(cells: list[str], names: list[str], limit: float) -> _Run:
    """Run the cells in a process and a folder of their own, at most ``limit`` seconds."""
    with tempfile.TemporaryDirectory(prefix="afif-grade-", ignore_cleanup_errors=True) as place:
        folder = Path(place)
        (folder / CELLS).write_text(json.dumps({"cells": cells, "names": names}), encoding="utf-8")
        start = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-I", "-c", _START.format(place=str(_PLACE)), place],
            cwd=place,
            env=_environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        fault = None
        try:
            _await_start(process, folder / READY)
            process.wait(timeout=limit)
        except subprocess.TimeoutExpired:
            fault = f"The notebook took more than {limit:g} seconds and was stopped."
        finally:
            _end(process)
        seconds = time.perf_counter() - start
        told = _told(folder / ANSWERS)
        if fault is None and told["finished"] < len(cells):
            fault = "The notebook ended its process."
        return _Run(told["answers"], tuple(told["errors"]), fault, seconds)


def _await_start(process: subprocess.Popen[bytes], ready: Path) -> None:
    """Wait until the process has loaded what every lesson needs; that is not the submission's time."""
    last = time.monotonic() + _START_SECONDS
    while process.poll() is None and not ready.exists() and time.monotonic() < last:
        time.sleep(0.05)


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of the teacher's environment but what running needs."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    place = str(folder)
    return kept | {
        exercises.GRADING: "1",
        "HOME": place,
        "TMPDIR": place,
        "XDG_CACHE_HOME": place,
        "IPYTHONDIR": place,
        "MPLCONFIGDIR": place,
        "MPLBACKEND": "Agg",
        "OMP_WAIT_POLICY": "passive",
        originals.HOME_VARIABLE: str(originals.home_folder() or originals.cache_folder()),
    }


def _end(process: subprocess.Popen[bytes]) -> None:
    """Stop the process and all that it started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _told(path: Path) -> dict[str, Any]:
    """The answers that the process wrote; none if what it wrote cannot be read."""
    nothing: dict[str, Any] = {"answers": {}, "errors": [], "finished": 0}
    try:
        if path.is_symlink() or path.stat().st_size > LARGEST:
            return nothing
        found = json.loads(path.read_bytes())
        return {
            "answers": dict(found["answers"]),
            "errors": [str(one) for one in found["errors"]],
            "finished": int(found["finished"]),
        }
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return nothing


def _mark(name: str, exercise: Exercise, run: _Run) -> Mark:
    told = run.answers.get(exercise.variable)
    verdict, shown = Verdict(None, UNANSWERED), ""
    if isinstance(told, dict):
        flat = Flat.from_json(told)
        shown = ", ".join(map(str, flat.values))[:_SHOWN]
        verdict = exercise.mark(flat)
    result = {True: "right", False: "wrong", None: "open"}[verdict.passed]
    message = verdict.message
    if result == "open" and (run.fault or run.errors):
        result = "failed"
        message = run.fault or f"Not answered; the first error was in {run.errors[0]}"
    points = exercise.points if verdict.passed else 0
    return Mark(
        name,
        exercise.id.split(".")[0],
        exercise.id,
        result,
        points,
        exercise.points,
        shown,
        message,
        round(run.seconds, 1),
    )
