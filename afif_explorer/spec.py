"""``Spec``: everything a person chose, as one frozen value.

It is the key of the cache, the link in the address bar, the content of a bug report. It holds names
from fixed lists, numbers, and row ids; never free text, so that a link can carry nothing hostile.

>>> spec = Spec(dataset="adult", strength=1e-2)
>>> Spec.from_query(spec.to_query())[0] == spec
True
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, get_type_hints
from urllib.parse import parse_qsl, urlencode

from afif_explorer.errors import ChoiceError

VERSION = 1

MODELS = ("auto", "linear", "logistic", "softmax", "poisson", "mlp")
PENALTIES = ("none", "ridge", "lasso", "elastic_net", "group_lasso")
METHODS = ("afif", "infinitesimal_jackknife", "newton_step")
SOLVERS = ("cholesky", "conjugate_gradient", "lissa")
TARGETS = (
    "mean_loss",
    "demographic_parity",
    "mean_prediction_difference",
    "point_loss",
    "prediction",
)
SPLITS = ("train", "validation", "test")
RULES = ("raise_target", "lower_target", "harmful", "helpful", "random", "selection")
VIEWS = ("points", "agreement", "lissa", "unlearning")

_DATASET = re.compile(r"[a-z0-9_]{1,40}(?:-[0-9a-f]{16,64})?")
_OPTIONS = {
    "model": MODELS,
    "penalty": PENALTIES,
    "method": METHODS,
    "solver": SOLVERS,
    "target": TARGETS,
    "split": SPLITS,
    "rule": RULES,
    "view": VIEWS,
}
_AT_LEAST = {
    "seed": 0,
    "strength": 0,
    "hidden": 1,
    "damping": 0,
    "depth": 1,
    "repeats": 1,
    "batch_size": 1,
    "row": 0,
    "sensitive": 0,
    "count": 0,
}
_ABOVE = {"scale": 0}


@dataclass(frozen=True)
class Spec:
    """One complete set of choices. A number that is ``None`` is chosen by rule during the work.

    Raises :class:`~afif_explorer.errors.ChoiceError` on construction if a value is not one of its
    options or out of its range; the message names the field.
    """

    dataset: str = "hiring"  # a catalogue name, or "upload-<digest>" for somebody's own file
    seed: int = 0  # of the split and of the start of training
    model: str = "auto"  # "auto": the plain model of the data set's task
    hidden: int = 16  # units of the hidden layer ("mlp" alone)
    penalty: str = "ridge"
    strength: float = 1e-3
    method: str = "afif"
    solver: str = "cholesky"
    scale: float | None = None  # LiSSA's sigma
    depth: int | None = None  # LiSSA's steps
    repeats: int = 4
    batch_size: int | None = None
    damping: float = 0.0
    rescale: bool = False
    target: str = "mean_loss"
    split: str = "test"  # where the target is measured
    sensitive: int = 0  # which of the data set's sensitive columns
    row: int = 0  # which row of the split, for targets about one row
    rule: str = "raise_target"  # which rows to remove ...
    count: int = 100  # ... and how many
    selected: tuple[int, ...] = ()  # row ids
    view: str = "points"

    def __post_init__(self) -> None:
        for name, options in _OPTIONS.items():
            if getattr(self, name) not in options:
                raise ChoiceError(
                    f"{name!r} cannot be {_shown(getattr(self, name))}; "
                    f"choose one of: {', '.join(options)}."
                )
        if not _DATASET.fullmatch(self.dataset):
            raise ChoiceError(f"{_shown(self.dataset)} is not the name of a data set.")
        for name, bound in _AT_LEAST.items():
            self._require(name, bound, strict=False)
        for name, bound in _ABOVE.items():
            self._require(name, bound, strict=True)
        object.__setattr__(self, "selected", tuple(sorted({int(i) for i in self.selected})))

    def _require(self, name: str, bound: float, *, strict: bool) -> None:
        value = getattr(self, name)
        if value is None:
            return
        if not math.isfinite(value) or value < bound or (strict and value == bound):
            relation = "above" if strict else "at least"
            raise ChoiceError(f"{name!r} must be a number {relation} {bound}, not {_shown(value)}.")

    def replace(self, **changes: Any) -> Spec:
        """The same choices but for ``changes``."""
        return replace(self, **changes)

    def to_query(self) -> str:
        """All fields, defaults too (a link must not change its meaning when a default does)."""
        pairs = {"v": str(VERSION)}
        pairs |= {name: _encode(value) for name, value in asdict(self).items()}
        return urlencode(pairs)

    @classmethod
    def from_query(cls, query: str | Mapping[str, str]) -> tuple[Spec, tuple[str, ...]]:
        """The choices in a query string, and one sentence for every part that was left out."""
        if isinstance(query, str):
            pairs = dict(parse_qsl(query.lstrip("?")[:16_384], keep_blank_values=True))
        else:
            pairs = dict(query)
        notes = []
        if pairs.pop("v", str(VERSION)) != str(VERSION):
            notes.append("The link was made by another version; it was read as far as possible.")
        spec = cls()
        hints = get_type_hints(cls)
        for name, text in pairs.items():
            if name not in hints:
                notes.append(f"{_shown(name)} in the link is not a choice of this version.")
                continue
            try:
                spec = spec.replace(**{name: _decode(hints[name], text)})
            except (ValueError, OverflowError):
                notes.append(f"{name!r} in the link cannot be {_shown(text)}; the default is used.")
        return spec, tuple(notes)


FIELDS = tuple(field.name for field in fields(Spec))


def _encode(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, tuple):
        return "_".join(map(str, value))
    return repr(value) if isinstance(value, float) else str(value)


def _decode(hint: Any, text: str) -> Any:
    if hint is str:
        return text
    if hint is bool:
        return bool(int(text))
    if hint == tuple[int, ...]:
        return tuple(int(part) for part in text.split("_") if part)
    if text == "" and hint in (float | None, int | None):
        return None
    return int(text) if hint in (int, int | None) else float(text)


def _shown(value: Any) -> str:
    """A value as a message may show it: quoted, short, and without markup."""
    return re.sub(r"[<>&\x00-\x1f]", "?", repr(value))[:60]
