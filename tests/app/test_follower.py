"""How work reaches a page: what is known already comes with it, what can wait does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import bokeh.document
import param
import pytest

from afif_explorer.app.updates.follower import Debounce, Follower, Gate, Timer
from afif_explorer.state.work import Status


class Document:
    """Stands in for a page: keeps what is to be done later until :meth:`pass_time`."""

    def __init__(self) -> None:
        self.later: list[Callable[[], None]] = []

    def add_next_tick_callback(self, action: Callable[[], None]) -> None:
        self.later.append(action)

    def add_timeout_callback(self, action: Callable[[], None], _milliseconds: int) -> Any:
        self.later.append(action)
        return action

    def remove_timeout_callback(self, action: Callable[[], None]) -> None:
        self.later.remove(action)

    def pass_time(self) -> None:
        due, self.later = self.later, []
        for action in due:
            action()


def test_what_is_known_is_there_before_the_page_and_the_rest_comes_when_it_is() -> None:
    done: list[str] = []
    gate = Gate(Document())
    threading.Thread(target=lambda: gate(lambda: done.append("known"))).start()
    gate.settle(lambda: bool(done), 60)
    assert done == ["known"]
    gate(lambda: done.append("new"))
    assert done == ["known"]
    gate.open()
    assert done == ["known", "new"]


def test_a_page_does_not_wait_for_long_work() -> None:
    done: list[str] = []
    gate = Gate(Document())
    gate.settle(lambda: False, 0.01)
    gate(lambda: done.append("late"))
    gate.open()
    assert done == ["late"]


def test_what_can_wait_waits_for_what_is_urgent_and_only_the_newest_is_done() -> None:
    done: list[str] = []
    urgent = [True]
    document = Document()
    lull = Debounce(Timer(document), lambda action: action(), lambda: urgent[0])
    lull.start(lambda: done.append("first"), 1)
    lull.start(lambda: done.append("second"), 1)
    document.pass_time()
    assert not done
    urgent[0] = False
    document.pass_time()
    assert done == ["second"]
    assert not document.later


def test_what_waits_can_be_forgotten() -> None:
    document = Document()
    lull = Debounce(Timer(document), lambda action: action(), lambda: False)
    lull.start(lambda: None, 1)
    lull.stop()
    assert not document.later


class Source(param.Parameterized):
    """Stands in for an explorer."""

    depth = param.Integer(default=1)
    scale = param.Number(default=1.0)
    status = param.Parameter(default=Status())
    stale = param.Boolean(default=False)


def test_what_changes_before_the_page_is_there_is_told_once_when_it_is() -> None:
    told: list[set[str]] = []
    source, gate = Source(), Gate(Document())
    Follower(source, gate=gate).on(("depth", "scale"), told.append)
    source.depth = 2
    source.param.update(depth=3, scale=2.0)
    assert not told
    gate.open()
    assert told == [{"depth", "scale"}]
    source.depth = 4
    assert told == [{"depth", "scale"}, {"depth"}]


def pass_time(document: bokeh.document.Document) -> None:
    for due in document.session_callbacks:
        document.remove_timeout_callback(due)
        due.callback()


def test_what_may_come_late_is_told_once_after_the_rest() -> None:
    told: list[Any] = []
    source, document = Source(), bokeh.document.Document()
    follower = Follower(source, document)
    follower.on(("depth", "scale"), lambda changed: told.append(changed), late=True)
    follower.on(("depth",), lambda _changed: told.append("at once"))
    source.depth = 2
    source.param.update(depth=3, scale=2.0)
    assert told == ["at once", "at once"]
    pass_time(document)
    assert told == ["at once", "at once", {"depth", "scale"}]
    assert not document.session_callbacks


def test_what_comes_late_comes_even_if_there_is_no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("afif_explorer.app.updates.follower.time.monotonic", lambda: now[0])
    source, document = Source(), bokeh.document.Document()
    Follower(source, document).on(("depth",), lambda _changed: None, late=True)
    waiting = []
    for move in range(8):
        now[0] = move * 0.05
        source.depth = move + 2
        waiting.append(document.session_callbacks[0])
    # Put off by every move, but by none after PATIENCE.
    assert len({id(due) for due in waiting[:6]}) == 6
    assert len({id(due) for due in waiting[6:]}) == 1
