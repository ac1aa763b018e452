"""What a class has bet and answered, and where its teacher leads it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from afif_explorer.errors import InvalidChoice

KINDS = ("bet", "answer")
MOST_SEATS = 1000
HIGHEST = 199  # of the rows of a scene that can be bet on; other bets and answers are fewer


@dataclass
class Seat:
    """What one student has chosen: by scene and kind, the number of the bet, row or answer."""

    chosen: dict[tuple[str, str], int] = field(default_factory=dict)
    pages: int = 0


class Room:
    """The state of one class. All methods are for one event loop.

    Args:
        scenes: the keys of the scenes that are shown.
    """

    def __init__(self, scenes: Mapping[str, Any]) -> None:
        self._scenes = scenes
        self._seats: dict[str, Seat] = {}
        self._changed = asyncio.Condition()
        self.version = 0
        self.following = False
        self.position: dict[str, Any] | None = None

    @property
    def present(self) -> int:
        """Students with an open page."""
        return sum(seat.pages > 0 for seat in self._seats.values())

    async def enter(self, name: str) -> None:
        """A page of this seat was opened."""
        self._seat(name).pages += 1
        await self._tell()

    async def leave(self, name: str) -> None:
        """A page of this seat was closed; what was chosen there stays."""
        self._seat(name).pages -= 1
        await self._tell()

    async def choose(self, name: str, scene: Any, kind: Any, value: Any) -> None:
        """Note a student's bet or answer; a later one replaces it, None takes it back.

        Raises:
            InvalidChoice: if there is no such scene, kind or value.
        """
        self._check(scene)
        if kind not in KINDS:
            raise InvalidChoice(f"Choose {' or '.join(KINDS)}.")
        if value is not None and (type(value) is not int or not 0 <= value <= HIGHEST):
            raise InvalidChoice(f"A choice is a whole number from 0 to {HIGHEST}.")
        chosen = self._seat(name).chosen
        if value is None:
            chosen.pop((scene, kind), None)
        else:
            chosen[scene, kind] = value
        await self._tell()

    async def lead(self, position: dict[str, Any] | None, following: bool) -> None:
        """Show everybody this position of a scene, and let all pages follow or go their own way.

        Raises:
            InvalidChoice: if there is no such scene.
        """
        if position is not None:
            state = position.get("state")
            self._check(state.get("scene") if isinstance(state, dict) else None)
        self.position, self.following = position, following
        await self._tell()

    async def clear(self, scene: str) -> None:
        """Forget the bets and answers on a scene."""
        for seat in self._seats.values():
            for kind in KINDS:
                seat.chosen.pop((scene, kind), None)
        await self._tell()

    def counts(self) -> dict[str, dict[str, dict[str, int]]]:
        """How many students chose what: ``counts[scene][kind][value]``."""
        found: dict[str, dict[str, Counter[str]]] = {}
        for seat in self._seats.values():
            for (scene, kind), value in seat.chosen.items():
                kinds = found.setdefault(scene, {each: Counter() for each in KINDS})
                kinds[kind][str(value)] += 1
        return {
            scene: {kind: dict(counter) for kind, counter in kinds.items()}
            for scene, kinds in found.items()
        }

    def for_students(self) -> dict[str, Any]:
        """What students' pages are told: the teacher's position if they are to follow it."""
        return {
            "following": self.following,
            "position": self.position if self.following else None,
        }

    def for_teacher(self) -> dict[str, Any]:
        """What the teacher's page and the projector are told."""
        return {
            "following": self.following,
            "position": self.position,
            "present": self.present,
            "counts": self.counts(),
        }

    async def news(self, since: int, seconds: float) -> int:
        """Wait until something is newer than version ``since``, or for so long; returns the version."""
        async with self._changed:
            try:
                async with asyncio.timeout(seconds):
                    await self._changed.wait_for(lambda: self.version > since)
            except TimeoutError:
                pass
            return self.version

    def _check(self, scene: Any) -> None:
        if not isinstance(scene, str) or scene not in self._scenes:
            raise InvalidChoice("There is no such scene.")

    def _seat(self, name: str) -> Seat:
        if name not in self._seats and len(self._seats) >= MOST_SEATS:
            raise InvalidChoice(f"This class is full: it has {MOST_SEATS} seats.")
        return self._seats.setdefault(name, Seat())

    async def _tell(self) -> None:
        async with self._changed:
            self.version += 1
            self._changed.notify_all()
