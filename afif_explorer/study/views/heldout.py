"""Refits without single rows, the reference for approximate cross-validation."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.removal.refits import rises_without
from afif_explorer.analysis.rows import compare
from afif_explorer.results import HeldOutCheck
from afif_explorer.spec import Spec
from afif_explorer.study.data import data
from afif_explorer.study.fitting import fit
from afif_explorer.study.store import stage

CHECKED = 20  # rows that are refitted without, the same at every strength


@dataclass(frozen=True, eq=False)
class HeldOut:
    """A fit at one strength, and the loss of each row predicted without the row ``[n]``."""

    fit: Fit
    losses: np.ndarray

    @cached_property
    def fitted(self) -> np.ndarray:
        """Loss of each row at the fit on all of them, ``[n]``."""
        return self.fit.objective.at(self.fit.theta).plain_losses().cpu().numpy()

    @property
    def rise(self) -> np.ndarray:
        """The increase of each row's own loss when it is left out, ``[n]``."""
        return self.losses - self.fitted


def check_of(spec: Spec, at: dict[float, HeldOut]) -> HeldOutCheck:
    """Refit without each of some random rows, at each of the strengths.

    This improves the estimate of the mean held-out loss of all rows: the predicted mean, corrected by the
    mean difference on the checked rows, with its standard error.
    """
    began = time.perf_counter()
    n = fit(spec).n
    defined = np.all([~np.isnan(known.losses) for known in at.values()], axis=0)
    shuffled = np.random.default_rng(spec.seed).permutation(n)
    rows = np.sort(shuffled[defined[shuffled]][: min(CHECKED, n - 1)])
    true = [_true_rise(spec.replace(strength=s), known.fit, rows) for s, known in at.items()]
    guess = [known.rise[rows] for known in at.values()]
    away = [actual - predicted for (actual, _), predicted in zip(true, guess, strict=True)]
    predicted, actual = np.concatenate(guess), np.concatenate([rise for rise, _ in true])
    return HeldOutCheck(
        ids=np.tile(data(spec).train.ids[rows], len(at)),
        strength=np.repeat(list(at), len(rows)),
        predicted=predicted,
        actual=actual,
        strengths=np.array(list(at)),
        mean=np.array(
            [np.nanmean(k.losses) + d.mean() for k, d in zip(at.values(), away, strict=True)]
        ),
        standard_error=np.array([d.std(ddof=1) / len(d) ** 0.5 for d in away]),
        pearson=compare.pearson(predicted, actual),
        slope=compare.slope(predicted, actual),
        gradient_norm=max(norm for _, norm in true),
        seconds=time.perf_counter() - began,
    )


def _true_rise(at: Spec, found: Fit, rows: np.ndarray) -> tuple[np.ndarray, float]:
    """Increase of each row's own loss in a refit without it ``[m]``, and the largest gradient norm."""
    return stage("held out for real", at, lambda: rises_without(found, rows), rows.tobytes())
