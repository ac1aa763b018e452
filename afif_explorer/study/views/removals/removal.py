"""The selected rows: the changes predicted without them, and how they differ from all rows."""

from __future__ import annotations

import numpy as np

from afif_explorer.analysis.fits.basins import elsewhere
from afif_explorer.analysis.removal.unlearning import unlearn_with
from afif_explorer.choices.methods import METHODS
from afif_explorer.datasets.rows.profile import Profiler
from afif_explorer.errors import DataError
from afif_explorer.results import Change, Reach, Removal, Trait
from afif_explorer.spec import Spec
from afif_explorer.study.data import data, positions
from afif_explorer.study.fitting import fit
from afif_explorer.study.solving import chosen
from afif_explorer.study.store import stage
from afif_explorer.study.views.removals.sweep import Refit, refit
from afif_explorer.study.views.removals.watched import brush, watched

MOST_TRAITS = 4


def removal(spec: Spec, retrained: bool = False) -> Removal | None:
    """What happens without the selected rows, as from ``ax.unlearn``; None if none is selected.

    ``retrained`` adds a true refit without them, as by ``ax.retrain``.
    """
    rows = positions(data(spec).train, spec.selected)
    if not rows.size:
        return None
    changes: tuple[Change, ...] = ()
    refused, again = "", None
    try:
        again = refit(spec, rows) if retrained else None
        changes = _changes(spec, rows, again)
    except DataError as error:
        refused = str(error)
    return Removal(
        ids=data(spec).train.ids[rows],
        n_train=len(data(spec).train),
        changes=changes,
        traits=_traits(spec, rows),
        refused=refused,
        gradient_norm=None if again is None else again.gradient_norm,
        elsewhere=elsewhere(np.array([again is not None and again.another_basin])),
    )


def _changes(spec: Spec, rows: np.ndarray, again: Refit | None) -> tuple[Change, ...]:
    found, targets = fit(spec), watched(spec)
    if METHODS[spec.method].downdates:
        spec = spec.replace(solver="cholesky")  # each set has a curvature of its own
    without = unlearn_with(chosen(spec), found, found.ids[rows], list(targets.values()))
    sums = brush(spec).effects[:, rows].sum(1, dtype=np.float64)
    changes = []
    for (what, target), summed in zip(targets.items(), sums, strict=True):
        reach = without.target_reach[target]
        truth = None if again is None else target.bind(found).value(again.theta) - what.value
        level = Reach(reach.level, reach.leverage, reach.share, reach.text)
        changes.append(Change(what, without.effects[target], float(summed), level, truth))
    return tuple(changes)


def _traits(spec: Spec, rows: np.ndarray) -> tuple[Trait, ...]:
    frame = data(spec).train.frame
    profiler = stage("profiler", spec, lambda: Profiler(frame))
    chosen_rows = np.zeros(len(frame), dtype=bool)
    chosen_rows[rows] = True
    found = list(profiler.of(chosen_rows))[:MOST_TRAITS]
    return tuple(
        Trait(str(one.condition), one.share, one.overall, one.likely_chance) for one in found
    )
