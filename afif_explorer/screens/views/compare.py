"""Compare: the present fit beside a pinned one."""

from __future__ import annotations

from afif_explorer.choices.targets import TARGETS
from afif_explorer.choices.units import loss_unit
from afif_explorer.errors import InvalidChoice
from afif_explorer.figures.drawing.text import number, numbers, percent, short
from afif_explorer.results import ComparedRows, Comparison
from afif_explorer.screens.content import (
    Content,
    Heading,
    Statistics,
    Table,
    TableRow,
    Values,
    hint,
    line,
)
from afif_explorer.screens.formats import plural, statistic
from afif_explorer.screens.parts import Action, Screen, Text, below, beside, card, figure
from afif_explorer.state import Explorer
from afif_explorer.wording import count

PAGE = "views/compare"
LISTED = 12  # rows that change sides


def _sides(explorer: Explorer) -> Content:
    found: Comparison = explorer.comparison
    if found.before is None or found.rows is None:
        return (
            Values((("Now", found.now.words),)),
            hint(
                "No fit is pinned. Pin the present one as the baseline, then change model, penalty, strength "
                "or method on the left: effects, metrics and decisions of both stand side by side here."
            ),
        )
    rows = found.rows
    pairs = (
        statistic("Pearson correlation of the effects", rows.pearson, 4),
        statistic("Spearman rank correlation", rows.spearman, 4),
        (f"of the {rows.top_k} largest effects in both", percent(rows.overlap)),
        (f"of the {rows.top_k} largest change their sign", count(rows.turned.size)),
    )
    return (
        Values((("Baseline", found.before.words), ("Now", found.now.words))),
        Statistics(pairs),
    )


def _metrics(explorer: Explorer) -> Content:
    found: Comparison = explorer.comparison
    if found.before is None:
        return (hint("Metrics, decisions and rows that change sides appear here."),)
    units = {TARGETS["mean_loss"].metric: loss_unit(explorer.data)}
    target = short(found.target_label, 80)
    rows = [_row(target, found.before.target_value, found.now.target_value, found.unit)]
    rows += [
        _row(name, value, found.now.metrics[name], units.get(name, ""))
        for name, value in found.before.metrics.items()
        if name in found.now.metrics
    ]
    return (
        Table("Target, and metrics on the test rows", ("Baseline", "Now", "Change"), tuple(rows)),
    )


def _row(name: str, before: float, now: float, unit: str = "") -> TableRow:
    change = now - before
    sign = "+" if change > 0 else ""
    return TableRow(name, (*numbers((before, now)), f"{sign}{number(change)}"), unit)


def _decisions(explorer: Explorer) -> Content:
    found: Comparison = explorer.comparison
    rows = found.rows
    if rows is None:
        return ()
    shift = (
        f"Predictions on the {rows.split} differ by {number(rows.difference)} (root mean square)."
    )
    if not explorer.data.classes:
        return (Heading("Predictions"), line(shift))
    told = (
        f"{plural(rows.changed.size, 'decision')} of {count(rows.n_split)} change "
        f"({percent(rows.changed.size / rows.n_split)}). {shift}"
    )
    return (Heading("Decisions that change"), line(told), *_changed(rows))


def _changed(rows: ComparedRows) -> Content:
    if not rows.changed.size:
        return ()
    listed = tuple(
        TableRow(f"Row {row}", (str(before), str(now)))
        for row, before, now in zip(rows.changed.tolist()[:LISTED], *rows.decisions, strict=False)
    )
    some = f"; {len(listed)} of {count(rows.changed.size)}" if rows.changed.size > LISTED else ""
    return (Table(f"{rows.split.capitalize()}{some}", ("Baseline", "Now"), listed),)


def _turned(explorer: Explorer) -> Content:
    found: Comparison = explorer.comparison
    rows = found.rows
    if rows is None or not rows.turned.size:
        return ()
    place = {row: at for at, row in enumerate(rows.ids.tolist())}
    listed = tuple(
        TableRow(f"Row {row}", (number(rows.before[place[row]]), number(rows.now[place[row]])))
        for row in rows.turned.tolist()[:LISTED]
    )
    caption = f"Training rows whose effect changes its sign, {found.unit}"
    return (Table(caption, ("Baseline", "Now"), listed),)


def _pin(explorer: Explorer) -> None:
    explorer.param.update(baseline=explorer.spec.pinned())


def _pinned(explorer: Explorer) -> bool:
    return bool(explorer.baseline)


def _select(explorer: Explorer) -> None:
    if not _any_turned(explorer):
        raise InvalidChoice(
            "No row with a large effect changes its sign; there is nothing to select."
        )
    explorer.pick(explorer.comparison.rows.turned, by=COMPARE.name)


def _any_turned(explorer: Explorer) -> bool:
    found: Comparison | None = explorer.comparison
    return found is not None and found.rows is not None and found.rows.turned.size > 0


COMPARE = Screen(
    "compare",
    (
        card(
            Text(
                "sides",
                label="Two fits",
                page=PAGE,
                reads=("comparison",),
                needs="comparison",
                waiting="The comparison appears here.",
                content=_sides,
            ),
            beside(
                Action(
                    "pin",
                    label="Pin the present fit",
                    page="choices/baseline",
                    reads=("baseline",),
                    icon="add",
                    act=_pin,
                    about="Make the present model, penalty and method the baseline.",
                    caption=lambda explorer: (
                        "Pin the present fit instead"
                        if _pinned(explorer)
                        else "Pin the present fit"
                    ),
                    main=True,
                ),
                Action(
                    "unpin",
                    label="Remove the baseline",
                    page="choices/baseline",
                    reads=("baseline",),
                    icon="close",
                    act=lambda explorer: explorer.param.update(baseline=""),
                    about="Compare with nothing.",
                    enabled=_pinned,
                ),
                Action(
                    "select",
                    label="Select the rows that change sides",
                    page=PAGE,
                    reads=("comparison",),
                    icon="select",
                    act=_select,
                    about="Select the training rows with a large effect that changes its sign.",
                    enabled=_any_turned,
                ),
                gap=8,
            ),
        ),
        beside(
            figure("effect_comparison", brush=True, hides_verdict=True, width=460),
            card(
                below(
                    Text(
                        "metrics",
                        label="Metrics of both fits",
                        page=PAGE,
                        reads=("comparison", "data"),
                        needs="comparison",
                        content=_metrics,
                    ),
                    Text(
                        "decisions",
                        label="Decisions of both fits",
                        page=PAGE,
                        reads=("comparison", "data"),
                        needs="comparison",
                        content=_decisions,
                    ),
                    Text(
                        "turned",
                        label="Rows that change sides",
                        page=PAGE,
                        reads=("comparison",),
                        needs="comparison",
                        content=_turned,
                    ),
                    gap=16,
                ),
                width=420,
            ),
        ),
    ),
)
