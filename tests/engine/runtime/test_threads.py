"""Small problems run on one thread, and finding the libraries costs them nothing."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest
import torch
from threadpoolctl import threadpool_info, threadpool_limits

from afif_explorer.engine.runtime import threads
from afif_explorer.engine.runtime.threads import SMALL, threads_for


def blas() -> set[int]:
    """The threads of the linear algebra libraries."""
    return {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}


def test_a_small_problem_has_one_thread_and_a_large_one_all() -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        with threadpool_limits(2, user_api="blas"):
            with threads_for(SMALL):
                assert (torch.get_num_threads(), blas()) == (1, {1})
            assert (torch.get_num_threads(), blas()) == (2, {2})
            with threads_for(SMALL + 1):
                assert (torch.get_num_threads(), blas()) == (2, {2})
    finally:
        torch.set_num_threads(before)


def test_libraries_are_searched_for_when_modules_have_been_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    searches, original = [], threads.ThreadpoolController

    def search() -> object:
        searches.append(len(sys.modules))
        return original()

    monkeypatch.setattr(threads, "ThreadpoolController", search)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    monkeypatch.setattr(torch, "set_num_threads", lambda _count: None)
    threads._libraries.cache_clear()
    for _ in range(3):
        with threads_for(1):
            pass
    assert len(searches) == 1
    monkeypatch.setitem(sys.modules, "afif_a_new_library", ModuleType("afif_a_new_library"))
    with threads_for(1):
        pass
    assert len(searches) == 2
    threads._libraries.cache_clear()
