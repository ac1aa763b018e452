"""The settings as parameters: one for each field of :class:`~afif_explorer.spec.Spec`."""

from __future__ import annotations

import numpy as np
import param

from afif_explorer.choices import FIELDS, NUMBERS, PICKS
from afif_explorer.spec import DATASET_NAME, Spec
from afif_explorer.state.rows import Rows

_DEFAULT = Spec()


def _words(name: str) -> dict[str, str]:
    return {"label": FIELDS[name].label, "doc": FIELDS[name].doc}


def _pick(name: str) -> param.Selector:
    objects = {option.label: key for key, option in PICKS[name].options.items()}
    return param.Selector(default=getattr(_DEFAULT, name), objects=objects, **_words(name))


def _number(name: str, kind: type[param.Number]) -> param.Number:
    default, field = getattr(_DEFAULT, name), NUMBERS[name]
    return kind(
        default=default,
        allow_None=default is None,
        bounds=(field.low, field.high),
        softbounds=field.usual,
        **_words(name),
    )


def _whole(name: str) -> param.Integer:
    return _number(name, param.Integer)


def _real(name: str) -> param.Number:
    return _number(name, param.Number)


_SET_BACK = {  # fields that go back to their default when another one changes
    "dataset": (
        "model", "sensitive", "favourable", "pair", "row", "pattern", "coefficient", "map_x", "map_y",
        "map_colour", "baseline", "selected",
        "primary", "scale", "depth",
    ),
    "sensitive": ("pair",),
}  # fmt: skip


def set_back(changed: set[str]) -> set[str]:
    """The fields whose values mean nothing any more after a change of others."""
    return {name for field in changed for name in _SET_BACK.get(field, ())} - changed


class Settings(param.Parameterized):
    """All settings. The values that fit the current data are in ``offered``."""

    dataset = param.String(
        default=_DEFAULT.dataset, regex=rf"\A{DATASET_NAME}\Z", **_words("dataset")
    )
    seed = _whole("seed")
    model = _pick("model")
    hidden = _whole("hidden")
    penalty = _pick("penalty")
    strength = _real("strength")
    method = _pick("method")
    solver = _pick("solver")
    scale = _real("scale")
    depth = _whole("depth")
    repeats = _whole("repeats")
    batch_size = _whole("batch_size")
    damping = _real("damping")
    leverage_correction = param.Boolean(
        default=_DEFAULT.leverage_correction, **_words("leverage_correction")
    )
    target = _pick("target")
    split = _pick("split")
    sensitive = _whole("sensitive")
    favourable = _whole("favourable")
    pair = _whole("pair")
    minimum = _whole("minimum")
    merge_small = param.Boolean(default=_DEFAULT.merge_small, **_words("merge_small"))
    row = _whole("row")
    rule = _pick("rule")
    count = _whole("count")
    direction = _pick("direction")
    pattern = _whole("pattern")
    coefficient = _whole("coefficient")
    map_x = _whole("map_x")
    map_y = _whole("map_y")
    map_colour = _whole("map_colour")
    baseline = param.String(default=_DEFAULT.baseline, **_words("baseline"))
    selected = Rows(**_words("selected"))
    view = _pick("view")

    offered = param.Dict(
        default={},
        constant=True,
        label="Available values of the settings",
        doc="For each field a dict from labels to values, in display order.",
    )

    @property
    def known_rows(self) -> np.ndarray | None:
        """The ids of the training rows; None while unknown."""
        return None

    @property
    def spec(self) -> Spec:
        """All settings as one frozen value: the key of results and the content of a link."""
        return Spec(**{name: getattr(self, name) for name in FIELDS})
