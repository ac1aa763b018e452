"""Refits without single rows, the reference for approximate cross-validation."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from afif_explorer.analysis.fits.basins import elsewhere
from afif_explorer.analysis.fits.fitting import Fit
from afif_explorer.analysis.leave_one_out import leave_one_out
from afif_explorer.analysis.removal.rises import Rises, rises_without
from afif_explorer.analysis.rows import compare
from afif_explorer.engine.influence.methods import Method
from afif_explorer.errors import CurvatureError, InvalidChoice
from afif_explorer.results import HeldOutCheck, HeldOutEstimates
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
    away = [actual.losses - predicted for actual, predicted in zip(true, guess, strict=True)]
    predicted, actual = np.concatenate(guess), np.concatenate([rise.losses for rise in true])
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
        gradient_norm=max(one.gradient_norm for one in true),
        seconds=time.perf_counter() - began,
        elsewhere=elsewhere(np.concatenate([one.basins.another for one in true])),
    )


def estimates_of(spec: Spec, method: Method) -> HeldOutEstimates:
    """One step, leverage correction, importance sampling and refits beside each other."""

    def work() -> HeldOutEstimates:
        try:
            found = leave_one_out(fit(spec), method, refits=CHECKED, seed=spec.seed)
        except (CurvatureError, InvalidChoice) as error:  # without an approximate posterior
            return HeldOutEstimates(pd.DataFrame(), {}, (str(error),))
        table = found.table[found.table["refit"].notna()]
        compared = table[["one_step", "corrected", "psis_plug_in", "refit"]]
        apart = compared.max(axis=1) - compared.min(axis=1)
        ranked = table.loc[apart.sort_values(ascending=False, kind="stable").index]
        return HeldOutEstimates(ranked, found.means.to_dict(), found.notes)

    return stage("estimates", spec, work)


def _true_rise(at: Spec, found: Fit, rows: np.ndarray) -> Rises:
    """The increase of each row's own loss in a refit without it ``[m]``."""
    return stage("held out for real", at, lambda: rises_without(found, rows), rows.tobytes())
