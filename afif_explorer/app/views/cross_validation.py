"""Cross-validation: how strong should the penalty be, and do refits agree?"""

from __future__ import annotations

from typing import Any

from afif_explorer.app.components.elements import (
    Text,
    absent,
    button,
    card,
    flow,
    html,
    join,
    share,
    stack,
    stats,
)
from afif_explorer.app.views.view import View
from afif_explorer.figures.text import number
from afif_explorer.results import CrossValidationReport
from afif_explorer.wording import count


class CrossValidationView(View):
    name = "cross_validation"
    title = "Cross-validation"
    hears = ("cross_validation",)

    def build(self) -> object:
        explorer = self.desk.explorer
        self._stats = Text(stylesheets=share(420))
        self._words = Text()
        self._take = button("Take the best strength", "auto_fix_high", self._use_best)
        self._check = button(
            "Check by true refits", "fact_check", explorer.check_cross_validation, main=True
        )
        return stack(
            card(
                flow(self._stats, self._take, self._check, gap=10, align="center"),
                self._words,
            ),
            flow(
                self.drawing("strength_path", told=True, width=460),
                self.drawing("held_out_losses", width=420),
            ),
            flow(self.drawing("leverage_distribution", width=460)),
        )

    def update(self) -> None:
        explorer = self.desk.explorer
        report = explorer.cross_validation
        self._stats.put(
            _stats(report)
            if report
            else absent(explorer, "cross_validation", "The held-out losses appear here.")
        )
        self._words.put(_words(report))
        self._take.disabled = report is None or report.best in (None, report.strength)
        self._check.disabled = explorer.status.kind == "running" or report is None

    def _use_best(self) -> None:
        report = self.desk.explorer.cross_validation
        if report is not None and report.best is not None:
            self.desk.explorer.param.update(strength=float(report.best))


def _stats(report: CrossValidationReport) -> Any:
    pairs = [
        (f"held-out loss, {report.unit}", number(report.mean_here, 4)),
        ("standard error", number(report.standard_error_here)),
        (
            f"effective of {count(report.n_parameters)} parameters",
            number(float(report.leverage.sum())),
        ),
    ]
    if report.best is not None:
        pairs.append(("best strength", number(report.best)))
    if report.one_standard_error is not None:
        pairs.append(("strongest within one standard error", number(report.one_standard_error)))
    return stats(pairs)


def _words(report: CrossValidationReport | None) -> Any:
    if report is None:
        return ""
    return join(html('<p class="hint">{note}</p>', note=note) for note in report.notes)
