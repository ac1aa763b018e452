"""What to know about the fit before its effects are trusted."""

from __future__ import annotations

from afif_explorer.analysis.checks.check import check
from afif_explorer.results import Checks
from afif_explorer.spec import Spec
from afif_explorer.study.fitting import fit
from afif_explorer.study.solving import method_of
from afif_explorer.study.store import has_grown, stage
from afif_explorer.study.targets import target_of


def checks(spec: Spec) -> Checks:
    """As from ``ax.check`` of the chosen target and method, without refits."""

    def make() -> Checks:
        made = check(fit(spec), target_of(spec), method=method_of(spec))
        has_grown("fit", spec)
        return made

    return stage("checks", spec, make)
