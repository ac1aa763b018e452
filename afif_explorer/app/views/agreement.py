"""Fisher vs Hessian: do both tell the same story, and does retraining confirm it?"""

from __future__ import annotations

from typing import Any

from afif_explorer.app.components.elements import (
    Text,
    absent,
    button,
    card,
    flow,
    html,
    stack,
    stats,
    table,
)
from afif_explorer.app.views.selection_bar import SelectionBar
from afif_explorer.app.views.view import View
from afif_explorer.figures.text import number, percent
from afif_explorer.results import Agreement, Cost, Verification
from afif_explorer.wording import count


class AgreementView(View):
    name = "agreement"
    title = "Fisher vs Hessian"
    hears = ("agreement", "verification", "selected")

    def build(self) -> object:
        self._bar = SelectionBar(self.desk)
        self._stats = Text()
        self._costs = Text()
        self._checked = Text()
        self._check = button(
            "Check by retraining", "fact_check", self.desk.explorer.verify, main=True
        )
        return stack(
            card(self._stats),
            self._bar.panel,
            flow(
                self.drawing("agreement", brush=True, told=True, width=460),
                self.drawing("spectra", width=420),
            ),
            flow(
                self.drawing("verification", brush=True, told=True, width=460),
                card(stack(self._checked, self._check, self._costs, gap=16), width=360),
            ),
        )

    def update(self) -> None:
        explorer = self.desk.explorer
        agreement, checked = explorer.agreement, explorer.verification
        self._bar.update()
        self._stats.put(
            _stats(agreement)
            if agreement
            else absent(explorer, "agreement", "The comparison appears here.")
        )
        self._costs.put(_costs(agreement))
        self._checked.put(_checked(checked))
        self._check.disabled = explorer.status.kind == "running"
        self._check.label = "Check again" if checked else "Check by retraining"


def _stats(agreement: Agreement) -> Any:
    gap = agreement.relative_gap
    pairs = [
        ("Pearson correlation", number(agreement.pearson, 4)),
        ("Spearman rank correlation", number(agreement.spearman, 4)),
        ("slope, Fisher on Hessian", number(agreement.slope, 4)),
        (f"of the {agreement.top_k} largest in both", percent(agreement.overlap)),
        ("relative gap of the curvatures", "not worked out" if gap is None else number(gap)),
    ]
    rest = "rounding" if agreement.solver.status == "converged" else "the error of the solver"
    why = (
        f"For this model and loss Fisher and Hessian are the same by theory; what differs is {rest}."
        if agreement.identical
        else "This model is not linear in its parameters, so the two differ; the further the "
        "predictions are from the outcomes, the more."
    )
    return html(
        '{stats}<p class="hint" style="margin-top:8px">{why}</p>', stats=stats(pairs), why=why
    )


def _costs(agreement: Agreement | None) -> Any:
    if agreement is None:
        return ""
    rows = [
        _cost("Fisher", agreement.fisher_cost),
        _cost("Hessian", agreement.hessian_cost),
    ]
    return table("What it took", ("", "Products", "FLOPs", "Time"), rows)


def _cost(name: str, cost: Cost) -> tuple[str, ...]:
    return name, count(cost.products), number(cost.flops), seconds(cost.seconds)


def _checked(checked: Verification | None) -> Any:
    if checked is None:
        return html(
            "<h3>Is it true?</h3><p class='hint'>Train the model again without some rows, one at a "
            "time, and compare with what was predicted. 20 random rows and the 20 with the largest "
            "effects; it can be cancelled.</p>"
        )
    pairs = [
        ("Pearson correlation with the truth", number(checked.pearson, 4)),
        ("rank correlation", number(checked.spearman, 4)),
        ("slope", number(checked.slope, 4)),
    ]
    return html(
        "<h3>Checked on {n} rows</h3>{stats}<p class='hint' style='margin-top:8px'>Every refit "
        "stopped at a gradient norm of {norm} or less; all took {time}.</p>",
        n=count(checked.ids.size),
        stats=stats(pairs),
        norm=number(checked.gradient_norm),
        time=seconds(checked.seconds),
    )


def seconds(value: float) -> str:
    """A duration as people read it."""
    if value < 1e-3:
        return f"{number(value * 1e6)} µs"
    return f"{number(value * 1e3)} ms" if value < 1 else f"{number(value)} s"
