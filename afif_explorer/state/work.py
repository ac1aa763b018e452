"""The results that a view needs, and the background job that computes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

# Jobs import nothing of other packages for the first time. Two threads that do can wait for each other, and
# Python then fails one of the imports: a cell that imports plotly beside a job that imports scikit-learn,
# since both import narwhals.
import pyarrow.pandas_compat  # noqa: F401
import sklearn.compose
import sklearn.impute
import sklearn.pipeline
import sklearn.preprocessing  # noqa: F401

from afif_explorer.choices.views import VIEWS
from afif_explorer.errors import CurvatureError, DoesNotApply, SolverDiverged
from afif_explorer.jobs import Outcome
from afif_explorer.progress import report
from afif_explorer.spec import FIELDS, Spec

How = dict[str, Any]  # arguments of the study's function in addition to the spec

ALWAYS = ("data", "frame", "fitted", "points")
ON_REQUEST = ("verification", "brush")  # needed by no view until they are asked for
NEEDED = {key: view.results for key, view in VIEWS.items()}  # in addition


@dataclass(frozen=True)
class Source:
    """How a result is computed: a function of the study, its key, and the progress message.

    ``later``: it takes long, so that the other results of a view do not wait for it.
    """

    function: str
    key: str
    what: str
    later: bool = False


SOURCES = {
    "data": Source("describe", "data", "Loading the data"),
    "frame": Source("frame", "data", "Loading the data"),
    "fitted": Source("train", "fit", "Training the model"),
    "points": Source("points", "points", "Computing the effects"),
    "brush": Source("brush", "brush", "Computing the effects"),
    "removal": Source("removal", "removal", "Predicting the removal"),
    "agreement": Source("agreement", "agreement", "Comparing Fisher and Hessian"),
    "lissa": Source("lissa", "lissa", "Computing LiSSA's error"),
    "cross_validation": Source("cross_validation", "cross_validation", "Computing held-out losses"),
    "unlearning": Source("unlearning", "unlearning", "Predicting the removal"),
    "patterns": Source("patterns", "patterns", "Searching for patterns", later=True),
    "decisions": Source("decisions", "decisions", "Searching for decisive rows", later=True),
    "diagnostics": Source("diagnostics", "diagnostics", "Computing regression diagnostics"),
    "checks": Source("checks", "checks", "Checking the fit", later=True),
    "comparison": Source("comparison", "comparison", "Comparing two fits", later=True),
    "person": Source("person", "person", "Reading one row", later=True),
    "verification": Source("verify", "verification", "Retraining to check"),
}


@dataclass(frozen=True)
class Status:
    """What the background work is doing, or how it ended."""

    kind: Literal["idle", "running", "done", "failed", "cancelled"] = "idle"
    what: str = ""  # the current step
    done: int = 0
    total: int | None = None
    message: str = ""  # a message for the user: corrected settings, or an error
    again: bool = False  # the same settings may succeed at another attempt


def interrupted(outcome: Outcome, missing: bool) -> Status:
    """The status after work without a result; ``missing``: something on screen still needs one."""
    earlier = " Results shown belong to earlier settings." if missing else ""
    message = outcome.message or f"Cancelled.{earlier}"
    return Status(outcome.kind, message=message, again=outcome.again and missing)


@dataclass(eq=False)
class Arrived:
    """The result of a job: corrected settings, reasons, results, and their keys.

    A result that does not exist for the settings is None, and ``absent`` says why.
    """

    spec: Spec
    notes: tuple[str, ...]
    offered: dict[str, dict[str, Any]]
    found: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, Any] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)

    def corrections(self, asked: Spec) -> dict[str, Any]:
        """The corrected settings; the user may have changed others meanwhile."""
        settled = {name: getattr(self.spec, name) for name in FIELDS}
        return {name: v for name, v in settled.items() if v != getattr(asked, name)}


def first_of(missing: dict[str, How]) -> dict[str, How]:
    """Those computed first: the view's, then the selection's, what takes long, what a person asked for."""
    least = rank(missing)
    return {name: how for name, how in missing.items() if _rank(name, how) == least}


def rank(results: dict[str, How]) -> int:
    """The lowest rank of some results: 0 for what the view waits for."""
    return min((_rank(name, how) for name, how in results.items()), default=0)


def _rank(name: str, how: How) -> int:
    if how:
        return 3
    return 2 if SOURCES[name].later else int(name in {"removal", *ON_REQUEST})


def result_key(study: Any, name: str, spec: Spec, how: How) -> Any:
    """The key of a result: the settings it depends on, and its options."""
    return study.key(SOURCES[name].key, spec), tuple(how.items())


def fetch(
    study: Any,
    spec: Spec,
    missing: Callable[[Spec], dict[str, How]],
    offered: Callable[[Spec], dict[str, dict[str, Any]]],
) -> Arrived:
    """Correct the settings, then compute the missing results. Runs in a worker thread."""
    settled, notes = study.settle(spec)
    arrived = Arrived(settled, tuple(notes), offered(settled))
    for name, how in missing(settled).items():
        report(SOURCES[name].what, 0)
        try:
            value = getattr(study, SOURCES[name].function)(settled, **how)
        except (CurvatureError, DoesNotApply, SolverDiverged) as error:
            # A diverged result is not shown; results that don't depend on the solver are.
            value = None
            arrived.absent[name] = str(error)
        arrived.found[name] = value
        arrived.keys[name] = result_key(study, name, settled, how)
    return arrived
