"""What a check says: passed or not, and a hint. A wrong answer is never an exception."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

UNANSWERED = "Not answered yet: replace the ... above, run that cell, then this one."
_LOOKS = {  # passed -> the word before the message, the colour of the bar
    True: ("Right.", "#00805e"),
    False: ("Not yet.", "#c24a00"),
    None: ("", "#8a929b"),
}


@dataclass(frozen=True)
class Verdict:
    """What a check says. ``passed`` is None for an exercise that is not answered yet, and for hints."""

    passed: bool | None
    message: str

    def __repr__(self) -> str:
        return f"{_LOOKS[self.passed][0]} {self.message}".strip()

    def _repr_html_(self) -> str:
        word, colour = _LOOKS[self.passed]
        strong = f"<b>{word}</b> " if word else ""
        style = f"border-left: 4px solid {colour}; padding: 4px 12px; max-width: 46em"
        return f'<div style="{style}">{strong}{escape(self.message)}</div>'
