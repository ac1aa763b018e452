"""How few training rows carry each decision on the rows of a split."""

from __future__ import annotations

import numpy as np

from afif_explorer.analysis.fragility.decisions import DecisionFlips
from afif_explorer.analysis.fragility.flip import flip
from afif_explorer.choices.splits import SPLITS
from afif_explorer.errors import DoesNotApply
from afif_explorer.results import Decisions
from afif_explorer.spec import Spec
from afif_explorer.study.data import data, groups
from afif_explorer.study.fitting import fit
from afif_explorer.study.given import model_words
from afif_explorer.study.solving import method_of
from afif_explorer.study.store import has_grown, stage


def decisions(spec: Spec) -> Decisions:
    """As from ``ax.flip``. Raises :class:`DoesNotApply` for a model that predicts numbers."""
    if not data(spec).classes:
        raise DoesNotApply(
            f"{model_words(fit(spec))} predicts numbers and makes no decisions that could flip; choose a "
            "data set with classes. One row and what its prediction depends on are shown all the same."
        )
    found = flips(spec)
    classes = np.array(data(spec).classes, dtype=object)
    return Decisions(
        split=spec.split,
        rows_label=SPLITS[spec.split].rows,
        ids=found.ids,
        decision=classes[found.decisions],
        margin=found.margins,
        counts=found.counts,
        verified=np.isin(found.ids, list(found.sets)),
        group=groups(spec, spec.split),
        n_train=found.fit.n,
        most=found.most,
        refitted=found.refitted,
        seconds=found.seconds,
    )


def flips(spec: Spec) -> DecisionFlips:
    """``ax.flip`` with the chosen split and method."""

    def search() -> DecisionFlips:
        found = flip(fit(spec), split=spec.split, method=method_of(spec))
        has_grown("fit", spec)
        return found

    return stage("flips", spec, search)
