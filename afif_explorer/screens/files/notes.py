"""The notes on how a data set was made, in groups, each with the reason and, for an own table, its column."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from afif_explorer.datasets.reading.text import clean
from afif_explorer.results import DataSummary
from afif_explorer.wording import count

FEW = 2  # notes that are shown without opening a list
_LONGEST = 600  # characters of a note


class Kind(NamedTuple):
    """A kind of note: its heading, the words by which it is known, and why such things are done."""

    heading: str
    words: str
    why: str


KINDS = (
    Kind(
        "Left out",
        r"left out|no input\b|not an input",
        "What names the rows, is the same in all of them, repeats another column or cannot be computed with "
        "tells a model nothing, or the answer; rows without a target cannot be learned from.",
    ),
    Kind(
        "Filled in",
        r"\bfilled with\b|became the level|get 0 in",
        "A model needs a number in every cell. What is filled in comes from the training rows only, so that "
        "nothing of the held-out rows is known in training.",
    ),
    Kind(
        "Merged",
        r"were merged|were joined|are joined|became '",
        "Spellings of one level would otherwise be separate inputs, classes or groups, with too few rows.",
    ),
    Kind(
        "Guessed",
        r"is a guess|treated as (?:classes|counts)|set the task|detected|no line of column names|was taken|"
        r"Western",
        "The file does not say it, so it was inferred from names and values.",
    ),
    Kind(
        "In doubt",
        r"\bmay\b|was not read|unless|so a model can|it is an input|uncertain|undefined|nothing in the table|"
        r"unique|ha(?:s|ve) no \w+ rows",
        "The numbers can be computed, but only you can know whether they mean what you think.",
    ),
    Kind(
        "Changed in reading",
        r"became|read with|were renamed|converted|missing|days|cut at|removed",
        "Numbers, dates and gaps are written in many ways; they are read as what they stand for.",
    ),
)  # fmt: skip
OTHER = Kind("Good to know", "", "It matters for how the results are read.")


def kind_of(note: str) -> Kind:
    """The kind of a note."""
    return next((kind for kind in KINDS if re.search(kind.words, note)), OTHER)


def column_of(note: str, columns: Iterable[str]) -> str:
    """The column that a note is about, the first one that it names in quotation marks; "" for none."""
    places = [
        (place, -len(name), name) for name in columns if (place := note.find(f"'{name}'")) >= 0
    ]
    return min(places)[2] if places else ""


def as_json(data: DataSummary | None, columns: Sequence[str] = ()) -> str:
    """The notes for ``static/notes.js``; empty without any.

    ``columns``: those of the own table that the data set was made of, if they can still be changed.
    """
    if data is None or not data.notes:
        return ""
    groups: dict[str, list[dict[str, str]]] = {kind.heading: [] for kind in (*KINDS, OTHER)}
    for note in data.notes:
        kind = kind_of(note)
        column = column_of(note, columns)
        groups[kind.heading].append(
            {"text": clean(note, _LONGEST), "why": kind.why, "column": column}
        )
    found = [(heading, notes) for heading, notes in groups.items() if notes]
    many = len(data.notes)
    said = ", ".join(
        f"{count(len(notes))} {heading[0].lower()}{heading[1:]}" for heading, notes in found
    )
    title = f"{count(many)} {'note' if many == 1 else 'notes'} on the data"
    content = {
        "title": f"{title}: {said}",
        "open": many <= FEW or bool(columns),
        "groups": found,
        "words": {"why": "Why", "change": "Change"},
    }
    return json.dumps(content)
