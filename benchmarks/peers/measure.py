"""One measurement: a library's process runs a method on a case, and what it says is judged."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.common.environments import Failed, install, run
from benchmarks.common.problems import Truth, task_of
from benchmarks.lds.measure import by_query
from benchmarks.peers.exact import Exact
from benchmarks.peers.problems import Case
from benchmarks.peers.runs import Run

MB = 2.0**20


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        fit, seconds: until all was ready that doesn't depend on queries; in all. above: the most MB that
            were resident beside the data. pearson, error: correlation with and relative difference from
            (Frobenius, nothing is scaled) the exact answer. lds: linear datamodeling score.
        failure: why there is no more; "" if it ran.
    """

    library: str
    method: str
    precision: str
    exact: bool
    own: bool
    fit: float | None = None
    seconds: float | None = None
    above: float | None = None
    pearson: float | None = None
    error: float | None = None
    lds: float | None = None
    failure: str = ""

    @property
    def done(self) -> bool:
        return not self.failure


def measure(
    asked: Run, case: Case, truth: Truth, exact: Exact, *, limit: float, prefix: Sequence[str]
) -> Row:
    """Run it and judge it; what fails is a row that says why."""
    row = Row(asked.library, asked.method, asked.precision, asked.exact, asked.own)
    setting = case.damping if asked.setting is None else asked.setting
    with tempfile.TemporaryDirectory() as folder:
        task, found = Path(folder) / "task.npz", Path(folder) / "found.npz"
        task_of(
            case.problem, truth.theta, task, dampings=np.array([setting]), repeat=True,
            precision=asked.precision, limit=limit, steepest=exact.steepest,
        )  # fmt: skip
        try:
            install(asked.of)
            run(asked.of, asked.method, task, found, prefix)
        except Failed as error:
            return dataclasses.replace(row, failure=str(error))
        with np.load(found) as stored:
            told = {key.split(" ")[0]: stored[key] for key in stored.files}
    scores = told["effects"] * float(case.problem.rows) ** asked.rows_power
    return dataclasses.replace(
        row,
        fit=float(told["fit"]),
        seconds=float(told["seconds"]),
        above=float(told["above"]) / MB,
        **accuracy(asked, scores, case, truth, exact),
    )


def accuracy(
    asked: Run, scores: np.ndarray, case: Case, truth: Truth, exact: Exact
) -> dict[str, float | None]:
    """How near scores are to the exact ones of their curvature, and how well they foretell refits."""
    if not np.isfinite(scores).all():
        return {"pearson": None, "error": float("inf"), "lds": None}
    if asked.own:
        return compared(scores, exact.own)
    by_hessian = asked.curvature == "Hessian" and exact.hessian is not None
    lds = score(scores, case, truth)
    return compared(scores, exact.hessian if by_hessian else exact.fisher) | {"lds": lds}


def score(effects: np.ndarray | None, case: Case, truth: Truth) -> float | None:
    """The linear datamodeling score of effects, if there are any."""
    if effects is None:
        return None
    return float(by_query(effects, case.problem.kept, truth.warm).mean())


def compared(found: np.ndarray, true: np.ndarray | None) -> dict[str, float | None]:
    """Pearson's correlation over all numbers, and the relative difference; None if the truth is unknown."""
    if true is None:
        return {"pearson": None, "error": None}
    pearson = float(np.corrcoef(found.ravel(), true.ravel())[0, 1])
    return {
        "pearson": pearson,
        "error": float(np.linalg.norm(found - true) / np.linalg.norm(true)),
    }
