"""Lasting objects are excluded from garbage collection, all others are not."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from afif_explorer.collector import YOUNG, lasting, serving


class Knot:
    """Refers to itself, so that only the collector can take it away."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    """As it was before: nothing is frozen, and the collector works."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()
    gc.enable()


def test_the_collector_passes_over_what_lasts_and_nothing_else() -> None:
    with lasting():
        assert not gc.isenabled()
        kept = weakref.ref(Knot())
    assert gc.isenabled()
    passing = weakref.ref(Knot())
    gc.collect()
    assert kept() is not None
    assert passing() is None


def test_the_collector_works_again_after_a_failure() -> None:
    with pytest.raises(ValueError, match="no data"), lasting():
        raise ValueError("no data")
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    with lasting():
        pass
    assert not gc.isenabled()


def test_a_server_collects_seldom_and_only_what_is_new() -> None:
    kept = weakref.ref(Knot())
    gc.disable()
    old = Knot()
    left = weakref.ref(old)
    serving()
    assert kept() is None, "garbage is not kept"
    del old
    gc.collect()
    assert left() is not None
    assert gc.get_threshold()[0] == YOUNG
