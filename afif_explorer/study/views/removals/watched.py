"""The quantities that are followed while rows are selected, and each row's effect on them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from afif_explorer.analysis.rows.attribution import effects_of
from afif_explorer.choices.targets import GAPS, TARGETS
from afif_explorer.engine.targets.base import Target
from afif_explorer.errors import UndefinedMeasure
from afif_explorer.results import Brush, Watched
from afif_explorer.spec import Spec
from afif_explorer.study.data import data
from afif_explorer.study.fitting import fit
from afif_explorer.study.solving import chosen
from afif_explorer.study.store import stage
from afif_explorer.study.targets import aim, target_label, target_unit
from afif_explorer.study.views.measures import reported


def watched(spec: Spec) -> dict[Watched, Target]:
    """The chosen target, and beside it the mean loss, the soft accuracy and a gap on the reported rows.

    Those that are not defined for the data are left out.
    """
    return stage("watched", spec, lambda: dict(_defined(spec)))


def _defined(spec: Spec) -> Iterator[tuple[Watched, Target]]:
    for key, asked in _asked(spec):
        try:
            found = aim(asked)
        except UndefinedMeasure:
            continue
        yield Watched(key, target_label(asked), target_unit(asked), found.value), found.target


def _asked(spec: Spec) -> Iterator[tuple[str, Spec]]:
    """The settings of each: as if it were the chosen target."""
    yield "target", spec
    dataset, here = data(spec), spec.replace(split=reported(spec))
    for name, option in TARGETS.items():
        if option.beside and spec.target != name and option.fits(dataset):
            yield option.beside, here.replace(target=name)
    fitting = [name for name, option in GAPS.items() if option.fits(dataset)]
    if fitting and spec.target not in GAPS:
        yield "gap", here.replace(target=fitting[0])


def brush(spec: Spec) -> Brush:
    """The effects of all training rows on the watched quantities, as from ``ax.attribute``."""
    return stage("brush", spec, lambda: _brush(spec))


def _brush(spec: Spec) -> Brush:
    targets = watched(spec)
    found = effects_of(chosen(spec), fit(spec), list(targets.values()))
    effects = np.ascontiguousarray(found.T, dtype=np.float32)
    return Brush(data(spec).train.ids, tuple(targets), effects)
