"""Checks of predictions by true refits, which people ask for: the same two parts in every view."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from afif_explorer.figures.drawing.text import number
from afif_explorer.results import HeldOutCheck, Verification
from afif_explorer.screens.content import Content, Heading, Statistics, hint
from afif_explorer.screens.formats import duration
from afif_explorer.screens.parts import Action, Text
from afif_explorer.state import Explorer

AGAIN = "Check again"
Checked = TypeVar("Checked", Verification, HeldOutCheck)


def check(
    name: str,
    *,
    label: str,
    page: str,
    reads: str,
    found: Callable[[Explorer], Checked | None],
    asks: str,
    title: Callable[[Checked], str],
    act: Callable[[Explorer], None],
    about: str,
    enabled: Callable[[Explorer], bool],
) -> tuple[Text, Action]:
    """What a check has found, or what it would do, and the button ``name`` that starts it.

    ``found`` is the check, a part of the result that ``reads`` names; ``title`` says what it covers.
    """

    def content(explorer: Explorer) -> Content:
        checked = found(explorer)
        if checked is None:
            return (Heading(label), hint(asks))
        return (Heading(title(checked)), Statistics(_measures(checked)), hint(_refits(checked)))

    return (
        Text("checked", label=label, page=page, reads=(reads,), content=content),
        Action(
            name,
            label=label,
            page=page,
            reads=("status", reads),
            icon="check",
            act=act,
            about=about,
            enabled=enabled,
            caption=lambda explorer: label if found(explorer) is None else AGAIN,
            main=True,
        ),
    )


def _measures(checked: Verification | HeldOutCheck) -> tuple[tuple[str, str], ...]:
    """Each measure that exists, and its value."""
    measured = {
        "Pearson correlation with retraining": checked.pearson,
        "rank correlation": checked.spearman if isinstance(checked, Verification) else None,
        "slope": checked.slope,
    }
    return tuple((name, number(value, 4)) for name, value in measured.items() if value is not None)


def _refits(checked: Verification | HeldOutCheck) -> str:
    told = (
        f"Every refit reached a gradient norm of {number(checked.gradient_norm)} or less; "
        f"together they took {duration(checked.seconds)}."
    )
    return f"{told} {checked.elsewhere}".strip()
