"""Fisher vs Hessian: do both give the same effects, and does retraining confirm them?"""

from __future__ import annotations

from afif_explorer.figures.drawing.text import number, percent
from afif_explorer.results import Agreement, Cost
from afif_explorer.screens.checks import check
from afif_explorer.screens.content import Content, Statistics, Table, TableRow, hint
from afif_explorer.screens.formats import duration, statistic
from afif_explorer.screens.parts import Screen, Text, below, beside, card, figure, idle
from afif_explorer.state import Explorer
from afif_explorer.wording import count

PAGE = "views/agreement"


def _statistics(explorer: Explorer) -> Content:
    found: Agreement = explorer.agreement
    gap = found.relative_gap
    pairs = (
        statistic("Pearson correlation", found.pearson, 4),
        statistic("Spearman rank correlation", found.spearman, 4),
        statistic("slope, Fisher on Hessian", found.slope, 4),
        (f"of the {found.top_k} largest effects in both", percent(found.overlap)),
        ("relative gap of the curvatures", "not computed" if gap is None else number(gap)),
    )
    return (Statistics(pairs), hint(_why(found)))


def _why(found: Agreement) -> str:
    if not found.identical:
        return (
            "This model is not linear in its parameters, so the two differ, the more the larger "
            "its residuals are."
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


def _truths(explorer: Explorer) -> Content:
    checked = explorer.verification
    found = None if checked is None else checked.curvatures
    if found is None or not found.predicted:
        return (
            hint("The check also measures how close each curvature is to each kind of retraining."),
        )
    rows = tuple(
        TableRow(
            f"{name}, {truth}",
            (number(one.pearson, 4), number(one.slope, 4), percent(one.error)),
        )
        for (name, truth), one in found.closeness.items()
    )
    columns = ("Pearson", "Slope of the reference", "Relative error")
    table = Table("How close each curvature is to each reference", columns, rows)
    norm = found.gradient_norm
    told = (
        f"Every response reached a gradient norm of {number(norm)} or less."
        if norm is not None
        else ""
    )
    return (table, *map(hint, filter(None, (told, *found.notes))))


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
            figure("agreement", brush=True, hides_verdict=True, width=460),
            figure("spectra", width=420),
        ),
        beside(
            figure("verification", brush=True, hides_verdict=True, width=460),
            card(
                below(
                    *check(
                        "verify",
                        label="Check by retraining",
                        page="figures/verification",
                        reads="verification",
                        found=lambda explorer: explorer.verification,
                        asks="Retrain the model without some rows, one at a time, and compare with the "
                        "predictions: 20 random rows, the 20 with the largest effects, and up to 50 "
                        "that are selected. You can cancel it.",
                        title=lambda checked: f"Checked on {count(checked.ids.size)} rows",
                        act=lambda explorer: explorer.verify(),
                        about="Retrain without some rows, one at a time, and compare with the predictions.",
                        enabled=idle,
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
        beside(
            figure("curvature_truths", width=460, grow=1.25),
            card(
                Text(
                    "truths",
                    label="Both curvatures against two references",
                    page="figures/curvature_truths",
                    reads=("verification",),
                    content=_truths,
                ),
                width=360,
            ),
        ),
    ),
)
