"""The choices as parameters: one for each field of :class:`~afif_explorer.spec.Spec`."""

from __future__ import annotations

import numpy as np
import param

from afif_explorer import spec as spec_
from afif_explorer.spec import FIELDS, RANGES, Spec
from afif_explorer.state.rows import Rows
from afif_explorer.study.labels import LABELS

_DEFAULT = Spec()


def _pick(field: str, options: tuple[str, ...], label: str, doc: str) -> param.Selector:
    objects = {LABELS[field][value]: value for value in options}
    return param.Selector(default=getattr(_DEFAULT, field), objects=objects, label=label, doc=doc)


def _whole(field: str, label: str, doc: str, usual: tuple[int, int] | None = None) -> param.Integer:
    default = getattr(_DEFAULT, field)
    return param.Integer(
        default=default,
        allow_None=default is None,
        bounds=RANGES[field],
        softbounds=usual or RANGES[field],
        label=label,
        doc=doc,
    )


def _real(field: str, label: str, doc: str, usual: tuple[float, float]) -> param.Number:
    default = getattr(_DEFAULT, field)
    return param.Number(
        default=default,
        allow_None=default is None,
        bounds=RANGES[field],
        softbounds=usual,
        label=label,
        doc=doc,
    )


class Settings(param.Parameterized):
    """Everything a person can choose. Which values make sense for the data at hand: ``offered``."""

    dataset = param.String(
        default=_DEFAULT.dataset,
        regex=rf"\A{spec_.DATASET_NAME}\Z",
        label="Data set",
        doc="Which rows to study.",
    )
    seed = _whole("seed", "Seed", "Of the split and of the start of training.", (0, 99))
    model = _pick("model", spec_.MODELS, "Model", "What is fitted to the training rows.")
    hidden = _whole("hidden", "Hidden units", "Size of the hidden layer.", (1, 64))
    penalty = _pick("penalty", spec_.PENALTIES, "Penalty", "What keeps the parameters small.")
    strength = _real(
        "strength", "Penalty strength", "Multiplies the penalty in the objective.", (1e-6, 10)
    )
    method = _pick("method", spec_.METHODS, "Method", "How the effect of a removal is estimated.")
    solver = _pick(
        "solver", spec_.SOLVERS, "Solver", "How the system with the curvature is solved."
    )
    scale = _real(
        "scale",
        "LiSSA scale",
        "Divides the curvature in each step; above half its largest eigenvalue the steps settle.",
        (1e-3, 1e4),
    )
    depth = _whole("depth", "LiSSA depth", "How many steps the recursion takes.", (1, 20_000))
    repeats = _whole("repeats", "LiSSA repeats", "Independent runs that are averaged.", (1, 16))
    batch_size = _whole("batch_size", "LiSSA batch size", "Rows drawn for each step.", (1, 4096))
    damping = _real("damping", "Damping", "Added to the curvature's diagonal.", (0, 10))
    rescale = param.Boolean(
        default=_DEFAULT.rescale,
        label="Rescale by leverage",
        doc="Divide each row's effect by one minus its leverage.",
    )
    target = _pick("target", spec_.TARGETS, "Target", "The quantity whose change is predicted.")
    split = _pick("split", spec_.SPLITS, "Measured on", "The rows on which the target is measured.")
    sensitive = _whole("sensitive", "Sensitive column", "Whose groups are compared.", (0, 9))
    row = _whole("row", "Row of the target", "For targets about a single row.", (0, 99_999))
    rule = _pick("rule", spec_.RULES, "Rows to remove", "How the removed rows are picked.")
    count = _whole("count", "How many", "How many rows are removed.", (0, 1000))
    selected = Rows(label="Selected rows", doc="Ids of the rows, ascending.")
    view = _pick("view", spec_.VIEWS, "View", "What is on screen.")

    offered = param.Dict(
        default={},
        constant=True,
        label="Settings that exist here",
        doc="For each field a dict from what people read to the value, in the order to show.",
    )

    @property
    def known_rows(self) -> np.ndarray | None:
        """The ids of the training rows; None while they are not known."""
        return None

    @property
    def spec(self) -> Spec:
        """All choices as one frozen value: the key of results, the content of a link."""
        return Spec(**{name: getattr(self, name) for name in FIELDS})
