"""How changes of an explorer reach the parts of a page."""

from __future__ import annotations

from typing import Any

import param
import pytest

from afif_explorer.app.updates.follower import PROGRESS_DELAY, Follower
from afif_explorer.app.updates.scheduler import Scheduler
from afif_explorer.state.work import Status
from tests.helpers.loop import ManualLoop, open_scheduler

RUNNING = Status("running", what="Training")


class Source(param.Parameterized):
    """Stands in for an explorer."""

    depth = param.Integer(default=1)
    scale = param.Number(default=1.0)
    status = param.Parameter(default=Status())
    stale = param.Boolean(default=False)


@pytest.fixture
def followed() -> tuple[Source, Follower, ManualLoop]:
    scheduler, loop = open_scheduler()
    source = Source()
    return source, Follower(source, scheduler), loop


def test_changes_before_the_page_is_open_are_reported_once_when_it_is() -> None:
    told: list[set[str]] = []
    source, scheduler = Source(), Scheduler(ManualLoop())
    Follower(source, scheduler).on(("depth", "scale"), told.append)
    source.depth = 2
    source.param.update(depth=3, scale=2.0)
    assert not told
    scheduler.open()
    assert told == [{"depth", "scale"}]
    source.depth = 4
    assert told == [{"depth", "scale"}, {"depth"}]


def test_all_that_one_change_does_is_one_message(followed) -> None:
    source, follower, loop = followed
    told: list[Any] = []
    follower.on(("depth",), lambda changed: told.append(("one", changed)))
    follower.on(("depth", "scale"), lambda changed: told.append(("both", changed)))
    before = loop.messages
    source.param.update(depth=3, scale=2.0)
    assert told == [("one", {"depth"}), ("both", {"depth", "scale"})]
    assert loop.messages == before + 1


def test_short_work_shows_no_progress(followed) -> None:
    source, follower, loop = followed
    told: list[Any] = []
    follower.on(("status", "stale"), lambda _changed: told.append(source.status.kind))
    source.param.update(status=RUNNING, stale=True)
    loop.pass_time(0.9 * PROGRESS_DELAY)
    assert not told
    source.param.update(status=Status("done"), stale=False)
    assert told == ["done"]
    loop.pass_time(10)
    assert told == ["done"]
    source.status = RUNNING
    assert told == ["done"], "what was short before says nothing of this"


def test_longer_work_shows_it_however_often_it_reports(followed) -> None:
    source, follower, loop = followed
    told: list[Any] = []
    follower.on(("status",), lambda _changed: told.append(source.status.done))
    for step in range(4):
        source.status = Status("running", "Training", step, 100)
        loop.pass_time(0.3 * PROGRESS_DELAY)
    assert told == [3]
    source.status = Status("running", "Training", 4, 100)
    assert told == [3, 4]


def test_a_setting_changed_while_a_job_starts_is_reported_immediately(followed) -> None:
    source, follower, _ = followed
    told: list[Any] = []
    follower.on(("depth", "status"), told.append)
    source.param.update(depth=2, status=RUNNING)
    assert told == [{"depth"}]


def test_a_closed_follower_reports_nothing(followed) -> None:
    source, follower, loop = followed
    told: list[Any] = []
    follower.on(("depth", "status"), told.append)
    source.status = RUNNING
    follower.close()
    source.depth = 2
    loop.pass_time(10)
    assert not told
