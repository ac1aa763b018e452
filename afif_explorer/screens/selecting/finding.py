"""Finding rows: by a condition that is built or written, by id, or as a saved cohort."""

from __future__ import annotations

from functools import partial

from afif_explorer.errors import InvalidChoice
from afif_explorer.figures.drawing.text import short
from afif_explorer.screens.content import Content, hint, line
from afif_explorer.screens.formats import plural
from afif_explorer.screens.parts import Action, Entry, Menu, Text, beside, choice
from afif_explorer.state import Explorer
from afif_explorer.state.filtering import comparisons, offered_values
from afif_explorer.state.selection import How

PAGE = "choices/selected"
EXAMPLE = "age < 40 and education = HS-grad"
_COHORTS = ("finding", "cohorts", "frame", "selected")
_BUILT = ("finding", "frame", "points", "column", "operator", "level")


def _finding(explorer: Explorer) -> bool:
    return explorer.finding and explorer.known_rows is not None


def _columns(explorer: Explorer) -> dict[str, str]:
    if not _finding(explorer):
        return {}
    return {short(name, 40): name for name in map(str, explorer.table().columns)}


def _comparisons(explorer: Explorer) -> dict[str, str]:
    if not _finding(explorer):
        return {}
    column, table = explorer.column, explorer.table()
    offered = comparisons(table[column]) if column in table.columns else ("=",)
    return {op: op for op in offered}


def _levels(explorer: Explorer) -> dict[str, str]:
    if not _finding(explorer):
        return {}
    table = explorer.table()
    if explorer.column not in table.columns:
        return {}
    return offered_values(table[explorer.column], explorer.operator)


def _cohorts(explorer: Explorer) -> dict[str, str]:
    return {"": "", **{short(name, 40): name for name in explorer.cohorts}}


def _select_cohort(explorer: Explorer, name: str) -> None:
    if name:
        explorer.select_cohort(name)


def _in_cohort(explorer: Explorer) -> bool:
    return _finding(explorer) and bool(explorer.selected_cohort())


def _rename_cohort(explorer: Explorer, name: str) -> None:
    explorer.rename_cohort(explorer.selected_cohort(), name)


def _delete_cohort(explorer: Explorer) -> None:
    explorer.delete_cohort(explorer.selected_cohort())


def _found(explorer: Explorer) -> Content:
    """How many rows the condition finds."""
    if not explorer.finding:
        return ()
    if not explorer.condition:
        return (
            hint(
                f"Choose column, comparison and value, or write a condition such as: {EXAMPLE}. Besides the "
                "data's columns there are row, effect, loss, prediction, leverage and self_influence."
            ),
        )
    try:
        return (line(f"{plural(len(explorer.matching()), 'row')} found."),)
    except InvalidChoice as error:
        return (line(str(error), tone="poor"),)


def _select(how: How, explorer: Explorer) -> None:
    explorer.select_where(by="condition", how=how)


def _has_condition(explorer: Explorer) -> bool:
    return bool(explorer.condition)


def _go_to(explorer: Explorer, text: str) -> None:
    if not text.strip():
        explorer.look_at(None)
    elif text.strip().isdecimal():
        explorer.look_at(int(text))
    else:
        raise InvalidChoice(f"A row is named by its number, not {short(text)!r}.")


def _open_or_close(explorer: Explorer) -> None:
    table = explorer.table()
    if explorer.column not in table.columns:
        explorer.choose_column(str(table.columns[0]))
    explorer.finding = not explorer.finding


FIND = Action(
    "find",
    label="Find rows",
    page=PAGE,
    reads=("finding",),
    icon="search",
    act=_open_or_close,
    about="Select rows by a condition on their columns, by number, or as a saved cohort.",
)
_BUTTONS: tuple[tuple[str, str, How, str], ...] = (
    ("select_found", "Select these", "replace", "Select exactly these rows."),
    ("add_found", "Add to selection", "add", "Select these rows in addition."),
    ("keep_found", "Keep only these", "keep", "Deselect all rows that are not among these."),
)
FINDING = (
    beside(
        Menu(
            "column",
            label="Column",
            page=PAGE,
            reads=_BUILT,
            shown=_finding,
            options=_columns,
            value=lambda explorer: explorer.column,
            act=Explorer.choose_column,
            about="The column of the next condition.",
            width=170,
        ),
        choice(
            "operator",
            label="is",
            page=PAGE,
            reads=_BUILT,
            shown=_finding,
            options=_comparisons,
            about="How its values are compared; texts by =, != and contains.",
            width=105,
            grow=0,
        ),
        choice(
            "level",
            label="Value",
            page=PAGE,
            reads=_BUILT,
            shown=_finding,
            options=_levels,
            about="A value of the column; of numbers, some of its quantiles; for contains, a word.",
            width=170,
        ),
        Action(
            "add_condition",
            label="Add condition",
            page=PAGE,
            reads=_BUILT,
            icon="add",
            shown=_finding,
            act=Explorer.add_condition,
            enabled=lambda explorer: bool(explorer.column),
            about="Join this condition to the others by 'and'.",
        ),
        Entry(
            "condition",
            label="Condition",
            page=PAGE,
            reads=("finding", "condition", "frame"),
            shown=_finding,
            value=lambda explorer: explorer.condition,
            act=Explorer.write_condition,
            example=EXAMPLE,
            width=320,
            grow=2,
        ),
        gap=8,
        centred=True,
    ),
    beside(
        Text(
            "found",
            label="Rows found",
            page=PAGE,
            reads=("finding", "condition", "frame", "points"),
            shown=_finding,
            content=_found,
            width=240,
        ),
        beside(
            *(
                Action(
                    name,
                    label=label,
                    page=PAGE,
                    reads=("finding", "condition", "frame"),
                    icon="check",
                    shown=_finding,
                    act=partial(_select, how),
                    enabled=_has_condition,
                    about=about,
                )
                for name, label, how, about in _BUTTONS
            ),
            gap=8,
            centred=True,
            grow=0,
        ),
        Entry(
            "go_to",
            label="Look at row number",
            page=PAGE,
            reads=("finding", "primary", "frame"),
            shown=_finding,
            value=lambda explorer: "" if explorer.primary is None else str(explorer.primary),
            act=_go_to,
            example="123",
            width=150,
            grow=0,
        ),
        Menu(
            "cohort",
            label="Saved cohort",
            page=PAGE,
            reads=_COHORTS,
            shown=lambda explorer: _finding(explorer) and bool(explorer.cohorts),
            options=_cohorts,
            value=Explorer.selected_cohort,
            act=_select_cohort,
            about="Select the rows of a cohort saved earlier.",
            width=150,
            grow=0,
        ),
        Entry(
            "cohort_name",
            label="Name of this cohort",
            page=PAGE,
            reads=_COHORTS,
            shown=_in_cohort,
            value=Explorer.selected_cohort,
            act=_rename_cohort,
            example="early rows",
            width=150,
            grow=0,
        ),
        Action(
            "delete_cohort",
            label="Delete cohort",
            page=PAGE,
            reads=_COHORTS,
            icon="delete",
            shown=_in_cohort,
            act=_delete_cohort,
            about="Forget this cohort; its rows stay selected.",
        ),
        gap=8,
        centred=True,
    ),
)
