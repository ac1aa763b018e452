"""The visitors without a browser of the benchmarks: they see what a browser would show."""

from __future__ import annotations

import asyncio
import itertools
import random

import pytest

from benchmarks.common.visitor import Fault, Visitor


async def _visits(url: str) -> list[Visitor]:
    visitors = [Visitor(url, number) for number in range(2)]
    for one in visitors:
        assert await one.arrive() > 0
    for act in (Visitor.brush, Visitor.move, Visitor.brush):
        assert all(await asyncio.gather(*map(act, visitors)))
    await asyncio.sleep(1)
    for one in visitors:
        one.check()
        await one.leave()
    return visitors


def test_every_visitor_has_an_own_page_and_gets_answers(app_url: str) -> None:
    one, other = asyncio.run(_visits(app_url))
    one._query, other._query = other._query, one._query
    for visitor in (one, other):
        with pytest.raises(Fault, match=r"count is \d+ instead of \d+"):
            visitor.check()


def test_a_slider_never_stays_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = Visitor("", 0)
    monkeypatch.setattr(visitor, "_random", random.Random(1))
    monkeypatch.setattr("benchmarks.common.visitor.STRENGTHS", (-1.004, -0.98))
    places = []
    for _ in range(20):
        places.append(next(x for x in visitor._positions if x != visitor._position))
        visitor._position = places[-1]
    assert all(a != b for a, b in itertools.pairwise(places))
