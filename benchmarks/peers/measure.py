"""One measurement: a library runs a method on a case in its own process, and the result is evaluated."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.common import environments
from benchmarks.common.environments import Failed
from benchmarks.common.problems import Refits, task_of
from benchmarks.lds.measure import by_query
from benchmarks.peers.exact import Exact
from benchmarks.peers.problems import Case
from benchmarks.peers.runs import Run

MB = 2.0**20


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        fit, seconds: seconds of the part that does not depend on queries, and in total. above: peak
            resident memory in addition to the data, in MB. pearson, error: correlation with and relative
            difference from (Frobenius norm, without scaling) the exact result. lds: linear datamodeling
            score. failure: why there are no results; "" if it ran.
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
    run: Run, case: Case, refits: Refits, exact: Exact, *, limit: float, prefix: Sequence[str]
) -> Row:
    """Run and evaluate it; a failure becomes a row with the reason."""
    row = Row(run.library, run.method, run.precision, run.exact, run.own)
    setting = case.damping if run.setting is None else run.setting
    with tempfile.TemporaryDirectory() as folder:
        task, found = Path(folder) / "task.npz", Path(folder) / "found.npz"
        task_of(
            case.problem, refits.theta, task, dampings=np.array([setting]), repeat=True,
            precision=run.precision, limit=limit, steepest=exact.steepest,
        )  # fmt: skip
        try:
            environments.install(run.of)
            environments.run(run.of, run.method, task, found, prefix)
        except Failed as error:
            return dataclasses.replace(row, failure=str(error))
        with np.load(found) as stored:
            result = {key.split(" ")[0]: stored[key] for key in stored.files}
    scores = result["effects"] * float(case.problem.rows) ** run.rows_power
    return dataclasses.replace(
        row,
        fit=float(result["fit"]),
        seconds=float(result["seconds"]),
        above=float(result["above"]) / MB,
        **accuracy(run, scores, case, refits, exact),
    )


def accuracy(
    run: Run, scores: np.ndarray, case: Case, refits: Refits, exact: Exact
) -> dict[str, float | None]:
    """Accuracy relative to the exact scores for the same curvature, and LDS relative to refits."""
    if not np.isfinite(scores).all():
        return {"pearson": None, "error": float("inf"), "lds": None}
    if run.own:
        return compared(scores, exact.own)
    by_hessian = run.curvature == "Hessian" and exact.hessian is not None
    lds = score(scores, case, refits)
    return compared(scores, exact.hessian if by_hessian else exact.fisher) | {"lds": lds}


def score(effects: np.ndarray | None, case: Case, refits: Refits) -> float | None:
    """The linear datamodeling score of effects; None without effects."""
    if effects is None:
        return None
    return float(by_query(effects, case.problem.kept, refits.warm).mean())


def compared(found: np.ndarray, true: np.ndarray | None) -> dict[str, float | None]:
    """Pearson's correlation and the relative difference over all values; None without exact ones."""
    if true is None:
        return {"pearson": None, "error": None}
    pearson = float(np.corrcoef(found.ravel(), true.ravel())[0, 1])
    return {
        "pearson": pearson,
        "error": float(np.linalg.norm(found - true) / np.linalg.norm(true)),
    }
