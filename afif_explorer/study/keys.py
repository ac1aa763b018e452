"""The settings that each result depends on; changes of other settings keep the result."""

from __future__ import annotations

from afif_explorer.choices import CONDITIONAL, chosen
from afif_explorer.spec import Spec

UPLOAD = "upload-"
_DIGEST = 32  # hexadecimal digits
_DATA = ("dataset", "seed")
_FIT = (*_DATA, "model", "hidden", "penalty", "strength")
_HELD_OUT = (*_FIT, "method", "damping")
_TARGET = (*_FIT, "target", "split", "sensitive", "favourable", "pair", "row")
_SOLVE = ("damping", "solver", "scale", "depth", "batch_size")
_EFFECT = (*_TARGET, "method", *_SOLVE, "leverage_correction")
_LISSA = (*_TARGET, "method", "damping", "scale", "depth", "repeats", "batch_size")

DEPENDS: dict[str, tuple[str, ...]] = {
    # stages, from the data upwards
    "data": _DATA,
    "map": _DATA,
    "outcomes": _DATA,
    "groups": (*_DATA, "sensitive"),
    "fit": _FIT,
    "spectrum": _FIT,
    "cost": _FIT,
    "gap": (*_FIT, "damping"),
    "influence": (*_FIT, "damping"),
    "row noise": (*_FIT, "damping"),
    "rows": (*_FIT, "method", "damping"),
    "target": _TARGET,
    "second order": (*_TARGET, "method", "damping", "leverage_correction"),
    "effects": _EFFECT,
    "proximal cost": _EFFECT,
    "lissa run": _LISSA,
    "refit": _FIT,
    "held out": _HELD_OUT,
    "held out along a path": _HELD_OUT,
    "held out for real": _FIT,
    # results
    "points": _EFFECT,
    "agreement": (*_TARGET, *_SOLVE),
    "lissa": _LISSA,
    "cross_validation": _HELD_OUT,
    "unlearning": (*_EFFECT, "rule", "count", "selected"),
    "verification": _EFFECT,
}

_RECURSION = ("scale", "depth", "batch_size")
_ALWAYS: dict[str, tuple[str, ...]] = {  # fields that a result depends on whatever is chosen
    "groups": ("sensitive",),
    "points": ("sensitive",),
    "unlearning": ("sensitive", "favourable", "pair"),
    "lissa": _RECURSION,
    "lissa run": _RECURSION,
}
_TELL_NAMES = ("data",)  # contain the file's name and notes


def upload_name(content: str, label: str) -> str:
    """The name of a user's table, from digests of its content and of its title."""
    return f"{UPLOAD}{content[:_DIGEST]}{label[:_DIGEST]}"


def is_upload(dataset: str) -> bool:
    """Whether a data set is a user's table, not one of the catalogue."""
    return dataset.startswith(UPLOAD)


def content_of(dataset: str) -> str:
    """The name without the title of a user's table: the same for equal content."""
    return dataset[: len(UPLOAD) + _DIGEST] if is_upload(dataset) else dataset


def key(result: str, spec: Spec) -> tuple[object, ...]:
    """The values that ``result`` depends on, without settings that have no effect here.

    Two specs with equal keys have the same result. Tables of equal content share all results except those
    that contain the title and notes.
    """
    counts = effective(result, spec)
    values = {name: getattr(spec, name) if name in counts else None for name in DEPENDS[result]}
    if result not in _TELL_NAMES:
        values["dataset"] = content_of(spec.dataset)
    return tuple(values.values())


def effective(result: str, spec: Spec) -> set[str]:
    """The fields whose value makes a difference to ``result``, given the other choices."""
    values = list(chosen(spec))
    needed = {name for value in values for name in value.needs}.union(_ALWAYS.get(result, ()))
    ignored = {name for value in values for name in value.ignores}
    return set(DEPENDS[result]) - (CONDITIONAL - needed) - ignored
