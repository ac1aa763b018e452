"""What goes into another library's process and what comes back: NumPy archives, nothing else."""

from __future__ import annotations

import argparse
import resource
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.common import resident
from benchmarks.common.networks import build, set_parameters

MEMORY = 8 << 30  # bytes that a method may take
DEFAULTS = {"precision": "float32", "limit": 420, "repeat": False, "steepest": float("nan")}
SHORT, MOST = 3.0, 5  # what is done sooner is repeated until then, so many times at most


@dataclass(frozen=True, eq=False)
class Task:
    """A trained network, its rows and the queries; curvatures are damped by ``dampings``.

    The dampings hold the strength of the penalty, so that a library that knows no penalties damps by as
    much as the penalty bends; for methods that have something else to choose they are its values.
    ``steepest`` is the largest eigenvalue of the curvature, for recursions that can't find it. ``marks``
    keeps when a method had done what all queries share.
    """

    name: str
    network: nn.Module
    X: Tensor
    y: Tensor
    queries: Tensor
    answers: Tensor
    dampings: tuple[float, ...]
    steepest: float = float("nan")
    marks: list[float] = field(default_factory=list)

    @property
    def rows(self) -> TensorDataset:
        return TensorDataset(self.X, self.y)

    @property
    def asked(self) -> TensorDataset:
        return TensorDataset(self.queries, self.answers)

    @property
    def p(self) -> int:
        """The number of parameters."""
        return sum(value.numel() for value in self.network.parameters())

    def batches(self, size: int | None = None) -> DataLoader:
        """The rows in order; all at once if no size is given."""
        return DataLoader(self.rows, batch_size=size or len(self.rows))

    def asked_at_once(self) -> DataLoader:
        """The queries in order, in one batch."""
        return DataLoader(self.asked, batch_size=len(self.asked))

    def fitted(self) -> None:
        """To be called by a method when it has done what doesn't depend on the queries."""
        self.marks.append(time.perf_counter())


# Setting and what was found: effects [rows, queries], or one number for each row [rows].
Method = Callable[[Task], Iterator[tuple[str, Tensor]]]


def write(path: Path, **contents: object) -> None:
    """Make a task's archive: ``network`` (its name), ``theta``, ``X``, ``y``, ``queries``, ``answers``,
    ``dampings``, and if wished ``steepest``, ``precision``, ``limit`` (seconds) and ``repeat``."""
    np.savez(path, **(DEFAULTS | contents))


def read(path: Path) -> Task:
    """The task of an archive, in its precision."""
    with np.load(path) as stored:
        dtype = getattr(torch, str(stored["precision"]))
        network = build(str(stored["network"]), stored["X"].shape[1]).to(dtype)
        set_parameters(network, torch.as_tensor(stored["theta"]))
        X, queries = (torch.as_tensor(stored[name]).to(dtype) for name in ("X", "queries"))
        y, answers = (torch.as_tensor(stored[name]).long() for name in ("y", "answers"))
        dampings = tuple(stored["dampings"].tolist())
        name, steepest = str(stored["network"]), float(stored["steepest"])
    return Task(name, network.eval(), X, y, queries, answers, dampings, steepest)


def serve(methods: Mapping[str, Method]) -> None:
    """Run the method that the command line names and write what it finds, with seconds and memory.

    Times start when the data are there and everything is imported. What is short is repeated if the
    task wishes; its times are then medians.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("task", type=Path)
    parser.add_argument("found", type=Path)
    parser.add_argument("method", choices=sorted(methods))
    chosen = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    with np.load(chosen.task) as stored:
        limit, repeat = float(stored["limit"]), bool(stored["repeat"])
    task, method = read(chosen.task), methods[chosen.method]
    torch.randn(500, 500) @ torch.randn(500, 500)  # the threads and buffers of the product
    signal.setitimer(signal.ITIMER_REAL, limit)  # ends the process
    found = _once(task, method, chosen.found)
    signal.setitimer(signal.ITIMER_REAL, 0)
    if repeat:
        _again(task, method, chosen.found, found)


def _once(task: Task, method: Method, path: Path) -> dict[str, np.ndarray]:
    """Every setting once; what is there is written at once, and counts if a later one fails."""
    found: dict[str, np.ndarray] = {}
    torch.manual_seed(0)
    start = resident.now()
    resident.forget_peak()
    task.marks.clear()
    began = time.perf_counter()
    for setting, effects in method(task):
        found |= {f"{what} {setting}": np.array(x) for what, x in _times(task, began).items()}
        found[f"above {setting}"] = np.array(resident.peak() - start)
        found[f"effects {setting}"] = effects.detach().double().cpu().numpy()
        np.savez(path, **found)
        task.marks.clear()
        began = time.perf_counter()
    return found


def _again(task: Task, method: Method, path: Path, found: dict[str, np.ndarray]) -> None:
    """More runs of something short: its times become medians."""
    times = [{what: float(found[key]) for key in found if (what := key.split(" ")[0]) in TIMES}]
    while len(times) < MOST and sum(one["seconds"] for one in times) < SHORT:
        torch.manual_seed(0)
        task.marks.clear()
        began = time.perf_counter()
        next(method(task))  # and let go of
        times.append(_times(task, began))
    for key in found:
        if (what := key.split(" ")[0]) in TIMES:
            found[key] = np.median([one[what] for one in times])
    np.savez(path, **found)


TIMES = ("seconds", "fit")


def _times(task: Task, began: float) -> dict[str, float]:
    """Seconds since then, and those of them until everything was fitted."""
    now = time.perf_counter()
    return {"seconds": now - began, "fit": (task.marks[0] - began) if task.marks else 0.0}
