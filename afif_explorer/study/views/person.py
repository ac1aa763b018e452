"""One row of a split: its values, its prediction, and the training rows that matter for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from afif_explorer.analysis.fragility.decisions import DecisionFlips
from afif_explorer.analysis.rows.attribution import attribute
from afif_explorer.choices.splits import SPLITS
from afif_explorer.choices.targets import TARGETS
from afif_explorer.datasets import Dataset
from afif_explorer.engine.targets.predictions import Prediction
from afif_explorer.results import FlipProof, Person, PersonDecision
from afif_explorer.spec import Spec
from afif_explorer.study.data import data, positions
from afif_explorer.study.fitting import fit
from afif_explorer.study.solving import method_of
from afif_explorer.study.store import stage
from afif_explorer.study.views.decisions import flips

SHOWN = 10  # training rows in the table


def person(spec: Spec, verified: bool = False) -> Person:
    """The row ``spec.row`` of the split; ``verified``: with a refit without the rows that carry it."""
    found = stage("person", spec, lambda: _person(spec))
    if verified and found.decision is not None and found.decision.rows.size:
        proof = stage("person", spec, lambda: _proof(spec, found.id), "proof")
        return replace(found, proof=proof)
    return found


def _person(spec: Spec) -> Person:
    dataset = data(spec)
    split = getattr(dataset, spec.split)
    row, observed = int(split.ids[spec.row]), split.y[spec.row]
    outcome, shown = _predicted_class(dataset, spec)
    target = Prediction(spec.split, row, outcome=outcome)
    effects = np.asarray(attribute(fit(spec), target, method_of(spec)))
    decided = _decision(flips(spec), dataset, spec.row) if dataset.classes else None
    rows = np.empty(0, dtype=np.int64) if decided is None else decided.rows
    ranked = dataset.train.ids[np.argsort(-np.abs(np.nan_to_num(effects)), kind="stable")]
    listed = (rows if rows.size else ranked)[:SHOWN]
    at = np.array([int(positions(dataset.train, [one])[0]) for one in listed])
    return Person(
        split=spec.split,
        rows_label=SPLITS[spec.split].rows,
        place=spec.row,
        id=row,
        values=split.frame.iloc[spec.row].to_dict(),
        outcome=_outcome(dataset, observed),
        prediction=target.bind(fit(spec)).value(fit(spec).parameters),
        predicted=shown,
        shown=listed,
        effects=effects[at],
        outcomes=np.array(
            [_outcome(dataset, dataset.train.y[place]) for place in at], dtype=object
        ),
        unit=TARGETS["prediction"].unit(dataset),
        decision=decided,
    )


def _decision(found: DecisionFlips, dataset: Dataset, place: int) -> PersonDecision:
    row = int(found.ids[place])
    known = not np.isnan(found.counts[place])
    return PersonDecision(
        decided=dataset.classes[int(found.decisions[place])],
        rival=dataset.classes[int(found.rivals[place])],
        margin=float(found.margins[place]),
        rows=found.rows(row) if known else np.empty(0, dtype=np.int64),
        verified=row in found.sets,
        most=found.most,
    )


def _predicted_class(dataset: Dataset, spec: Spec) -> tuple[int | None, str]:
    """The class whose probability is shown: that of the decision; none for numbers."""
    if not dataset.classes:
        return None, ""
    decided = int(flips(spec).decisions[spec.row])
    return decided, dataset.classes[decided]


def _outcome(dataset: Dataset, y: float) -> str:
    return dataset.classes[int(y)] if dataset.classes else f"{y:.6g}"


def _proof(spec: Spec, row: int) -> FlipProof:
    check = flips(spec).verify(row)
    return FlipProof(
        after=data(spec).classes[check.after],
        margin=check.margin,
        flipped=check.flipped,
        gradient_norm=check.refit.gradient_norm,
    )
