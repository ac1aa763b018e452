"""What a view needs, and one trip to the study for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from afif_explorer.choices.views import VIEWS
from afif_explorer.errors import CurvatureError, DoesNotApply, SolverDiverged
from afif_explorer.jobs import Outcome
from afif_explorer.progress import report
from afif_explorer.spec import FIELDS, Spec

How = dict[str, Any]  # arguments of the study's function beside the spec

ALWAYS = ("data", "frame", "fitted", "points")
NEEDED = {key: view.results for key, view in VIEWS.items()}  # beside those


@dataclass(frozen=True)
class Source:
    """Where a result comes from: a function of the study, the key it goes by, what to tell."""

    function: str
    key: str
    what: str


SOURCES = {
    "data": Source("describe", "data", "Loading the data"),
    "frame": Source("frame", "data", "Loading the data"),
    "fitted": Source("train", "fit", "Training the model"),
    "points": Source("points", "points", "Computing the effects"),
    "agreement": Source("agreement", "agreement", "Comparing Fisher and Hessian"),
    "lissa": Source("lissa", "lissa", "Computing LiSSA's error"),
    "cross_validation": Source("cross_validation", "cross_validation", "Computing held-out losses"),
    "unlearning": Source("unlearning", "unlearning", "Predicting the removal"),
    "verification": Source("verify", "verification", "Retraining to check"),
}


@dataclass(frozen=True)
class Status:
    """What the background work is doing, or how it ended."""

    kind: Literal["idle", "running", "done", "failed", "cancelled"] = "idle"
    what: str = ""  # the step that is being done
    done: int = 0
    total: int | None = None
    message: str = ""  # a sentence for people: corrected choices, or what went wrong
    again: bool = False  # trying once more, with the same choices, may help


def interrupted(outcome: Outcome, missing: bool) -> Status:
    """The status after work that has brought nothing; ``missing``: something on screen still needs it."""
    earlier = " What is shown belongs to earlier choices." if missing else ""
    message = outcome.message or f"Cancelled.{earlier}"
    return Status(outcome.kind, message=message, again=outcome.again and missing)


@dataclass(eq=False)
class Arrived:
    """What a trip brings back: corrected choices, why, results, and what they belong to.

    A result that does not exist for the choices is None, and ``absent`` says why.
    """

    spec: Spec
    notes: tuple[str, ...]
    offered: dict[str, dict[str, Any]]
    found: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, Any] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)

    def corrections(self, asked: Spec) -> dict[str, Any]:
        """The choices that had to change; the person may have changed others meanwhile."""
        settled = {name: getattr(self.spec, name) for name in FIELDS}
        return {name: v for name, v in settled.items() if v != getattr(asked, name)}


def result_key(study: Any, name: str, spec: Spec, how: How) -> Any:
    """What a result belongs to: the choices that matter to it, and how it was asked for."""
    return study.key(SOURCES[name].key, spec), tuple(how.items())


def fetch(
    study: Any,
    spec: Spec,
    missing: Callable[[Spec], dict[str, How]],
    offered: Callable[[Spec], dict[str, dict[str, Any]]],
) -> Arrived:
    """Correct the choices, then compute what is missing for them. Runs in a worker thread."""
    settled, notes = study.settle(spec)
    arrived = Arrived(settled, tuple(notes), offered(settled))
    for name, how in missing(settled).items():
        report(SOURCES[name].what, 0)
        try:
            value = getattr(study, SOURCES[name].function)(settled, **how)
        except (CurvatureError, DoesNotApply, SolverDiverged) as error:
            # Nothing unsolved is shown; what doesn't depend on the solver still is.
            value = None
            arrived.absent[name] = str(error)
        arrived.found[name] = value
        arrived.keys[name] = result_key(study, name, settled, how)
    return arrived
