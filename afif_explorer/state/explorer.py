"""``Explorer``: settings in, results out. One object per session, independent of any toolkit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Unpack

import numpy as np
import param

from afif_explorer import study
from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.choices import label
from afif_explorer.datasets import Dataset
from afif_explorer.errors import AfifError
from afif_explorer.jobs import Jobs, Outcome, shared_jobs
from afif_explorer.progress import Step
from afif_explorer.spec import FIELDS, Spec
from afif_explorer.state import ruled
from afif_explorer.state.answers import Answers
from afif_explorer.state.choices import set_back
from afif_explorer.state.options import ExplorerOptions, check_arguments, start_of
from afif_explorer.state.work import (
    ALWAYS,
    NEEDED,
    ON_REQUEST,
    SOURCES,
    Arrived,
    How,
    Status,
    fetch,
    first_of,
    interrupted,
    rank,
    result_key,
)


class Explorer(Answers):
    """Settings, results and selection of one session. Computes what ``view`` needs in the background.

    Args:
        dataset: a name of the catalogue; with nothing chosen at all, the explorer asks which rows of
            ``hiring`` made the model unfair. data: a :class:`~afif_explorer.datasets.Dataset` instead.
        fit: a :class:`~afif_explorer.Fit` instead, of any model, data and loss, which is explored as it is.
        schedule: called with each function that delivers results; None: run it in the worker's thread.
        jobs, study: the thread pool and the computing functions; by default the shared ones.
        choices: any other field of :class:`~afif_explorer.spec.Spec`. Raises InvalidChoice for wrong values.

    >>> import afif_explorer as ax
    >>> explorer = ax.Explorer("hiring", strength=1e-2)
    >>> explorer.await_idle(timeout=120), explorer.points.ids.shape, explorer.close()
    (True, (1400,), None)
    """

    status = param.ClassSelector(class_=Status, default=Status(), instantiate=False, constant=True)
    stale = param.Boolean(default=False, constant=True, doc="Results are of earlier settings.")

    def __init__(
        self,
        dataset: str | None = None,
        *,
        data: Dataset | None = None,
        fit: Fit | None = None,
        schedule: Callable[[Callable[[], None]], Any] | None = None,
        jobs: Jobs | None = None,
        study: Any = study,
        **choices: Unpack[ExplorerOptions],
    ) -> None:
        check_arguments(dataset, data, fit, choices)
        self._study = study
        self._jobs = jobs or shared_jobs()
        self._schedule = schedule or (lambda deliver: deliver())
        self._ticket: object | None = None  # of the newest request; results of others are outdated
        self._running: dict[str, Any] | None = None  # results of the running job -> key
        self._idle = threading.Event()
        self._shown: dict[str, Any] = {}  # result -> key of the settings that it belongs to
        self._absent: dict[str, str] = {}  # result that does not exist -> reason
        self._asked: dict[str, tuple[Any, How]] = {}  # requested result -> key
        self._taking: set[str] = set()  # to be pinned once the automatic value is known
        self._quiet = False
        self._given = study.add_fit(fit) if fit is not None else None  # held while it is explored
        name = study.add_dataset(data) if data is not None else dataset
        chosen = start_of(self._given, name, choices)
        Spec(**chosen)  # its errors name the values to choose from
        super().__init__(**chosen)
        self.param.watch(self._changed, list(FIELDS))
        self._set(offered=self._offered(None))
        self._request()

    @property
    def known_rows(self) -> np.ndarray | None:
        """The ids of the training rows; None until the chosen data are loaded."""
        here = self._study.key("data", self.spec)
        of_frame, _ = self._shown.get("frame", (None, None))
        if self._quiet or self.frame is None or of_frame != here:
            return None
        return self.frame.index.to_numpy()

    # ---- settings ------------------------------------------------------------------------------

    def apply(self, spec: Spec) -> None:
        """Set all settings of ``spec`` at once (from a link or a saved state)."""
        with self._lock:
            self._set(**{name: getattr(spec, name) for name in FIELDS})
            self._request()

    def is_auto(self, name: str) -> bool:
        """Whether ``name`` (LiSSA's "scale", "depth" or "batch_size") is automatic."""
        return getattr(self, name) is None and name not in self._taking

    def effective_value(self, name: str) -> float | None:
        """That setting as chosen, or its automatic value, if known from a result."""
        chosen = getattr(self, name)
        return ruled.found(name, self.lissa, self.points) if chosen is None else chosen

    def pin(self, name: str) -> None:
        """Set that setting to its automatic value; if it is being computed, once it is known."""
        with self._lock:
            if self.status.kind == "running" and (self.stale or self.effective_value(name) is None):
                self._taking.add(name)
            else:
                self.param.update(**{name: self._taken(name)})

    def set_auto(self, name: str) -> None:
        """Make that setting automatic."""
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
            if "dataset" in changed:
                self._taking.clear()
            self._set(**{name: self.param[name].default for name in set_back(changed)})
            self._request()

    def _set(self, **values: Any) -> None:
        """Set parameters, including constant ones, without starting a job."""
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

    # ---- jobs ----------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Compute the missing results for the current settings (after a cancellation or failure)."""
        with self._lock:
            self._request()

    def run_lissa(self) -> None:
        """Run stochastic LiSSA and compare it with the computed mean."""
        self._ask("lissa", run=True)

    def check_cross_validation(self) -> None:
        """Refit without each of some random rows, at three regularisation strengths."""
        self._ask("cross_validation", checked=True)

    def verify(self, random: int = 20, top: int = 20, selected: bool = True) -> None:
        """Retrain without each of some rows and compare with the predictions.

        Random rows, those with the largest effects and, if ``selected``, the first 50 selected.
        """
        rows = self.selected[:50] if selected else ()
        self._ask("verification", random=random, top=top, selected=rows)

    def retrain_selected(self) -> None:
        """Retrain without the selected rows, and show the truth beside the prediction."""
        self._ask("removal", retrained=True)

    def prepare_brush(self) -> None:
        """Compute every row's effect on the watched quantities, for the browser to add up."""
        self._ask("brush")

    def retrain(self) -> None:
        """Retrain without the removed rows, for the set and every step of the sweep."""
        self._ask("unlearning", retrained=True)

    def verify_person(self) -> None:
        """Refit without the rows that carry the decision on the row in focus."""
        self._ask("person", verified=True)

    def cancel(self) -> None:
        """Cancel the running job; results on screen are kept."""
        with self._lock:
            self._asked = {
                name: (key, how)
                for name, (key, how) in self._asked.items()
                if self._shown.get(name) == (key, tuple(how.items()))
            }
        self._jobs.cancel(self)

    def close(self) -> None:
        """Cancel all jobs and deliver no further results."""
        with self._lock:
            self._ticket = self._running = None
            self._idle.set()
        self._jobs.cancel(self)

    def await_idle(self, timeout: float | None = None) -> bool:
        """Wait until no job is running; returns False after ``timeout`` seconds."""
        return self._idle.wait(timeout)

    def _ask(self, name: str, **how: Any) -> None:
        with self._lock:
            self._asked[name] = (self._study.key(name, self.spec), how)
            self._request()

    def _wanted(self, spec: Spec) -> dict[str, How]:
        """The results needed for ``spec``, and how each is computed."""
        selected = ("removal",) if spec.selected else ()
        wanted: dict[str, How] = {n: {} for n in (*ALWAYS, *NEEDED[spec.view], *selected)}
        for name, (key, how) in self._asked.items():
            if key == self._study.key(name, spec) and (name in wanted or name in ON_REQUEST):
                wanted[name] = how
        return wanted

    def _missing(self, spec: Spec) -> dict[str, How]:
        return {
            name: how
            for name, how in self._wanted(spec).items()
            if self._shown.get(name) != self._key(name, spec, how)
        }

    def _next(self, spec: Spec) -> dict[str, How]:
        """The results of one job."""
        return first_of(self._missing(spec))

    def _key(self, name: str, spec: Spec, how: How) -> Any:
        return result_key(self._study, name, spec, how)

    def _request(self) -> None:
        """Start a job for the current settings, unless all results are available."""
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
        stale = any(name in self._shown for name in batch if name != "removal")
        self._set(stale=stale, status=Status("running", what="Starting"))
        self._jobs.submit(
            self,
            partial(self._work, spec),
            on_step=lambda step: self._deliver(ticket, partial(self._progress, step)),
            on_end=lambda outcome: self._deliver(ticket, partial(self._arrive, spec, outcome)),
            rank=rank(batch),
        )

    def _still_useful(self, spec: Spec) -> bool:
        """Whether all results of the running job are still needed first."""
        wanted = self._wanted(spec)
        return bool(self._running) and all(
            name in wanted and key == self._key(name, spec, {})
            for name, key in (self._running or {}).items()
        )

    def _stop(self, status: Status, **values: Any) -> None:
        """Everything is computed for the current settings."""
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
            missing = bool(self._missing(self.spec))
            self._stop(interrupted(outcome, missing), stale=self.stale and missing)
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
        """The job for ``spec`` is done; failed if a requested result does not exist."""
        absent = [self._absent[name] for name in self._wanted(spec) if name in self._absent]
        message = " ".join(dict.fromkeys((*notes, *absent)))
        return Status("failed" if absent else "done", message=message)

    def _outdated(self) -> dict[str, None]:
        """Drop the verification if it belongs to other settings than the results."""
        key, _ = self._shown.get("verification", (None, None))
        if key in (None, self._study.key("verification", self.spec)):
            return {}
        del self._shown["verification"]
        return {"verification": None}

    def fresh(self, name: str) -> bool:
        """Whether result ``name`` belongs to the current settings; it may be None for them."""
        shown, _ = self._shown.get(name, (None, None))
        try:
            return shown is not None and shown == self._study.key(SOURCES[name].key, self.spec)
        except AfifError:
            return False

    def absence(self, name: str) -> str:
        """Why there is no result ``name`` and what to do; "" if there is no error."""
        if name in self._absent and self.fresh(name):
            return self._absent[name]
        return self.status.message if self.status.kind == "failed" else ""
