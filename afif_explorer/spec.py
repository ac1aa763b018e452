"""``Spec``: everything a person chose, as one frozen value.

It is the key of the cache, the link in the address bar, the content of a bug report. It holds names
from fixed lists, numbers, and row ids; never free text, so that a link can carry nothing hostile.

>>> spec = Spec(dataset="adult", strength=1e-2)
>>> Spec.from_query(spec.to_query())[0] == spec
True
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from itertools import islice
from numbers import Integral, Real
from operator import index
from typing import Any, get_type_hints
from urllib.parse import parse_qsl, urlencode

import numpy as np

from afif_explorer.choices import LARGEST_ID, NUMBERS, PICKS
from afif_explorer.errors import InvalidChoice
from afif_explorer.numeric import is_name

VERSION = 1

DATASET_NAME = r"[a-z0-9_]{1,40}(?:-[0-9a-f]{16,64})?"
OPTIONS = {name: tuple(field.options) for name, field in PICKS.items()}
RANGES = {name: (field.low, field.high) for name, field in NUMBERS.items()}  # both allowed
MOST_SELECTED = 2_000_000
PINNED = (  # what a baseline holds
    "dataset", "seed", "model", "hidden", "penalty", "strength", "method", "solver", "scale", "depth",
    "batch_size", "damping", "leverage_correction",
)  # fmt: skip
_LONGEST_BASELINE = 500
_LONGEST_QUERY = 65_536  # what a web server accepts as an address
_LONGEST_SELECTION = 48_000  # characters of it
_LEFT_OUT = "-"  # before the number of rows of a longer one
_MOST_NOTES = 8


@dataclass(frozen=True)
class Spec:
    """One complete set of choices; :mod:`afif_explorer.choices` declares them. ``None``: automatic.

    Raises:
        InvalidChoice: on construction, if a value is not one of its options or out of its range; the
            message names the field.

    >>> import afif_explorer as ax
    >>> spec = ax.Spec(dataset="adult", penalty="lasso", strength=1e-2)
    >>> again, notes = ax.Spec.from_query(spec.to_query())
    >>> again == spec, notes
    (True, ())
    """

    dataset: str = "hiring"  # a catalogue name, or "upload-<digest>" for an uploaded file
    seed: int = 0  # of the split and of the start of training
    model: str = "auto"
    hidden: int = 16  # units of the hidden layer
    penalty: str = "ridge"
    strength: float = 1e-3
    method: str = "afif"
    solver: str = "cholesky"
    scale: float | None = None  # LiSSA's sigma
    depth: int | None = None  # LiSSA's steps
    repeats: int = 4
    batch_size: int | None = None
    damping: float = 0.0
    leverage_correction: bool = True  # where leverages cost little
    target: str = "mean_loss"
    split: str = "test"  # where the target is measured
    sensitive: int = 0  # which of the data set's sensitive columns, or of their intersections
    favourable: int = -1  # which class gaps are about; -1: guessed from its name
    pair: int = (
        -1
    )  # which two groups of that column gaps compare; -1: those that are furthest apart
    minimum: int = 1  # rows; smaller groups are not compared ...
    merge_small: bool = False  # ... or compared as one
    row: int = 0  # which row of the split, for targets about one row
    rule: str = "raise_target"  # which rows to remove ...
    count: int = 20  # ... and how many: few enough for one step to be near the refit
    direction: str = "lower"  # of the target, without the rows of a pattern
    pattern: int = 0  # which pattern is shown in detail
    coefficient: int = 0  # the position of the one shown in detail
    map_x: int = 0  # what the map shows, see choices.map_values; 0: automatic
    map_y: int = 0
    map_colour: int = 0
    baseline: str = ""  # the fit to compare with: its values of PINNED, joined by "~"
    selected: tuple[int, ...] = ()  # row ids
    view: str = "points"

    def __post_init__(self) -> None:
        for name, options in OPTIONS.items():
            if not is_name(getattr(self, name), options):
                raise InvalidChoice(
                    f"{name!r} cannot be {_shown(getattr(self, name))}; "
                    f"choose one of: {', '.join(options)}."
                )
        if not isinstance(self.dataset, str) or not re.fullmatch(DATASET_NAME, self.dataset):
            raise InvalidChoice(f"{_shown(self.dataset)} is not the name of a data set.")
        for name in RANGES:
            object.__setattr__(self, name, _number(name, getattr(self, name)))
        for name in ("leverage_correction", "merge_small"):
            object.__setattr__(self, name, bool(getattr(self, name)))
        object.__setattr__(self, "selected", _row_ids(self.selected))
        _check_baseline(self)

    def replace(self, **changes: Any) -> Spec:
        """The same choices but for ``changes``."""
        return replace(self, **changes)

    def pinned(self) -> str:
        """The present fit and method as the ``baseline`` of other choices."""
        return "~".join(_encode(getattr(self, name)) for name in PINNED)

    @property
    def at_baseline(self) -> Spec | None:
        """These choices with the fit and the method of the baseline; None without one."""
        if not self.baseline:
            return None
        pinned = zip(PINNED, self.baseline.split("~"), strict=True)
        return self.replace(baseline="", **{n: _decode(_HINTS[n], text) for n, text in pinned})

    def to_query(self) -> str:
        """All fields, defaults too (a link must not change its meaning when a default does).

        A selection too long for a web server's addresses is left out, and its number of rows told instead.
        """
        pairs = {"v": str(VERSION)}
        pairs |= {name: _encode(getattr(self, name)) for name in FIELDS}
        return urlencode(pairs)

    @classmethod
    def from_query(cls, query: str | Mapping[str, str]) -> tuple[Spec, tuple[str, ...]]:
        """The choices in a query string, and a sentence for every part of it that was left out."""
        pairs, notes = _pairs(query)
        if pairs.pop("v", str(VERSION)) != str(VERSION):
            notes.append("The link was made by another version; it was read as far as possible.")
        spec = cls()
        for name, text in pairs.items():
            if name not in FIELDS:
                notes.append(f"{_shown(name)} in the link is not a choice of this version.")
                continue
            if name == "selected" and re.fullmatch(rf"{_LEFT_OUT}\d{{1,9}}", text):
                notes.append(
                    f"The link was made with {text[1:]} selected rows, which are too many for a link; no row "
                    "is selected."
                )
                continue
            try:
                spec = spec.replace(**{name: _decode(_HINTS[name], text)})
            except ValueError:
                notes.append(f"{name!r} in the link cannot be {_shown(text)}; the default is used.")
        more = len(notes) - _MOST_NOTES
        if more > 0:
            notes[_MOST_NOTES:] = [f"{more} more parts of the link were left out."]
        return spec, tuple(notes)


FIELDS = tuple(field.name for field in fields(Spec))
_HINTS = get_type_hints(Spec)


def _number(name: str, value: Any) -> Any:
    """``value`` as a plain int or float in its range. Comparisons that hold refuse NaN as well."""
    optional, whole = _HINTS[name] in (int | None, float | None), _HINTS[name] in (int, int | None)
    if value is None and optional:
        return None
    low, high = RANGES[name]
    kind = Integral if whole else Real
    fits = isinstance(value, kind) and not isinstance(value, bool)
    if not fits or not low <= value <= high:
        raise InvalidChoice(
            f"{name!r} must be a {'whole ' if whole else ''}number from {low:.10g} to {high:.10g}, "
            f"not {_shown(value)}."
        )
    return int(value) if whole else float(value)


def _check_baseline(spec: Spec) -> None:
    """Raise :class:`InvalidChoice` unless its baseline is the :meth:`Spec.pinned` of valid choices."""
    try:
        if not isinstance(spec.baseline, str) or len(spec.baseline) > _LONGEST_BASELINE:
            raise InvalidChoice("too long")
        there = spec.at_baseline
        fits = there is None or there.pinned() == spec.baseline
    except (ValueError, OverflowError):
        fits = False
    if not fits:
        raise InvalidChoice(
            "'baseline' is not the baseline of a link; pin a fit in the view Compare."
        )


def fits_link(selected: tuple[int, ...]) -> bool:
    """Whether :meth:`Spec.to_query` holds these rows."""
    return not _pack(selected).startswith(_LEFT_OUT)


def _row_ids(ids: Iterable[Any]) -> tuple[int, ...]:
    try:
        chosen = sorted({index(i) for i in islice(ids, MOST_SELECTED + 1)})
    except TypeError:
        raise InvalidChoice("'selected' must be a list of row numbers.") from None
    if len(chosen) > MOST_SELECTED:
        raise InvalidChoice(f"At most {MOST_SELECTED} rows can be selected; select fewer.")
    if chosen and not 0 <= chosen[0] <= chosen[-1] <= LARGEST_ID:
        raise InvalidChoice(f"Row numbers go from 0 to {LARGEST_ID}.")
    return tuple(chosen)


def _pairs(query: str | Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    if not isinstance(query, str):
        return {str(name): str(text) for name, text in query.items()}, []
    if len(query) > _LONGEST_QUERY:
        return {}, ["The link is too long to be one of ours; the defaults are shown."]
    return dict(parse_qsl(query.lstrip("?"), keep_blank_values=True)), []


def _encode(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, tuple):
        return _pack(value)
    return repr(value) if isinstance(value, float) else str(value)


def _decode(hint: Any, text: str) -> Any:
    if hint is str:
        return text
    if hint is bool:
        return bool(int(text))
    if hint == tuple[int, ...]:
        return _unpack(text)
    if text == "" and hint in (float | None, int | None):
        return None
    return int(text) if hint in (int, int | None) else float(text)


def _pack(ids: tuple[int, ...]) -> str:
    """Row ids in ascending order as text: a list, or a bitmap from the first id where shorter.

    Of a selection too long for either, only the number of rows.
    """
    if not ids:
        return ""
    counted, span = f"{_LEFT_OUT}{len(ids)}", ids[-1] - ids[0]
    if min(len(ids), span // 6) > _LONGEST_SELECTION:
        return counted
    listed = "_".join(map(str, ids))
    text = listed if span // 6 > len(listed) else min(listed, _bitmap(ids), key=len)
    return text if len(text) <= _LONGEST_SELECTION else counted


def _bitmap(ids: tuple[int, ...]) -> str:
    present = np.zeros(ids[-1] - ids[0] + 1, dtype=bool)
    present[np.subtract(ids, ids[0])] = True
    bitmap = urlsafe_b64encode(np.packbits(present).tobytes()).decode().rstrip("=")
    return f"{ids[0]}~{bitmap}"


def _unpack(text: str) -> tuple[int, ...]:
    first, tilde, bitmap = text.partition("~")
    if not tilde:
        return tuple(int(part) for part in text.split("_") if part)
    packed = np.frombuffer(urlsafe_b64decode(bitmap + "=" * (-len(bitmap) % 4)), dtype=np.uint8)
    return tuple(int(first) + i for i in np.flatnonzero(np.unpackbits(packed)).tolist())


def _shown(value: Any) -> str:
    """A value as a message may show it: short, and nothing in it that any renderer acts on."""
    if isinstance(value, int) and value.bit_length() > 200:
        return "so large a number"
    text = value if isinstance(value, str) else repr(value)
    return "'" + re.sub(r"[^\w .,+:-]", "?", text[:60]) + "'"
