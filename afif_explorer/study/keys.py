"""Which choices each result depends on: a change of any other choice keeps the result."""

from __future__ import annotations

from afif_explorer.spec import Spec

_DATA = ("dataset", "seed")
_FIT = (*_DATA, "model", "hidden", "penalty", "strength")
_TARGET = (*_FIT, "target", "split", "sensitive", "row")
_SOLVE = ("damping", "solver", "scale", "depth")
_EFFECT = (*_TARGET, "method", *_SOLVE, "rescale")

DEPENDS: dict[str, tuple[str, ...]] = {
    "data": _DATA,
    "fit": _FIT,
    "point": (*_FIT, "method", "damping"),
    "target": _TARGET,
    "effects": _EFFECT,
    "points": _EFFECT,
    "agreement": (*_TARGET, *_SOLVE, "rescale"),
    "lissa": (*_TARGET, "method", "damping", "scale", "depth", "repeats", "batch_size"),
    "unlearning": (*_EFFECT, "rule", "count", "selected"),
    "verification": (*_EFFECT, "selected"),
}

_ABOUT_GROUPS = ("demographic_parity", "mean_prediction_difference")
_ABOUT_A_ROW = ("point_loss", "prediction")


def key(result: str, spec: Spec) -> tuple[object, ...]:
    """The values that ``result`` depends on, with choices that have no effect here left out.

    Two specs with equal keys have the same result.
    """
    without = _idle(spec, result)
    return tuple(None if name in without else getattr(spec, name) for name in DEPENDS[result])


def _idle(spec: Spec, result: str) -> set[str]:
    """Fields whose value makes no difference to ``result``, given the other choices."""
    idle = set()
    if spec.model != "mlp":
        idle.add("hidden")
    if spec.penalty == "none":
        idle.add("strength")
    if spec.solver != "lissa" and result != "lissa":
        idle |= {"scale", "depth"}
    if spec.target not in _ABOUT_A_ROW:
        idle.add("row")
    if spec.target not in _ABOUT_GROUPS and result in ("target", "effects", "agreement", "lissa"):
        idle.add("sensitive")
    if result == "unlearning" and spec.rule != "selection":
        idle.add("selected")
    if result == "unlearning" and spec.rule == "selection":
        idle.add("count")
    return idle
