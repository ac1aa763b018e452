"""Background jobs in a bounded thread pool, where a new request of an owner replaces the older one.

Jobs start in the order of their requests, but those of a higher rank let others pass for some moments: what
a view waits for is not kept waiting by what comes after it on other pages.

An owner has one job at a time. Submitting another cancels the older one: ``Cancelled`` is raised at
its next :func:`afif_explorer.progress.report`, and its result is dropped.
"""

from __future__ import annotations

import contextvars
import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, Literal

from afif_explorer.errors import AfifError, Cancelled, DownloadError, OutOfMemory
from afif_explorer.progress import Listener, Step, listening

log = logging.getLogger(__name__)

REPORTS_PER_SECOND = 10
LETS_PASS = 0.5  # s for which a job lets those of the next lower rank pass
PASSING = (DownloadError, OutOfMemory)  # the same work may succeed later
SURPRISE = "An unexpected error occurred; see the log for details."


@dataclass(frozen=True)
class Outcome:
    """The outcome of a job. ``value`` is the return value, ``message`` the reason for a failure, and
    ``again`` whether the same work may succeed if it is done once more."""

    kind: Literal["done", "failed", "cancelled"]
    value: Any = None
    message: str = ""
    again: bool = False


@dataclass(eq=False)
class Job:
    """A request. ``finished`` is set when all its callbacks have been called."""

    on_step: Listener | None
    on_end: Callable[[Outcome], None] | None
    finished: threading.Event = field(default_factory=threading.Event)
    superseded: bool = False
    _stop: threading.Event = field(default_factory=threading.Event)
    _reported: float = float("-inf")

    def cancel(self) -> None:
        """Request cancellation; the job stops at its next step. No effect on a finished job."""
        self._stop.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until finished; returns whether that happened within ``timeout`` seconds."""
        return self.finished.wait(timeout)

    def heard(self, step: Step) -> None:
        """Handle a progress report: raise if cancelled, forward at most ten reports a second."""
        # A program that is exiting must not wait for long computations.
        if self._stop.is_set() or not threading.main_thread().is_alive():
            raise Cancelled("The work was cancelled.")
        now = time.monotonic()
        if self.on_step and now - self._reported >= 1 / REPORTS_PER_SECOND:
            self._reported = now
            self.on_step(step)

    def run(self, work: Callable[[], Any]) -> Outcome:
        """Run the work and return its outcome; all exceptions are caught."""
        try:
            with listening(self.heard):
                self.heard(Step("Starting", 0, None))
                return Outcome("done", work())
        except Cancelled:
            return Outcome("cancelled", again=True)
        except AfifError as error:
            return Outcome("failed", message=str(error), again=isinstance(error, PASSING))
        except BaseException:
            log.exception("A background job failed.")
            return Outcome("failed", message=SURPRISE, again=True)


class Jobs:
    """A thread pool of ``workers`` threads, shared by all owners."""

    def __init__(self, workers: int = 2) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="afif-job")
        self._lock = threading.Lock()
        self._newest: dict[Hashable, Job] = {}
        self._unfinished: set[Job] = set()
        self._waiting: list[tuple[float, int, Callable[[], None]]] = []  # due, number, run
        self._numbers = itertools.count()

    def submit(
        self,
        owner: Hashable,
        work: Callable[[], Any],
        *,
        on_step: Listener | None = None,
        on_end: Callable[[Outcome], None] | None = None,
        rank: int = 0,
    ) -> Job:
        """Run ``work()`` in a thread, with the caller's context variables, as the owner's only job.

        It starts like one that is requested ``rank`` times 0.5 s later. ``on_step`` and ``on_end`` are
        called in the worker thread; ``on_end`` exactly once, unless a newer job of the same owner has
        replaced this one. RuntimeError after :meth:`shutdown`.
        """
        job = Job(on_step, on_end)
        context = contextvars.copy_context()
        with self._lock:
            self._pool.submit(self._run_first)
            run: Callable[[], None] = partial(context.run, self._run, owner, job, work)
            due = time.monotonic() + rank * LETS_PASS
            heapq.heappush(self._waiting, (due, next(self._numbers), run))
            self._unfinished.add(job)
            older = self._newest.get(owner)
            self._newest[owner] = job
            if older:
                older.superseded = True
        if older:
            older.cancel()
        return job

    def _run_first(self) -> None:
        with self._lock:
            _, _, run = heapq.heappop(self._waiting)
        run()

    def _run(self, owner: Hashable, job: Job, work: Callable[[], Any]) -> None:
        outcome = job.run(work)
        with self._lock:
            dropped = job.superseded
            if self._newest.get(owner) is job:
                del self._newest[owner]
        try:
            if job.on_end and not dropped:
                job.on_end(outcome)
        except Exception:
            log.exception("The on_end callback of a background job failed.")
        finally:
            with self._lock:
                self._unfinished.discard(job)
            job.finished.set()

    def cancel(self, owner: Hashable) -> None:
        """Cancel the owner's job, if there is one."""
        with self._lock:
            job = self._newest.get(owner)
        if job:
            job.cancel()

    def shutdown(self, wait: bool = True) -> None:
        """Cancel all jobs and, if ``wait``, wait until they have stopped. No job is accepted afterwards."""
        with self._lock:
            self._pool.shutdown(wait=False)
            unfinished = list(self._unfinished)
        for job in unfinished:
            job.cancel()
        if wait:
            self._pool.shutdown(wait=True)


@cache
def shared_jobs() -> Jobs:
    """The pool of this process."""
    return Jobs(workers=2)
