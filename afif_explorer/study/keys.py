"""The settings that each result depends on; changes of other settings keep the result."""

from __future__ import annotations

from afif_explorer.choices import CONDITIONAL, chosen
from afif_explorer.spec import Spec

UPLOAD = "upload-"
GIVEN = "fit-"  # a fit that the explorer was given
_DIGEST = 32  # hexadecimal digits
_DATA = ("dataset", "seed")
_FITTED = ("model", "hidden", "penalty", "strength")
_FIT = (*_DATA, *_FITTED)
_HELD_OUT = (*_FIT, "method", "damping")
_GAPS = ("sensitive", "favourable", "pair", "minimum", "merge_small")
_TARGET = (*_FIT, "target", "split", *_GAPS, "row")
_SOLVE = ("damping", "solver", "scale", "depth", "batch_size")
_EFFECT = (*_TARGET, "method", *_SOLVE, "leverage_correction")
_LISSA = (*_TARGET, "method", "damping", "scale", "depth", "repeats", "batch_size")

DEPENDS: dict[str, tuple[str, ...]] = {
    # stages, from the data upwards
    "data": _DATA,
    "map": _DATA,
    "map column": _DATA,
    "components": _DATA,
    "outcomes": _DATA,
    "nearest": _DATA,
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
    "watched": _TARGET,
    "profiler": _DATA,
    "proximal cost": _EFFECT,
    "lissa run": _LISSA,
    "refit": _FIT,
    "held out": _HELD_OUT,
    "held out along a path": _HELD_OUT,
    "held out for real": _FIT,
    "estimates": _HELD_OUT,
    # results
    "points": (*_EFFECT, "map_x", "map_y", "map_colour"),
    "brush": _EFFECT,
    "removal": (*_EFFECT, "selected"),
    "agreement": (*_TARGET, *_SOLVE),
    "lissa": _LISSA,
    "cross_validation": _HELD_OUT,
    "unlearning": (*_EFFECT, "rule", "count", "selected"),
    "verification": _EFFECT,
    "patterns": (*_EFFECT, "direction"),
    "flips": (*_FIT, "method", *_SOLVE, "split"),
    "decisions": (*_FIT, "method", *_SOLVE, "split", "sensitive"),
    "row diagnostics": (*_FIT, "method", "damping"),
    "standardised": (*_FIT, "method", "damping"),
    "dfbetas": (*_FIT, "method", "damping"),
    "diagnostics": (*_FIT, "method", "damping", "coefficient"),
    "checks": _EFFECT,
    "comparison": (*_EFFECT, "baseline"),
    "person": (*_FIT, "method", *_SOLVE, "leverage_correction", "split", "row"),
}

_RECURSION = ("scale", "depth", "batch_size")
_ALWAYS: dict[str, tuple[str, ...]] = {  # fields that a result depends on whatever is chosen
    "groups": ("sensitive",),
    "points": ("sensitive",),
    **dict.fromkeys(("watched", "brush"), (*_GAPS, "favourable")),
    "removal": (*_GAPS, "favourable", "selected"),
    "unlearning": _GAPS,
    "decisions": ("sensitive",),
    "person": ("row",),
    "lissa": _RECURSION,
    "lissa run": _RECURSION,
}
_DRAWING = (  # results that draw rows by the seed
    *("lissa", "lissa run", "unlearning", "verification", "cross_validation", "held out"),
    "held out for real",
    "estimates",
)
_TELL_NAMES = ("data",)  # contain the file's name and notes


def upload_name(content: str, label: str) -> str:
    """The name of a user's table, from digests of its content and of its title."""
    return f"{UPLOAD}{content[:_DIGEST]}{label[:_DIGEST]}"


def is_upload(dataset: str) -> bool:
    """Whether a data set is a user's table, not one of the catalogue."""
    return dataset.startswith(UPLOAD)


def is_given(dataset: str) -> bool:
    """Whether it stands for a fit that the explorer was given."""
    return dataset.startswith(GIVEN)


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
    if spec.minimum == 1:
        ignored.add("merge_small")  # no group is small
    if is_given(spec.dataset):
        ignored.update(_FITTED if result in _DRAWING else (*_FITTED, "seed"))
    return set(DEPENDS[result]) - (CONDITIONAL - needed) - ignored
