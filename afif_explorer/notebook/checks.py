"""Self-checks for exercises: a verdict with a hint, never an exception for a wrong answer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from numbers import Real
from typing import Any

UNANSWERED = "Not answered yet: replace the ... above, run that cell, then this one."
_LOOKS = {  # passed -> the word before the message, the colour of the bar
    True: ("Right.", "#00805e"),
    False: ("Not yet.", "#c24a00"),
    None: ("", "#8a929b"),
}


@dataclass(frozen=True)
class Verdict:
    """What a check says. ``passed`` is None for an exercise that is not answered yet."""

    passed: bool | None
    message: str

    def __repr__(self) -> str:
        return f"{_LOOKS[self.passed][0]} {self.message}".strip()

    def _repr_html_(self) -> str:
        word, colour = _LOOKS[self.passed]
        strong = f"<b>{word}</b> " if word else ""
        style = f"border-left: 4px solid {colour}; padding: 4px 12px; max-width: 46em"
        return f'<div style="{style}">{strong}{escape(self.message)}</div>'


def unanswered(answer: Any) -> bool:
    """Whether the ``...`` of the exercise is still there."""
    return answer is ... or answer is None


def number(
    answer: Any,
    truth: float,
    *,
    tolerance: float,
    praise: str,
    slips: Mapping[float, str] | None = None,
) -> Verdict:
    """Compare a number with the truth, up to a relative ``tolerance``.

    ``slips`` names usual mistakes: a wrong factor, and the hint for an answer that is off by it.
    """
    if unanswered(answer):
        return Verdict(None, UNANSWERED)
    value = as_number(answer)
    if value is None:
        return Verdict(False, "One number is wanted here, not a list or a text.")
    if math.isclose(value, truth, rel_tol=tolerance):
        return Verdict(True, praise)
    for factor, hint in (slips or {}).items():
        if math.isclose(value, factor * truth, rel_tol=tolerance):
            return Verdict(False, hint)
    return Verdict(False, f"You have {value:.4g}; that is not within {tolerance:.0%} of the truth.")


def as_number(answer: Any) -> float | None:
    """A finite number, also as an array of one element; None if it isn't one."""
    item = answer.item() if getattr(answer, "size", None) == 1 else answer
    if isinstance(item, bool) or not isinstance(item, Real) or not math.isfinite(item):
        return None
    return float(item)
