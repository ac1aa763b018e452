"""From settings to results: computations without a user interface, with every stage cached.

Each function takes a :class:`~afif_explorer.spec.Spec` and returns a value of
:mod:`afif_explorer.results`. Stages (data, fit, curvature, target, effects, ...) are cached by the
part of the spec that they depend on, so a change recomputes only the stages after it.
"""

from afif_explorer.study.data import (
    add_dataset,
    add_table,
    add_upload,
    data,
    describe,
    frame,
    held,
    title,
)
from afif_explorer.study.effects import attributed
from afif_explorer.study.fitting import fit, train
from afif_explorer.study.given import add_fit
from afif_explorer.study.keys import key
from afif_explorer.study.validation import offered, settle
from afif_explorer.study.views.checks import checks
from afif_explorer.study.views.comparison import comparison
from afif_explorer.study.views.crossvalidation import cross_validation
from afif_explorer.study.views.curvatures.agreement import agreement
from afif_explorer.study.views.curvatures.verification import verify
from afif_explorer.study.views.decisions import decisions
from afif_explorer.study.views.diagnostics import diagnostics
from afif_explorer.study.views.lissa import lissa
from afif_explorer.study.views.nearest import nearest
from afif_explorer.study.views.patterns import patterns
from afif_explorer.study.views.person import person
from afif_explorer.study.views.points import points
from afif_explorer.study.views.removals.removal import removal
from afif_explorer.study.views.removals.unlearning import unlearning
from afif_explorer.study.views.removals.watched import brush

__all__ = [
    "add_dataset",
    "add_fit",
    "add_table",
    "add_upload",
    "agreement",
    "attributed",
    "brush",
    "checks",
    "comparison",
    "cross_validation",
    "data",
    "decisions",
    "describe",
    "diagnostics",
    "fit",
    "frame",
    "held",
    "key",
    "lissa",
    "nearest",
    "offered",
    "patterns",
    "person",
    "points",
    "removal",
    "settle",
    "title",
    "train",
    "unlearning",
    "verify",
]
