"""What a scene is: its texts, its first state, its controls and its question, as plain data.

The scripts in ``static/scenes`` draw it and compute; hosts pass them :func:`Scene.message`. All coordinates
and settings are whole thousandths, so that a link holds them exactly.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from typing import Any, Literal

Model = Literal["linear", "logistic", "network"]
Target = Literal["chance", "loss", "gap", "slope"]
Point = tuple[float, float, int, int]  # two coordinates, label, group


@dataclass(frozen=True)
class Control:
    """A slider over ``lowest`` to ``highest``; with ``values`` a choice among them, from ``lowest``."""

    name: str
    label: str
    help: str
    lowest: float
    highest: float
    step: float = 1
    _: KW_ONLY
    values: tuple[str, ...] = ()
    unit: str = ""
    logarithmic: bool = False


def choice(name: str, label: str, help: str, *values: str) -> Control:
    """A control with one button for each value, numbered from 0."""
    return Control(name, label, help, 0, len(values) - 1, values=values)


@dataclass(frozen=True)
class Answer:
    """An answer to a scene's question, and what is said to somebody who gives it."""

    text: str
    says: str
    right: bool = False


@dataclass(frozen=True)
class Question:
    """A question with one right answer."""

    text: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Scene:
    """One scene.

    Attributes:
        key, order, title: its name in links, its place and its name for readers.
        lead: what is on screen. belief: the misconception that its first state contradicts.
        ask, bets, right: what to predict; the bets, and the right one (none: the bet is a row).
        moves: what a hand can do. explanation: what it shows, one or two sentences.
        points, probe, rows, model, target, settings: the first state; ``rows`` are removed, from 0.
        presets: other points, chosen by the setting "set".
    """

    key: str
    order: int
    title: str
    _: KW_ONLY
    lead: str
    belief: str
    ask: str
    moves: str
    explanation: str
    question: Question
    points: tuple[Point, ...]
    probe: tuple[float, float] = (0.0, 0.0)
    rows: tuple[int, ...] = (0,)
    model: Model = "logistic"
    target: Target = "chance"
    settings: dict[str, float] = field(default_factory=dict)
    bets: tuple[str, ...] = ()
    right: int = 0
    controls: tuple[Control, ...] = ()
    presets: tuple[tuple[Point, ...], ...] = ()

    @property
    def state(self) -> dict[str, Any]:
        """The first state, as the scripts and links have it."""
        return {
            "scene": self.key,
            "model": self.model,
            "target": self.target,
            "points": [list(point) for point in self.points],
            "probe": list(self.probe),
            "rows": list(self.rows),
            "settings": dict(self.settings),
            "hidden": [],
        }

    def message(self) -> dict[str, Any]:
        """The scene for the scripts, as JSON can hold it."""
        words = ("key", "order", "title", "lead", "belief", "ask", "moves", "explanation", "right")
        return {
            **{name: getattr(self, name) for name in words},
            "bets": list(self.bets),
            "controls": [vars(one) | {"values": list(one.values)} for one in self.controls],
            "presets": [[list(point) for point in points] for points in self.presets],
            "question": {
                "text": self.question.text,
                "answers": [vars(one) for one in self.question.answers],
            },
            "state": self.state,
        }


def points(text: str) -> tuple[Point, ...]:
    """Points from ``"x,y,label,group; ..."``; label and group are 0 if left out."""
    found = []
    for part in text.split(";"):
        x, y, *rest = part.split(",")
        label, group = ([int(one) for one in rest] + [0, 0])[:2]
        found.append((float(x), float(y), label, group))
    return tuple(found)
