"""The head of a figure: title, notes, and a key instead of a legend beside the plot.

Inside a figure it is plotly markup, in lines that fit a phone; a page that renders the head itself
takes it as plain text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from afif_explorer.figures.drawing.text import clean, safe, short, wrapped
from afif_explorer.figures.drawing.theme import Theme
from afif_explorer.wording import SPACE

TITLE_WIDTH = 44  # characters that fit a phone of 360 px
NOTE_WIDTH = 52
KEY_WIDTH = 44
TOP = 16  # px over the title
_TITLE_LINE, _NOTE_LINE = 20, 17  # px


class Key(NamedTuple):
    """One entry of the key."""

    mark: str  # a glyph like the drawn mark
    colour: str
    words: str  # raw text


class Ramp(NamedTuple):
    """A colour key for marks: evenly spaced labels below a colour gradient."""

    title: str
    colours: tuple[str, ...]
    words: tuple[str, ...]  # raw texts, as all of these

    def plain(self) -> dict[str, Any]:
        """For a page, which shows it instead of plotly's colour bar."""
        words = [clean(word) for word in self.words]
        return {"title": clean(self.title), "colours": list(self.colours), "words": words}


@dataclass(frozen=True)
class Head:
    """Title, notes (sentences), key and ramp of a figure; all texts are raw.

    ``warning`` says why the figure may be unreliable; ``verdict`` is a summary for pages that do not
    show it elsewhere.
    """

    title: str
    warning: str = ""
    verdict: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    key: tuple[Key, ...] = ()
    ramp: Ramp | None = None  # the figure itself shows it as a colour bar

    def markup(self, colours: Theme) -> str:
        """For plotly: escaped, wrapped."""
        lines = [f"<b>{wrapped(self.title, TITLE_WIDTH)}</b>"]
        if self.warning:
            lines.append(_styled(wrapped(self.warning, NOTE_WIDTH), colours.warning))
        if notes := " ".join((*self.verdict, *self.notes)):
            lines.append(_styled(wrapped(notes, NOTE_WIDTH), colours.muted))
        used = NOTE_WIDTH
        for mark, colour, words in self.key:
            entry = _styled(f"{mark}{SPACE}", colour)
            entry += _styled(safe(words, KEY_WIDTH), colours.text)
            length = len(short(words, KEY_WIDTH)) + 6
            fits = used + length <= NOTE_WIDTH
            lines[-1:] = [lines[-1] + 3 * SPACE + entry] if fits else [lines[-1], entry]
            used = used + length if fits else length
        return "<br>".join(lines)

    def height(self, markup: str) -> int:
        """The height of the markup at the top of a figure, in px."""
        return TOP + _TITLE_LINE + _NOTE_LINE * markup.count("<br>")

    def plain(self) -> dict[str, Any]:
        """For a page: cleaned, not escaped (it must be shown as text, never as markup)."""
        return {
            "title": clean(self.title),
            "warning": clean(self.warning),
            "verdict": clean(" ".join(self.verdict)),
            "notes": clean(" ".join(self.notes)),
            "key": [[mark, colour, short(words, KEY_WIDTH)] for mark, colour, words in self.key],
            "ramp": self.ramp and self.ramp.plain(),
        }


def _styled(text: str, colour: str) -> str:
    return f'<span style="font-size:12px;color:{colour}">{text}</span>'
