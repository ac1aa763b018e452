"""Groups of training rows in words whose removal changes the target most."""

from __future__ import annotations

from afif_explorer.analysis.patterns.search import patterns as search
from afif_explorer.choices.splits import SPLITS
from afif_explorer.results import PatternRows, Patterns
from afif_explorer.spec import Spec
from afif_explorer.study.data import data
from afif_explorer.study.fitting import fit
from afif_explorer.study.solving import method_of
from afif_explorer.study.store import has_grown, stage
from afif_explorer.study.targets import aim, target_label, target_unit

MANY_COLUMNS = 40  # above which groups have two conditions at most
PERMUTATIONS = 99


def patterns(spec: Spec) -> Patterns:
    """The groups for the chosen target and method, as from ``ax.patterns``."""
    return stage("patterns", spec, lambda: _patterns(spec))


def _patterns(spec: Spec) -> Patterns:
    dataset, found_fit = data(spec), fit(spec)
    depth = 2 if dataset.train.frame.shape[1] > MANY_COLUMNS else 3
    found = search(
        found_fit,
        aim(spec).target,
        depth=depth,
        direction=spec.direction,
        permutations=PERMUTATIONS,
        method=method_of(spec),
    )
    has_grown("fit", spec)
    chosen_on, told_on = (_split(one, spec) for one in (found.chosen_by, found.target))
    return Patterns(
        found=tuple(
            PatternRows(
                words=one.words,
                ids=one.rows,
                share=one.share,
                p_value=one.p_value,
                chosen=one.chosen,
                summed=one.summed,
                newton=one.newton,
                retrained=one.retrained,
            )
            for one in found
        ),
        n_train=found_fit.n,
        depth=depth,
        searched=found.searched,
        permutations=PERMUTATIONS,
        direction=spec.direction,
        chosen_on=SPLITS[chosen_on].rows,
        told_on=SPLITS[told_on].rows,
        target_label=target_label(spec.replace(split=told_on)),
        target_value=found.target.bind(found_fit).value(found_fit.parameters),
        unit=target_unit(spec),
        seconds=sum(found.seconds),
        notes=found.notes,
    )


def _split(target: object, spec: Spec) -> str:
    """The split that a target is measured on."""
    return str(getattr(target, "split", spec.split))
