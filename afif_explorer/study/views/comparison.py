"""The present fit beside the pinned one: metrics, effects, and the rows that change sides."""

from __future__ import annotations

import numpy as np

from afif_explorer.analysis.rows import compare
from afif_explorer.choices.methods import METHODS
from afif_explorer.choices.models import chosen_model
from afif_explorer.choices.penalties import PENALTIES
from afif_explorer.choices.solvers import SOLVERS
from afif_explorer.choices.splits import SPLITS
from afif_explorer.errors import DoesNotApply
from afif_explorer.results import ComparedRows, Comparison, Side
from afif_explorer.spec import Spec
from afif_explorer.study.data import data
from afif_explorer.study.effects import effects
from afif_explorer.study.fitting import fit, train
from afif_explorer.study.keys import content_of
from afif_explorer.study.targets import aim, target_label, target_unit
from afif_explorer.study.validation import settle

TOP = 100  # largest effects whose signs and overlap are compared


def comparison(spec: Spec) -> Comparison:
    """The effects of ``ax.attribute`` at both fits, on the same target.

    Raises :class:`DoesNotApply` for a baseline of other rows.
    """
    asked = spec.at_baseline
    before = None if asked is None else settle(asked)[0]
    if before is not None:
        here, there = ((content_of(one.dataset), one.seed) for one in (spec, before))
        if here != there:
            raise DoesNotApply(
                "The baseline was fitted to other training rows (another data set or seed), so that rows "
                "cannot be compared; choose those again, or pin the present fit."
            )
    return Comparison(
        now=_side(spec),
        before=None if before is None else _side(before),
        rows=None if before is None else _rows(before, spec),
        target_label=target_label(spec),
        unit=target_unit(spec),
    )


def _side(spec: Spec) -> Side:
    words = (
        chosen_model(spec.model, data(spec)).label,
        PENALTIES[spec.penalty].words(spec),
        METHODS[spec.method].label,
        SOLVERS[spec.solver].label,
        *([f"damping {spec.damping:g}"] if spec.damping else []),
    )
    return Side(", ".join(words), train(spec).metrics, aim(spec).value, effects(spec).solver)


def _rows(before: Spec, now: Spec) -> ComparedRows:
    dataset = data(now)
    old, new = effects(before).values, effects(now).values
    known = np.flatnonzero(np.isfinite(old) & np.isfinite(new))
    one, other = old[known], new[known]
    top = min(TOP, max(1, known.size // 10))
    size = np.maximum(np.abs(one) / _scale(one), np.abs(other) / _scale(other))
    largest = known[np.argsort(-size, kind="stable")[:top]]
    turned = largest[old[largest] * new[largest] < 0]
    split = getattr(dataset, now.split)
    means = [np.asarray(fit(spec).predict(split.X)) for spec in (before, now)]
    decided = [_decided(mean, dataset.classes) for mean in means]
    changed = np.flatnonzero(decided[0] != decided[1])
    return ComparedRows(
        ids=dataset.train.ids,
        before=old,
        now=new,
        pearson=compare.pearson(one, other),
        spearman=compare.spearman(one, other),
        top_k=top,
        overlap=compare.top_overlap(one, other, top),
        turned=dataset.train.ids[turned],
        split=SPLITS[now.split].rows,
        difference=float(np.sqrt(np.mean((means[0] - means[1]) ** 2))),
        changed=split.ids[changed],
        decisions=(decided[0][changed], decided[1][changed]),
        n_split=len(split.ids),
    )


def _scale(values: np.ndarray) -> float:
    return float(np.abs(values).max(initial=0.0)) or 1.0


def _decided(mean: np.ndarray, classes: tuple[str, ...]) -> np.ndarray:
    """The decision on each row, as text; "" for all rows if numbers are predicted."""
    if not classes:
        return np.full(len(mean), "", dtype=object)
    place = mean.argmax(1) if mean.ndim == 2 else (mean >= 0.5).astype(int)
    return np.array(classes, dtype=object)[place]
