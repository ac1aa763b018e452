"""``Explorer``: choices in, results out. One object for each session; it knows no toolkit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any, Unpack

import numpy as np
import pandas as pd
import param

from afif_explorer import results, study
from afif_explorer.choices import label
from afif_explorer.choices.rules import RULES
from afif_explorer.datasets import Dataset
from afif_explorer.errors import AfifError, InvalidChoice
from afif_explorer.jobs import Jobs, Outcome
from afif_explorer.progress import Step
from afif_explorer.spec import FIELDS, Spec
from afif_explorer.state import recipe, ruled, words
from afif_explorer.state.options import ExplorerOptions
from afif_explorer.state.selection import Selection
from afif_explorer.state.work import (
    ALWAYS,
    NEEDED,
    SOURCES,
    Arrived,
    How,
    Status,
    fetch,
    result_key,
)

# Begin anew with other data, and with another sensitive column.
_OF_THE_DATA = (
    "model", "sensitive", "favourable", "pair", "row", "selected", "primary", "scale", "depth",
)  # fmt: skip
_OF_THE_GROUPS = ("pair",)


def _result(kind: type, doc: str) -> param.ClassSelector:
    return param.ClassSelector(class_=kind, default=None, allow_None=True, constant=True, doc=doc)


class Explorer(Selection):
    """Settings, results and selection of one session. Work runs in the background, as ``view`` needs it.

    Args:
        dataset: a name of the catalogue. data: a :class:`~afif_explorer.datasets.Dataset` instead.
        schedule: called with each function that delivers something; None: call it in the worker's thread.
        jobs, study: the pool and the functions that do the work; the shared ones by default.
        choices: any other field of :class:`~afif_explorer.spec.Spec`.

    >>> import afif_explorer as ax
    >>> explorer = ax.Explorer("hiring", strength=1e-2)
    >>> explorer.await_idle(timeout=120), explorer.points.ids.shape, explorer.close()
    (True, (1400,), None)
    """

    data = _result(results.DataSummary, "The data set as a person meets it.")
    frame = _result(pd.DataFrame, "The raw training rows; the index holds the row ids.")
    fitted = _result(results.FitSummary, "What training reached.")
    points = _result(results.Points, "Every training row with its effect; None if diverged.")
    agreement = _result(results.Agreement, "Effects under the Fisher beside those of the Hessian.")
    lissa = _result(results.LissaReport, "LiSSA at this scale and depth, and over both.")
    cross_validation = _result(results.CrossValidationReport, "Losses of rows that are held out.")
    unlearning = _result(results.Unlearning, "What the removal of rows does.")
    verification = _result(results.Verification, "Predicted beside retrained; after verify().")

    status = param.ClassSelector(class_=Status, default=Status(), instantiate=False, constant=True)
    stale = param.Boolean(default=False, constant=True, doc="Shown results are of older choices.")

    def __init__(
        self,
        dataset: str | None = None,
        *,
        data: Dataset | None = None,
        schedule: Callable[[Callable[[], None]], Any] | None = None,
        jobs: Jobs | None = None,
        study: Any = study,
        **choices: Unpack[ExplorerOptions],
    ) -> None:
        self._study = study
        self._jobs = jobs or shared_jobs()
        self._schedule = schedule or (lambda deliver: deliver())
        self._ticket: object | None = None  # of the newest request; what comes with another is old
        self._running: dict[str, Any] | None = None  # what the job under way brings: result -> key
        self._idle = threading.Event()
        self._shown: dict[str, Any] = {}  # result -> key of the choices that it belongs to
        self._absent: dict[str, str] = {}  # result that is known not to exist -> why
        self._asked: dict[str, tuple[Any, How]] = {}  # result -> key, how it is wanted
        self._taking: set[str] = set()  # to be taken over from the rule once it is known
        self._quiet = False
        name = study.add_dataset(data) if data is not None else dataset
        super().__init__(**({"dataset": name} if name else {}), **choices)
        self.param.watch(self._changed, list(FIELDS))
        self._set(offered=self._offered(None))
        self._request()

    @property
    def known_rows(self) -> np.ndarray | None:
        """The ids of the training rows; None until the data that are chosen are there."""
        here = self._study.key("data", self.spec)
        of_frame, _ = self._shown.get("frame", (None, None))
        if self._quiet or self.frame is None or of_frame != here:
            return None
        return self.frame.index.to_numpy()

    # ---- choices -------------------------------------------------------------------------------

    def apply(self, spec: Spec) -> None:
        """Take over all choices of ``spec`` at once (a link, a saved state)."""
        with self._lock:
            self._set(**{name: getattr(spec, name) for name in FIELDS})
            self._request()

    def is_auto(self, name: str) -> bool:
        """Whether ``name`` (LiSSA's "scale", "depth" or "batch_size") is left to the rule."""
        return getattr(self, name) is None and name not in self._taking

    def effective_value(self, name: str) -> float | None:
        """That setting as chosen, or what the rule took as far as a result tells."""
        chosen = getattr(self, name)
        return ruled.found(name, self.lissa, self.points) if chosen is None else chosen

    def pin(self, name: str) -> None:
        """Choose for that setting what the rule took; if that is being worked out, once it is known."""
        with self._lock:
            if self.status.kind == "running" and (self.stale or self.effective_value(name) is None):
                self._taking.add(name)
            else:
                self.param.update(**{name: self._taken(name)})

    def set_auto(self, name: str) -> None:
        """Let the rule choose that setting."""
        with self._lock:
            self._taking.discard(name)
            self.param.update(**{name: None})

    def _taken(self, name: str) -> float:
        parameter = self.param[name]
        value = ruled.rounded(self.effective_value(name), parameter.get_soft_bounds())
        return round(value) if isinstance(parameter, param.Integer) else value

    def _changed(self, *events: param.parameterized.Event) -> None:
        if self._quiet:
            return
        with self._lock:
            changed = {event.name for event in events}
            self._taking -= changed
            afresh: set[str] = set()
            if "dataset" in changed:
                self._taking.clear()
                afresh.update(_OF_THE_DATA)
            if "sensitive" in changed:
                afresh.update(_OF_THE_GROUPS)
            self._set(**{name: self.param[name].default for name in afresh - changed})
            self._request()

    def _set(self, **values: Any) -> None:
        """Set parameters, constant ones too, without starting any work."""
        before, self._quiet = self._quiet, True
        closed = [one for one in map(self.param.__getitem__, values) if one.constant]
        try:
            for one in closed:
                one.constant = False
            self.param.update(**values)
        finally:
            for one in closed:
                one.constant = True
            self._quiet = before

    def _offered(self, spec: Spec | None) -> dict[str, dict[str, Any]]:
        offered = self._study.offered(spec)
        return {
            field: dict(values)
            if isinstance(values, Mapping)
            else {label(field, value): value for value in values}
            for field, values in offered.items()
        }

    # ---- work ----------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Work out what is missing for the current choices (after a cancel or a failure)."""
        with self._lock:
            self._request()

    def run_lissa(self) -> None:
        """Run the true mini-batch LiSSA beside the predicted mean."""
        self._ask("lissa", run=True)

    def check_cross_validation(self) -> None:
        """Refit without each of some random rows, at three strengths of the penalty."""
        self._ask("cross_validation", checked=True)

    def verify(self, random: int = 20, top: int = 20, selected: bool = True) -> None:
        """Retrain without each of some rows and compare with the predictions.

        Random rows, those with the largest effects and, if ``selected``, the first 50 selected.
        """
        rows = self.selected[:50] if selected else ()
        self._ask("verification", random=random, top=top, selected=rows)

    def retrain(self) -> None:
        """Retrain without the removed rows, and at every step of the sweep."""
        self._ask("unlearning", retrained=True)

    def cancel(self) -> None:
        """Stop the work that is under way; what is shown stays."""
        with self._lock:
            self._asked = {
                name: (key, how)
                for name, (key, how) in self._asked.items()
                if self._shown.get(name) == (key, tuple(how.items()))
            }
        self._jobs.cancel(self)

    def close(self) -> None:
        """Stop all work and deliver nothing any more."""
        with self._lock:
            self._ticket = self._running = None
            self._idle.set()
        self._jobs.cancel(self)

    def await_idle(self, timeout: float | None = None) -> bool:
        """Wait until nothing is under way; whether that was so within ``timeout`` seconds."""
        return self._idle.wait(timeout)

    def _ask(self, name: str, **how: Any) -> None:
        with self._lock:
            self._asked[name] = (self._study.key(name, self.spec), how)
            self._request()

    def _wanted(self, spec: Spec) -> dict[str, How]:
        """The results that should be there for ``spec``, and how each is to be made."""
        wanted: dict[str, How] = {n: {} for n in (*ALWAYS, *NEEDED[spec.view])}
        for name, (key, how) in self._asked.items():
            if key == self._study.key(name, spec) and (name in wanted or name == "verification"):
                wanted[name] = how
        return wanted

    def _missing(self, spec: Spec) -> dict[str, How]:
        return {
            name: how
            for name, how in self._wanted(spec).items()
            if self._shown.get(name) != self._key(name, spec, how)
        }

    def _next(self, spec: Spec) -> dict[str, How]:
        """What one job brings: first what every view has, then what was asked for beside it."""
        missing = self._missing(spec)
        return {name: how for name, how in missing.items() if not how} or missing

    def _key(self, name: str, spec: Spec, how: How) -> Any:
        return result_key(self._study, name, spec, how)

    def _request(self) -> None:
        """Start the work for the current choices, unless everything is there."""
        try:
            spec = self.spec
        except AfifError as error:
            self._stop(Status("failed", message=str(error)))
            return
        batch = self._next(spec)
        if not batch:
            self._stop(self._ended(spec), stale=False)
            return
        brings = {name: self._key(name, spec, how) for name, how in batch.items()}
        if brings == self._running or self._still_useful(spec):
            return
        self._running = brings
        self._ticket = ticket = object()
        self._idle.clear()
        stale = any(name in self._shown for name in batch)
        self._set(stale=stale, status=Status("running", what="Starting"))
        self._jobs.submit(
            self,
            partial(self._work, spec),
            on_step=lambda step: self._deliver(ticket, partial(self._progress, step)),
            on_end=lambda outcome: self._deliver(ticket, partial(self._arrive, spec, outcome)),
        )

    def _still_useful(self, spec: Spec) -> bool:
        """Whether all that the job under way brings is wanted first, whatever comes after it."""
        wanted = self._wanted(spec)
        return bool(self._running) and all(
            name in wanted and key == self._key(name, spec, {})
            for name, key in (self._running or {}).items()
        )

    def _stop(self, status: Status, **values: Any) -> None:
        """Nothing is left to do for the current choices."""
        self._ticket = self._running = None
        self._jobs.cancel(self)
        self._set(status=status, **values)
        self._idle.set()

    def _work(self, spec: Spec) -> Arrived:
        def missing(settled: Spec) -> dict[str, How]:
            with self._lock:
                return self._next(settled)

        return fetch(self._study, spec, missing, self._offered)

    def _deliver(self, ticket: object, act: Callable[[], None]) -> None:
        def now() -> None:
            with self._lock:
                if ticket is self._ticket:
                    act()

        if ticket is self._ticket:
            self._schedule(now)

    def _progress(self, step: Step) -> None:
        self._set(status=Status("running", step.what, step.done, step.total))

    def _arrive(self, asked: Spec, outcome: Outcome) -> None:
        self._running = None
        taking, self._taking = self._taking, set()
        if outcome.kind != "done":
            message = outcome.message or "Cancelled. What is shown belongs to earlier choices."
            self._stop(Status(outcome.kind, message=message))
            return
        arrived: Arrived = outcome.value
        self._shown |= arrived.keys
        self._absent = {
            name: why for name, why in self._absent.items() if name not in arrived.found
        } | arrived.absent
        self._set(
            offered=arrived.offered,
            stale=False,
            status=self._ended(arrived.spec, arrived.notes),
            **arrived.corrections(asked),
            **self._outdated(),
            **arrived.found,
        )
        self._set(**{name: self._taken(name) for name in taking})
        if self._next(self.spec):
            self._request()
        else:
            self._ticket = None
            self._idle.set()

    def _ended(self, spec: Spec, notes: tuple[str, ...] = ()) -> Status:
        """All work for ``spec`` is done: failed, if something that is wanted does not exist."""
        absent = [self._absent[name] for name in self._wanted(spec) if name in self._absent]
        message = " ".join(dict.fromkeys((*notes, *absent)))
        return Status("failed" if absent else "done", message=message)

    def _outdated(self) -> dict[str, None]:
        """Drop the check by retraining once it belongs to other choices than the results."""
        key, _ = self._shown.get("verification", (None, None))
        if key in (None, self._study.key("verification", self.spec)):
            return {}
        del self._shown["verification"]
        return {"verification": None}

    def fresh(self, name: str) -> bool:
        """Whether result ``name`` is what the choices of now give; it may be None for them."""
        shown, _ = self._shown.get(name, (None, None))
        try:
            return shown is not None and shown == self._study.key(SOURCES[name].key, self.spec)
        except AfifError:
            return False

    def absence(self, name: str) -> str:
        """Why there is no result ``name``: what went wrong and what to do; "" if nothing did."""
        if name in self._absent and self.fresh(name):
            return self._absent[name]
        return self.status.message if self.status.kind == "failed" else ""

    # ---- words ---------------------------------------------------------------------------------

    def sentence(self) -> str:
        """What is on screen, in one sentence."""
        return words.sentence(self.spec, self.data, self.points)

    def as_python(self) -> str:
        """Code that works the same numbers out with the public names of the package.

        With rows that are selected, or removed in the view of that, it removes them too. Raises
        :class:`InvalidChoice` before the data, or the rows to remove, are there.
        """
        if self.data is None or self.data.name != self.dataset:
            raise InvalidChoice("The data are not there yet; wait for them and try again.")
        points = self.points if self.fresh("points") else None
        return recipe.as_python(self.spec, self.data, points, self._removed())

    def _removed(self) -> tuple[int, ...]:
        """Ids of the rows whose removal is on screen, or of those that are selected for it."""
        spec = self.spec
        if spec.view != "unlearning" or "selected" in RULES[spec.rule].needs:
            return spec.selected
        if self.unlearning is None or not self.fresh("unlearning"):
            raise InvalidChoice(
                "The rows to remove are not known yet; wait for them and try again."
            )
        return tuple(self.unlearning.ids.tolist())


@cache
def shared_jobs() -> Jobs:
    """The pool of this process."""
    return Jobs(workers=2)
