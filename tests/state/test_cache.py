"""The shared cache: bounded, each value computed once, robust to failures and cancellation."""

from __future__ import annotations

import gc
import threading
import time
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from afif_explorer.cache import Cache, digest
from afif_explorer.errors import Cancelled
from afif_explorer.progress import listening
from afif_explorer.sizes import leaves


def key(name: str) -> tuple[str, str]:
    return ("stage", digest(name))


def in_threads(count, work):
    """Call ``work`` in threads that start together."""
    results, ready = [None] * count, threading.Barrier(count)

    def run(i):
        ready.wait()
        try:
            results[i] = work(i)
        except Exception as error:
            results[i] = error

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert not any(thread.is_alive() for thread in threads)
    return results


def test_a_digest_tells_types_and_groupings_apart():
    values = [1, 1.0, "1", True, b"1", None, "None", (1,), ((1,),), (1, 1), (11,), ("a", "b"), "ab"]
    assert len({digest(value) for value in values}) == len(values)
    assert digest(1, "a") == digest(1, "a") != digest("a", 1)


@pytest.mark.parametrize("value", [np.zeros(3), pd.Series([1]), [1], {"a": 1}, np.float64(1)])
def test_a_digest_refuses_what_it_cannot_read_in_full(value):
    if isinstance(value, float):
        assert digest(value) != digest(1.0000000000000002)
        return
    with pytest.raises(TypeError):
        digest(value)


def test_a_value_is_computed_once():
    cache, calls = Cache(1e6), []
    for _ in range(3):
        assert cache.get(key("a"), lambda: calls.append(1) or "value") == "value"
    assert calls == [1]
    assert cache.computed == {"stage": 1}


def test_none_is_a_value_too():
    cache = Cache(1e6)
    assert [cache.get(key("a"), lambda: None) for _ in range(2)] == [None, None]
    assert cache.computed["stage"] == 1


def test_a_value_that_has_grown_is_measured_again():
    cache = Cache(10_000)
    cache.get(key("old"), lambda: np.zeros(500))
    grows: dict = {}
    cache.get(key("grows"), lambda: grows)
    assert cache.bytes < 6_000
    grows["more"] = np.zeros(1000)
    cache.measure(key("grows"))
    assert key("grows") in cache
    assert key("old") not in cache
    assert 8_000 < cache.bytes <= 10_000
    cache.measure(key("old"))  # that is not there any more
    assert len(cache) == 1


def test_threads_that_ask_at_once_share_one_computation():
    cache, started = Cache(1e6), []

    def slow():
        started.append(1)
        time.sleep(0.1)
        return object()

    results = in_threads(8, lambda i: cache.get(key("a"), slow))
    assert len(started) == 1
    assert len(set(map(id, results))) == 1


def test_a_failure_reaches_its_caller_and_nobody_else():
    cache, lock, calls = Cache(1e6), threading.Lock(), []

    def first_fails():
        with lock:
            calls.append(1)
            number = len(calls)
        time.sleep(0.05)
        if number == 1:
            raise ValueError("first")
        return "value"

    results = in_threads(5, lambda i: cache.get(key("a"), first_fails))
    assert sorted(map(str, results)) == ["first"] + ["value"] * 4
    assert len(calls) == 2


def test_a_waiting_thread_can_be_cancelled_while_the_work_goes_on():
    cache, go = Cache(1e6), threading.Event()
    worker = threading.Thread(target=cache.get, args=(key("a"), lambda: go.wait(5) and "value"))
    worker.start()

    def stop(step):
        raise Cancelled("stop")

    with listening(stop), pytest.raises(Cancelled):
        cache.get(key("a"), lambda: pytest.fail("must wait, not compute"))
    go.set()
    worker.join()
    assert cache.get(key("a"), lambda: pytest.fail("it is there")) == "value"


def test_the_least_recently_used_leave_first():
    cache = Cache(250_000)
    for name in "ab":
        cache.get(key(name), lambda: np.zeros(12_500))
    cache.get(key("a"), lambda: pytest.fail("it is there"))
    cache.get(key("c"), lambda: np.zeros(12_500))
    assert key("a") in cache
    assert key("c") in cache
    assert key("b") not in cache
    assert cache.bytes <= 250_000


def test_what_is_larger_than_the_cache_is_returned_but_not_kept():
    cache = Cache(1000)
    results = in_threads(3, lambda i: cache.get(key("a"), lambda: time.sleep(0.5) or np.ones(999)))
    assert all(result.sum() == 999 for result in results)
    assert len(cache) == 0
    assert cache.bytes == 0
    assert cache.computed["stage"] == 1


def test_memory_that_values_share_counts_once():
    cache, shared = Cache(1e9), np.zeros(100_000)
    cache.get(key("a"), lambda: (shared, 1))
    before = cache.bytes
    cache.get(key("b"), lambda: {"view": shared[10:], "whole": shared})
    assert cache.bytes - before < 1000
    cache.clear()
    assert cache.bytes == 0
    assert len(cache) == 0


@dataclass
class Pair:
    left: object
    right: object


class Slotted:
    __slots__ = ("array",)

    def __init__(self):
        self.array = np.zeros(1000)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.zeros(1000), 8000),
        (np.zeros((1000, 10))[:, 0], 80_000),
        (Pair(np.zeros(1000), [np.ones(500), {"x": np.ones(500)}]), 16_000),
        (Slotted(), 8000),
        (pd.DataFrame({"a": np.zeros(1000)}), 8000),
        (pd.DataFrame({"a": ["x" * 1000] * 10}, dtype=object), 10_000),
        (pd.Series(np.zeros(1000)), 8000),
        (np.array([np.zeros(1000), None], dtype=object), 8000),
    ],
)
def test_the_size_of_a_value_is_about_right(value, expected):
    assert expected <= sum(size for _, size in leaves(value)) <= expected + 2500


def test_a_table_is_measured_once_while_it_exists(monkeypatch):
    measured, original = [], pd.DataFrame.memory_usage

    def usage(self, *arguments, **options):
        measured.append(len(self))
        return original(self, *arguments, **options)

    monkeypatch.setattr(pd.DataFrame, "memory_usage", usage)
    for rows in (1000, 2000):  # the second may take the place of the first
        table = pd.DataFrame({"a": np.zeros(rows)})
        for _ in range(3):
            assert sum(size for _, size in leaves([table])) == pytest.approx(8 * rows, abs=500)
        del table
        gc.collect()
    assert measured == [1000, 2000]


def test_a_value_that_contains_itself_has_a_size():
    loop = [1]
    loop.append(loop)
    assert sum(size for _, size in leaves(loop)) < 1000
