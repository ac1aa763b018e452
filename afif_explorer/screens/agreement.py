"""Fisher vs Hessian: do both give the same effects, and does retraining confirm them?"""

from __future__ import annotations

from afif_explorer.figures.drawing.text import number, percent
from afif_explorer.results import Agreement, Cost, Verification
from afif_explorer.screens.content import Content, Heading, Statistics, Table, TableRow, hint
from afif_explorer.screens.formats import duration
from afif_explorer.screens.parts import Action, Screen, Text, below, beside, card, figure, idle
from afif_explorer.state import Explorer
from afif_explorer.wording import count

PAGE = "views/agreement"
CHECK = "Check by retraining"


def _statistics(explorer: Explorer) -> Content:
    found: Agreement = explorer.agreement
    gap = found.relative_gap
    pairs = (
        ("Pearson correlation", number(found.pearson, 4)),
        ("Spearman rank correlation", number(found.spearman, 4)),
        ("slope, Fisher on Hessian", number(found.slope, 4)),
        (f"of the {found.top_k} largest effects in both", percent(found.overlap)),
        ("relative gap of the curvatures", "not computed" if gap is None else number(gap)),
    )
    return (Statistics(pairs), hint(_why(found)))


def _why(found: Agreement) -> str:
    if not found.identical:
        return (
            "This model is not linear in its parameters, so the two differ; the further the "
            "predictions are from the outcomes, the more."
        )
    converged = found.solver.status == "converged"
    rest = "rounding error" if converged else "the error of the solver"
    return f"For this model and loss, Fisher and Hessian are equal in theory; the difference is {rest}."


def _costs(explorer: Explorer) -> Content:
    found: Agreement = explorer.agreement
    costs = (("Fisher", found.fisher_cost), ("Hessian", found.hessian_cost))
    rows = tuple(TableRow(name, _cells(cost)) for name, cost in costs)
    table = Table("Computational cost", ("Products", "FLOPs", "Time"), rows)
    return (table, hint(_steps(*(cost for _, cost in costs)))) if costs[0][1].steps else (table,)


def _steps(fisher: Cost, hessian: Cost) -> str:
    """Why one curvature may cost more than the other with a non-smooth penalty."""
    matrices = [number(cost.flops - cost.steps) for cost in (fisher, hessian)]
    return (
        f"The matrices take {' and '.join(matrices)} "
        "FLOPs. The rest are the proximal steps of all rows: their number depends on how many coefficients "
        "become zero or nonzero without each row, so either curvature may need more of them."
    )


def _cells(cost: Cost) -> tuple[str, ...]:
    return count(cost.products), number(cost.flops), duration(cost.seconds)


def _checked(explorer: Explorer) -> Content:
    checked: Verification | None = explorer.verification
    if checked is None:
        return (
            Heading(CHECK),
            hint(
                "Retrain the model without some rows, one at a time, and compare with the "
                "predictions: 20 random rows, the 20 with the largest effects, and up to 50 that are "
                "selected. You can cancel it."
            ),
        )
    pairs = (
        ("Pearson correlation with retraining", number(checked.pearson, 4)),
        ("rank correlation", number(checked.spearman, 4)),
        ("slope", number(checked.slope, 4)),
    )
    return (
        Heading(f"Checked on {count(checked.ids.size)} rows"),
        Statistics(pairs),
        hint(
            f"Every refit reached a gradient norm of {number(checked.gradient_norm)} or less; "
            f"together they took {duration(checked.seconds)}."
        ),
    )


AGREEMENT = Screen(
    "agreement",
    (
        card(
            Text(
                "statistics",
                label="Agreement of the effects",
                page=PAGE,
                reads=("agreement",),
                needs="agreement",
                waiting="The comparison appears here.",
                content=_statistics,
            )
        ),
        beside(
            figure("agreement", brush=True, told=True, width=460),
            figure("spectra", width=420),
        ),
        beside(
            figure("verification", brush=True, told=True, width=460),
            card(
                below(
                    Text(
                        "checked",
                        label=CHECK,
                        page="figures/verification",
                        reads=("verification",),
                        content=_checked,
                    ),
                    Action(
                        "verify",
                        label=CHECK,
                        page="figures/verification",
                        reads=("status", "verification"),
                        icon="check",
                        act=lambda explorer: explorer.verify(),
                        about="Retrain without each of some rows, and compare with the predictions.",
                        enabled=idle,
                        caption=lambda explorer: "Check again" if explorer.verification else CHECK,
                        main=True,
                    ),
                    Text(
                        "costs",
                        label="Computational cost",
                        page=PAGE,
                        reads=("agreement",),
                        needs="agreement",
                        content=_costs,
                    ),
                    gap=16,
                ),
                width=360,
            ),
        ),
    ),
)
