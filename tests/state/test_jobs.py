"""Background jobs: the newest request wins, cancellation at the next step, failures reported."""

from __future__ import annotations

import contextvars
import logging
import threading
import time

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from afif_explorer.errors import InvalidChoice
from afif_explorer.jobs import SURPRISE, Jobs
from afif_explorer.progress import report


@pytest.fixture
def jobs():
    pool = Jobs(workers=2)
    yield pool
    pool.shutdown()


def steps_until(event, limit=2000):
    """Work in small steps until ``event`` is set."""
    for i in range(limit):
        report("stepping", i, limit)
        if event.wait(0.005):
            return "finished"
    raise AssertionError("nobody let the work finish")


def test_a_result_arrives_with_its_kind(jobs):
    ends = []
    assert jobs.submit("me", lambda: 42, on_end=ends.append).wait(5)
    assert [(end.kind, end.value) for end in ends] == [("done", 42)]


def test_the_newest_request_wins(jobs):
    ends, never, now = [], threading.Event(), threading.Event()
    older = [jobs.submit("me", lambda: steps_until(never), on_end=ends.append) for _ in range(4)]
    now.set()
    newest = jobs.submit("me", lambda: (steps_until(now), "new"), on_end=ends.append)
    assert newest.wait(5)
    assert all(job.wait(5) for job in older)
    assert [end.value for end in ends] == [("finished", "new")]


def test_owners_do_not_disturb_each_other(jobs):
    ends, go = [], threading.Event()
    first = jobs.submit("one", lambda: steps_until(go), on_end=ends.append)
    jobs.submit("two", lambda: 2, on_end=ends.append).wait(5)
    assert [end.value for end in ends] == [2]
    go.set()
    assert first.wait(5)
    assert ends[-1].value == "finished"


def test_cancel_is_seen_at_the_next_step(jobs):
    ends, reached = [], []

    def work():
        for i in range(10_000):
            report("stepping", i, 10_000)
            reached.append(i)
            time.sleep(0.001)

    job = jobs.submit("me", work, on_end=ends.append)
    while not reached:
        time.sleep(0.001)
    at = len(reached)
    jobs.cancel("me")
    assert job.wait(1)
    assert ends[0].kind == "cancelled"
    assert len(reached) - at < 50
    jobs.cancel("me")
    jobs.cancel("nobody")


def test_progress_comes_at_most_ten_times_a_second(jobs):
    seen = []

    def work():
        end = time.monotonic() + 0.35
        while time.monotonic() < end:
            report("stepping", 0, 1)

    assert jobs.submit("me", work, on_step=seen.append).wait(5)
    assert 2 <= len(seen) <= 4


def test_messages_of_our_errors_are_shown(jobs):
    ends = []

    def work():
        raise InvalidChoice("Choose another one.")

    jobs.submit("me", work, on_end=ends.append).wait(5)
    assert (ends[0].kind, ends[0].message) == ("failed", "Choose another one.")


def test_unexpected_errors_are_logged_in_full_and_shown_in_general_terms(jobs, caplog):
    ends = []
    with caplog.at_level(logging.ERROR):
        jobs.submit("me", lambda: 1 / 0, on_end=ends.append).wait(5)
    assert (ends[0].kind, ends[0].message) == ("failed", SURPRISE)
    assert "ZeroDivisionError" in caplog.text
    assert jobs.submit("me", lambda: 1).wait(5), "the pool lives on"


def test_a_callback_that_fails_does_not_hang_anyone(jobs, caplog):
    def fails(outcome):
        raise RuntimeError("the page is gone")

    assert jobs.submit("me", lambda: 1, on_end=fails).wait(5)
    assert "the page is gone" in caplog.text


def test_context_variables_travel_along(jobs):
    who, ends = contextvars.ContextVar("who"), []
    who.set("session 7")
    jobs.submit("me", who.get, on_end=ends.append).wait(5)
    assert ends[0].value == "session 7"


def test_shutdown_stops_what_runs_and_what_waits():
    jobs, ends = Jobs(workers=1), []
    for owner in range(3):
        jobs.submit(owner, lambda: steps_until(threading.Event()), on_end=ends.append)
    jobs.shutdown()
    assert [end.kind for end in ends] == ["cancelled"] * 3
    with pytest.raises(RuntimeError):
        jobs.submit("me", lambda: 1)


def test_jobs_of_a_higher_rank_let_others_pass_but_not_for_ever(monkeypatch):
    jobs, order, gate = Jobs(workers=1), [], threading.Event()
    jobs.submit("running", gate.wait)
    for number, rank in enumerate((2, 1, 0, 0)):
        last = jobs.submit(number, lambda rank=rank: order.append(rank), rank=rank)
    clock = time.monotonic() + 2.0
    monkeypatch.setattr("afif_explorer.jobs.time.monotonic", lambda: clock)
    late = jobs.submit("late", lambda: order.append("late"))
    gate.set()
    assert last.wait(5)
    assert late.wait(5)
    assert order == [0, 0, 1, 2, "late"]
    jobs.shutdown()


class AnyOrder(RuleBasedStateMachine):
    """Requests, cancels and finishes in any order: an owner hears of its newest request only."""

    owners = st.sampled_from("ab")

    def __init__(self):
        super().__init__()
        self.jobs = Jobs(workers=2)
        self.ended, self.newest, self.gates, self.all = [], {}, {}, []

    @rule(owner=owners)
    def submit(self, owner):
        number, gate = len(self.all), threading.Event()
        job = self.jobs.submit(
            owner,
            lambda: (steps_until(gate), number)[1],
            on_end=lambda end: self.ended.append((owner, number, end.kind)),
        )
        self.newest[owner], self.gates[owner] = number, gate
        self.all.append(job)

    @rule(owner=owners)
    def finish(self, owner):
        if owner in self.newest:
            self.gates[owner].set()
            assert self.all[self.newest[owner]].wait(5)
            assert any(end[:2] == (owner, self.newest[owner]) for end in self.ended)

    @rule(owner=owners)
    def cancel(self, owner):
        self.jobs.cancel(owner)
        if owner in self.newest:
            assert self.all[self.newest[owner]].wait(5)

    @invariant()
    def nobody_hears_twice(self):
        numbers = [number for _, number, _ in self.ended]
        assert len(numbers) == len(set(numbers))

    def teardown(self):
        self.jobs.shutdown()
        assert all(job.finished.is_set() for job in self.all)
        for owner, number in self.newest.items():
            assert max(n for o, n, _ in self.ended if o == owner) == number


AnyOrder.TestCase.settings = settings(max_examples=20, stateful_step_count=12, deadline=None)
TestAnyOrder = AnyOrder.TestCase
