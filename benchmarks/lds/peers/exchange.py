"""What goes into another library's process and what comes back: NumPy archives, nothing else."""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.lds.networks import build, set_parameters

MEMORY = 8 << 30  # bytes that a method may take


@dataclass(frozen=True, eq=False)
class Task:
    """A trained network, its rows and the queries, in float32; curvatures are damped by ``dampings``.

    The dampings hold the strength of the penalty, so that a library that knows no penalties damps by as
    much as the penalty bends.
    """

    network: nn.Module
    X: Tensor
    y: Tensor
    queries: Tensor
    answers: Tensor
    dampings: tuple[float, ...]

    @property
    def rows(self) -> TensorDataset:
        return TensorDataset(self.X, self.y)

    @property
    def asked(self) -> TensorDataset:
        return TensorDataset(self.queries, self.answers)

    def batches(self, size: int | None = None) -> DataLoader:
        """The rows in order; all at once if no size is given."""
        return DataLoader(self.rows, batch_size=size or len(self.rows))

    def asked_at_once(self) -> DataLoader:
        """The queries in order, in one batch."""
        return DataLoader(self.asked, batch_size=len(self.asked))


Method = Callable[[Task], Iterator[tuple[str, Tensor]]]  # setting and effects [rows, queries]


def read(path: Path) -> Task:
    """The task of an archive."""
    with np.load(path) as stored:
        network = build(str(stored["network"]), stored["X"].shape[1])
        set_parameters(network, torch.as_tensor(stored["theta"]))
        X, y, queries, answers = (
            torch.as_tensor(stored[name]) for name in ("X", "y", "queries", "answers")
        )
        dampings = tuple(stored["dampings"].tolist())
    return Task(network.eval(), X.float(), y.long(), queries.float(), answers.long(), dampings)


def serve(methods: Mapping[str, Method]) -> None:
    """Run the method that the command line names and write what it finds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("task", type=Path)
    parser.add_argument("found", type=Path)
    parser.add_argument("method", choices=sorted(methods))
    chosen = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    torch.manual_seed(0)
    found: dict[str, np.ndarray] = {}
    began = time.perf_counter()
    for setting, effects in methods[chosen.method](read(chosen.task)):
        found[f"effects {setting}"] = effects.detach().double().cpu().numpy()
        found[f"seconds {setting}"] = np.array(time.perf_counter() - began)
        np.savez(chosen.found, **found)  # what is there counts if a later setting fails
        began = time.perf_counter()
