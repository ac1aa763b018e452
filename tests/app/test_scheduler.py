"""The scheduler: actions now, after the paint and when idle; none after closing."""

from __future__ import annotations

import asyncio
import logging
import threading

import pytest

from afif_explorer.app.updates.loop import DocumentLoop
from afif_explorer.app.updates.scheduler import IDLE, MAX_PAINT, PAINT, Scheduler
from tests.helpers.loop import ManualLoop, open_scheduler


class Log:
    """Actions by name, and which of them were done."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def first(self) -> None:
        self.done.append("first")

    def second(self) -> None:
        self.done.append("second")

    def fail(self) -> None:
        raise RuntimeError("cannot be drawn")


@pytest.fixture
def log() -> Log:
    return Log()


def test_now_is_as_soon_as_the_loop_is_free_and_in_order(log: Log) -> None:
    scheduler, loop = open_scheduler()
    scheduler.now(log.first)
    scheduler.now(log.second)
    assert not log.done
    loop.pass_time()
    assert log.done == ["first", "second"]


def test_nothing_is_done_before_the_page_is_there(log: Log) -> None:
    loop = ManualLoop()
    scheduler = Scheduler(loop)
    scheduler.now(log.first)
    scheduler.after_paint(log.second)
    loop.pass_time(10)
    assert not log.done
    scheduler.open()
    assert log.done == ["first"]
    loop.pass_time(PAINT)
    assert log.done == ["first", "second"]


def test_a_flush_runs_actions_until_its_time_limit(log: Log) -> None:
    scheduler = Scheduler(ManualLoop())
    threading.Thread(target=scheduler.now, args=(log.first,)).start()
    scheduler.flush(lambda: bool(log.done), 60)
    assert log.done == ["first"]
    assert not scheduler.is_open


def test_a_flush_does_not_wait_for_long_work(log: Log) -> None:
    scheduler = Scheduler(ManualLoop())
    scheduler.flush(lambda: False, 0.01)
    scheduler.now(log.first)
    scheduler.open()
    assert log.done == ["first"]


def test_what_waits_for_the_paint_is_done_once_together_and_in_one_message(log: Log) -> None:
    scheduler, loop = open_scheduler()
    before = loop.messages
    scheduler.after_paint(log.first)
    loop.pass_time(PAINT / 2)
    scheduler.after_paint(log.second)
    scheduler.after_paint(log.first)
    loop.pass_time(0.9 * PAINT)
    assert not log.done
    loop.pass_time(0.1 * PAINT)
    assert log.done == ["first", "second"]
    assert loop.messages == before + 1
    assert not loop.waits


def test_it_runs_even_if_it_is_delayed_repeatedly(log: Log) -> None:
    scheduler, loop = open_scheduler()
    for _ in range(9):
        scheduler.after_paint(log.first)
        loop.pass_time(PAINT / 2)
    assert not log.done  # 0.27 s
    scheduler.after_paint(log.first)
    loop.pass_time(PAINT / 2)
    assert loop.time() == pytest.approx(MAX_PAINT)
    assert log.done == ["first"]


def test_what_can_wait_is_done_when_the_page_is_idle(log: Log) -> None:
    scheduler, loop = open_scheduler()
    for _ in range(9):
        scheduler.when_idle(log.first)
        loop.pass_time(0.9 * IDLE)
    assert not log.done
    loop.pass_time(0.1 * IDLE)
    assert log.done == ["first"]


def test_a_busy_page_is_not_idle(log: Log) -> None:
    scheduler, loop = open_scheduler()
    busy = [True]
    scheduler.busy = lambda: busy[0]
    scheduler.when_idle(log.first)
    loop.pass_time(10 * IDLE)
    assert not log.done
    busy[0] = False
    loop.pass_time(IDLE)
    assert log.done == ["first"]


@pytest.mark.parametrize(("before", "after"), [(IDLE, 5 * IDLE), (5 * IDLE, IDLE)])
def test_the_newest_wait_counts(log: Log, before: float, after: float) -> None:
    scheduler, loop = open_scheduler()
    scheduler.when_idle(log.first, before)
    scheduler.when_idle(log.first, after)
    loop.pass_time(0.9 * after)
    assert not log.done
    loop.pass_time(6 * IDLE)
    assert log.done == ["first"]


def test_what_waits_can_be_cancelled(log: Log) -> None:
    scheduler, loop = open_scheduler()
    for ask in (scheduler.after_paint, scheduler.when_idle):
        ask(log.first)
        ask(log.second)
    scheduler.cancel(log.first)
    loop.pass_time(1)
    assert log.done == ["second"]


def test_one_part_that_fails_does_not_keep_the_others(
    log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    scheduler, loop = open_scheduler()
    scheduler.after_paint(log.fail)
    scheduler.after_paint(log.first)
    with caplog.at_level(logging.ERROR):
        loop.pass_time(PAINT)
    assert log.done == ["first"]
    assert "cannot be drawn" in caplog.text


@pytest.mark.parametrize("opened", [True, False])
def test_nothing_is_done_after_the_session_has_ended(log: Log, opened: bool) -> None:
    loop = ManualLoop()
    scheduler = Scheduler(loop)
    if opened:
        scheduler.open()
    else:
        scheduler.now(log.first)
    scheduler.after_paint(log.first)
    scheduler.when_idle(log.first)
    scheduler.close()
    assert not loop.waits
    scheduler.now(log.second)
    scheduler.after_paint(log.second)
    scheduler.when_idle(log.second)
    scheduler.open()
    loop.pass_time(10)
    assert not log.done


def test_on_a_page_it_leaves_no_timer_behind(log: Log) -> None:
    from bokeh.document import Document

    document = Document()
    scheduler = Scheduler(DocumentLoop(document))
    scheduler.open()
    scheduler.after_paint(log.first)
    [timer] = document.session_callbacks
    assert timer.timeout == round(1000 * PAINT)
    scheduler.close()
    assert not document.session_callbacks


def test_another_threads_action_is_added_on_the_pages_thread(log: Log) -> None:
    """Bokeh drops what another thread adds just as a batch of changes ends."""
    from bokeh.document import Document

    async def page() -> None:
        document = Document()
        scheduler = Scheduler(DocumentLoop(document))
        scheduler.open()
        other = threading.Thread(target=scheduler.now, args=(log.first,))
        other.start()
        other.join()
        assert not document.session_callbacks
        await asyncio.sleep(0)
        assert len(document.session_callbacks) == 1

    asyncio.run(page())
