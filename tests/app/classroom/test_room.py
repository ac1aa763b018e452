"""What a class has chosen, and who hears of it."""

from __future__ import annotations

import asyncio

import pytest

from afif_explorer.app.classroom.room import HIGHEST, MOST_SEATS, Room
from afif_explorer.errors import InvalidChoice

POSITION = {"state": {"scene": "lever", "points": []}, "live": {"revealed": True}}


@pytest.fixture
def room() -> Room:
    return Room({"lever": None, "guess": None})


def test_the_last_choice_of_a_seat_counts(room: Room) -> None:
    async def act() -> None:
        await room.choose("a", "lever", "bet", 1)
        await room.choose("b", "lever", "bet", 1)
        await room.choose("a", "lever", "bet", 0)
        await room.choose("b", "guess", "answer", 2)
        await room.choose("c", "lever", "bet", 0)
        await room.choose("c", "lever", "bet", None)

    asyncio.run(act())
    assert room.counts() == {
        "lever": {"bet": {"0": 1, "1": 1}, "answer": {}},
        "guess": {"bet": {}, "answer": {"2": 1}},
    }
    asyncio.run(room.clear("lever"))
    assert room.counts() == {"guess": {"bet": {}, "answer": {"2": 1}}}


@pytest.mark.parametrize(
    "choice",
    [
        ("fold", "bet", 0),
        (["lever"], "bet", 0),
        (None, "bet", 0),
        ("lever", "vote", 0),
        ("lever", [], 0),
        ("lever", "bet", -1),
        ("lever", "bet", HIGHEST + 1),
        ("lever", "bet", True),
        ("lever", "bet", "1"),
        ("lever", "bet", 0.0),
    ],
)
def test_other_choices_are_refused(room: Room, choice: tuple) -> None:
    with pytest.raises(InvalidChoice):
        asyncio.run(room.choose("a", *choice))
    assert room.counts() == {}


def test_a_class_has_so_many_seats(room: Room) -> None:
    async def act() -> None:
        for seat in range(MOST_SEATS):
            await room.choose(str(seat), "lever", "bet", 0)
        await room.choose("0", "lever", "bet", 1)
        with pytest.raises(InvalidChoice, match="full"):
            await room.choose("one more", "lever", "bet", 0)

    asyncio.run(act())


def test_students_hear_of_the_teachers_scene_only_while_they_follow(room: Room) -> None:
    asyncio.run(room.lead(POSITION, following=False))
    assert room.for_students() == {"following": False, "position": None}
    asyncio.run(room.lead(POSITION, following=True))
    assert room.for_students() == {"following": True, "position": POSITION}


@pytest.mark.parametrize("position", [{}, {"state": None}, {"state": {"scene": "x"}}])
def test_the_lead_goes_to_a_scene(room: Room, position: dict) -> None:
    with pytest.raises(InvalidChoice):
        asyncio.run(room.lead(position, following=True))


def test_a_page_counts_while_it_is_open(room: Room) -> None:
    async def act() -> list[int]:
        await room.enter("a")
        await room.enter("a")
        await room.enter("b")
        seen = [room.present]
        await room.leave("a")
        seen.append(room.present)
        await room.leave("a")
        return [*seen, room.present]

    assert asyncio.run(act()) == [2, 2, 1]


def test_news_wait_for_a_change(room: Room) -> None:
    async def act() -> tuple[int, int, int]:
        first = await room.news(-1, 60)
        waiting = asyncio.create_task(room.news(first, 60))
        await asyncio.sleep(0)
        await room.choose("a", "lever", "bet", 1)
        return first, await waiting, await room.news(1, 0.01)

    assert asyncio.run(act()) == (0, 1, 1)
