"""Predicted effects compared with retraining without each of some rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from afif_explorer.analysis.fits.basins import elsewhere
from afif_explorer.analysis.removal.refits import retrain_each
from afif_explorer.analysis.rows import compare
from afif_explorer.errors import InvalidChoice
from afif_explorer.results import Verification
from afif_explorer.spec import Spec
from afif_explorer.study.data import data, positions
from afif_explorer.study.effects import effects
from afif_explorer.study.fitting import fit
from afif_explorer.study.targets import aim, target_label, target_unit
from afif_explorer.study.views.curvatures.curvature_truth import curvature_truth


def verify(
    spec: Spec, random: int = 20, top: int = 20, selected: Sequence[int] = ()
) -> Verification:
    """Leave out, one at a time, random rows, those with the largest effects, and selected ones.

    ``selected`` are row ids. Raises :class:`InvalidChoice` if there is nothing to check.
    """
    dataset, found = data(spec), effects(spec)
    predicted = found.values
    picked = _pick(predicted, random, top, positions(dataset.train, selected), spec.seed)
    if not picked:
        raise InvalidChoice("Choose at least one row to check.")
    rows = np.array(sorted(picked))
    truth = retrain_each(fit(spec), dataset.train.ids[rows], aim(spec).target)
    guess, actual = predicted[rows], truth.effects
    return Verification(
        ids=dataset.train.ids[rows],
        predicted=guess,
        actual=actual,
        picked=np.array([picked[row] for row in rows.tolist()], dtype=object),
        pearson=compare.pearson(guess, actual),
        spearman=compare.spearman(guess, actual),
        slope=compare.slope(guess, actual),
        gradient_norm=float(truth.gradient_norm.max()),
        seconds=truth.seconds,
        target_label=target_label(spec),
        unit=target_unit(spec),
        solver=found.solver,
        curvatures=curvature_truth(spec, rows, actual),
        elsewhere=elsewhere(truth.another_basin),
    )


def _pick(
    effect: np.ndarray, random: int, top: int, selected: np.ndarray, seed: int
) -> dict[int, str]:
    """Why each row is checked; a row that qualifies twice is named by the first reason.

    Rows whose removal is undefined are included only if selected, and then raise an error.
    """
    defined = np.flatnonzero(~np.isnan(effect))
    ordered = defined[np.argsort(-np.abs(effect[defined]), kind="stable")]
    largest = ordered[: max(0, top)].tolist()
    picked = dict.fromkeys(largest, "largest effect")
    for row in selected.tolist():
        picked.setdefault(row, "selected")
    others = np.setdiff1d(defined, np.array(list(picked), dtype=int))
    chance = np.random.default_rng(seed).permutation(others)[: max(0, random)]
    return picked | dict.fromkeys(chance.tolist(), "random")
