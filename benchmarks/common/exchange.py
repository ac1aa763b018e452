"""Data exchange with another library's process, by NumPy archives only."""

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

MAX_MEMORY = 8 << 30  # bytes that a method may use
DEFAULTS = {"precision": "float32", "limit": 420, "repeat": False, "steepest": float("nan")}
SHORT, MAX_REPEATS = 3.0, 5  # shorter runs are repeated up to this total, at most so many times


@dataclass(frozen=True, eq=False)
class Task:
    """A trained network, its rows and the queries; curvatures are damped by ``dampings``.

    The dampings include the strength of the penalty, since most of the libraries do not support penalties;
    for methods with another parameter they are its values. ``steepest`` is the largest eigenvalue of the
    curvature, for recursions that cannot compute it. ``marks`` holds the times at which a method had
    finished the part that is independent of the queries.
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
    def query_set(self) -> TensorDataset:
        return TensorDataset(self.queries, self.answers)

    @property
    def p(self) -> int:
        """The number of parameters."""
        return sum(value.numel() for value in self.network.parameters())

    def batches(self, size: int | None = None) -> DataLoader:
        """The rows in order; in one batch by default."""
        return DataLoader(self.rows, batch_size=size or len(self.rows))

    def query_batch(self) -> DataLoader:
        """The queries in order, in one batch."""
        return DataLoader(self.query_set, batch_size=len(self.query_set))

    def fitted(self) -> None:
        """Called by a method after the part that does not depend on the queries."""
        self.marks.append(time.perf_counter())


# The setting, and its effects [rows, queries] or self-influence [rows].
Method = Callable[[Task], Iterator[tuple[str, Tensor]]]


def write(path: Path, **contents: object) -> None:
    """Write a task's archive: ``network`` (its name), ``theta``, ``X``, ``y``, ``queries``, ``answers``,
    ``dampings``, and optionally ``steepest``, ``precision``, ``limit`` (seconds) and ``repeat``."""
    np.savez(path, **(DEFAULTS | contents))


def read(path: Path) -> Task:
    """Read a task from an archive, in its precision."""
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
    """Run the method named on the command line and write its results, with run time and memory.

    Times start when the data are loaded and everything is imported. Short runs are repeated if the task
    requests it; times are then medians.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("task", type=Path)
    parser.add_argument("found", type=Path)
    parser.add_argument("method", choices=sorted(methods))
    chosen = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_DATA, (MAX_MEMORY, MAX_MEMORY))
    with np.load(chosen.task) as stored:
        limit, repeat = float(stored["limit"]), bool(stored["repeat"])
    task, method = read(chosen.task), methods[chosen.method]
    torch.randn(500, 500) @ torch.randn(500, 500)  # starts threads and allocates buffers
    signal.setitimer(signal.ITIMER_REAL, limit)  # ends the process
    found = _once(task, method, chosen.found)
    signal.setitimer(signal.ITIMER_REAL, 0)
    if repeat:
        _repeat(task, method, chosen.found, found)


def _once(task: Task, method: Method, path: Path) -> dict[str, np.ndarray]:
    """Run every setting once; each result is saved immediately, so that it remains if a later one fails."""
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


def _repeat(task: Task, method: Method, path: Path, found: dict[str, np.ndarray]) -> None:
    """Repeat a short run and replace its times by medians."""
    times = [{what: float(found[key]) for key in found if (what := key.split(" ")[0]) in TIMES}]
    while len(times) < MAX_REPEATS and sum(one["seconds"] for one in times) < SHORT:
        torch.manual_seed(0)
        task.marks.clear()
        began = time.perf_counter()
        next(method(task))
        times.append(_times(task, began))
    for key in found:
        if (what := key.split(" ")[0]) in TIMES:
            found[key] = np.median([one[what] for one in times])
    np.savez(path, **found)


TIMES = ("seconds", "fit")


def _times(task: Task, began: float) -> dict[str, float]:
    """Seconds since ``began``, in total and until everything was fitted."""
    now = time.perf_counter()
    return {"seconds": now - began, "fit": (task.marks[0] - began) if task.marks else 0.0}
