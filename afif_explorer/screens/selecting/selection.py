"""The selection bar, above every view: a selection is a deletion, told as it is made."""

from __future__ import annotations

from afif_explorer.figures.drawing.text import percent
from afif_explorer.results import Change, Removal, Trait
from afif_explorer.screens.changes import sentence, signed
from afif_explorer.screens.content import Badge, Content, Facts, Line, Strong, hint, line
from afif_explorer.screens.formats import plural
from afif_explorer.screens.parts import Action, Item, Text, beside, card, idle
from afif_explorer.screens.removal_words import TRUST
from afif_explorer.screens.selecting.finding import FIND, FINDING
from afif_explorer.spec import fits_link
from afif_explorer.state import Explorer
from afif_explorer.wording import count

LISTED = 12  # maximum number of ids that are listed
PAGE = "choices/selected"


def _sentence(explorer: Explorer) -> Content:
    if not explorer.selected:
        return (
            hint(
                "No rows selected. To see what would happen without some, draw around points on the map, "
                "Ctrl-click a mark, or tick rows of the table."
            ),
        )
    found = explorer.removal if explorer.fresh("removal") else None
    told = _told(found) if found is not None else _waiting(explorer)
    if fits_link(explorer.selected):
        return told
    return (
        *told,
        hint("Too many rows for a link: the page's address does not hold this selection."),
    )


def _waiting(explorer: Explorer) -> Content:
    chosen, frame = explorer.selected, explorer.frame
    share = f" ({percent(len(chosen) / len(frame))} of all)" if frame is not None else ""
    rows = line(Strong(plural(len(chosen), "row")), f" selected{share}. Ids: {_listed(chosen)}.")
    why = explorer.absence("removal")
    return (rows, line(why, tone="poor") if why else hint("Predicting what happens without them …"))


def _told(found: Removal) -> Content:
    share = percent(found.ids.size / found.n_train)
    rows = (Strong(plural(found.ids.size, "row")), f" selected ({share} of all). ")
    if not found.changes:
        return (line(*rows), line(found.refused, tone="poor"), *_profile(found))
    first, *others = found.changes
    whose = "it" if found.ids.size == 1 else "them"
    return (
        line(*rows, *_first(first, whose)),
        *_others(others),
        *_retrained(found, whose),
        *_profile(found),
    )


def _first(change: Change, whose: str) -> tuple[str | Badge, ...]:
    """What the removal does to the target, and how far to trust it."""
    of, reach = change.of, change.reach
    words = sentence(whose, of.label, change.predicted, of.value, of.unit)
    level = reach.level
    return Strong(words), ". ", Badge(TRUST[reach.level], level, reach.text)


def _others(changes: list[Change]) -> Content:
    if not changes:
        return ()
    return (
        Facts(
            tuple(
                (one.of.label, signed(one.predicted, one.of.value, one.of.unit)) for one in changes
            )
        ),
    )


def _retrained(found: Removal, whose: str) -> Content:
    """The true changes beside the predictions."""
    truths = [
        (one.of.label, signed(one.retrained, one.of.value, one.of.unit))
        for one in found.changes
        if one.retrained is not None
    ]
    if not truths:
        return ()
    told = (line(found.elsewhere, tone="poor"),) if found.elsewhere else ()
    return (line(f"Retrained without {whose}:"), Facts(tuple(truths)), *told)


def _profile(found: Removal) -> tuple[Line, ...]:
    """The columns in which the rows differ most from all rows."""
    told = [_trait(one) for one in found.traits if not one.likely_chance]
    if told:
        return (hint(f"Unlike all rows: {'; '.join(told)}."),)
    return (hint("No column differs from all rows by more than chance would explain."),)


def _trait(trait: Trait) -> str:
    return f"{trait.words} ({percent(trait.share)} of them, {percent(trait.overall)} of all)"


def _listed(ids: tuple[int, ...]) -> str:
    more = f" and {count(len(ids) - LISTED)} more" if len(ids) > LISTED else ""
    return ", ".join(map(str, ids[:LISTED])) + more


def _some(explorer: Explorer) -> bool:
    return bool(explorer.selected)


def _changed(explorer: Explorer) -> bool:
    return bool(explorer.selected) or explorer.can_undo or explorer.can_redo


def _retrainable(explorer: Explorer) -> bool:
    return bool(explorer.selected) and idle(explorer)


def _save(explorer: Explorer) -> None:
    explorer.save_cohort()


_ACTIONS: tuple[Item, ...] = (
    Action(
        "retrain_selected",
        label="Retrain",
        page=PAGE,
        reads=("selected", "status"),
        shown=_some,
        icon="retrain",
        act=Explorer.retrain_selected,
        enabled=_retrainable,
        about="Retrain without the selected rows, to check the prediction.",
    ),
    Action(
        "remove",
        label="Simulate removal",
        page=PAGE,
        reads=("selected",),
        shown=_some,
        icon="remove",
        act=Explorer.remove_selected,
        about="Show all metrics without the selected rows under Unlearning and fairness.",
    ),
    Action(
        "save_cohort",
        label="Save as cohort",
        page=PAGE,
        reads=("selected",),
        shown=_some,
        icon="save",
        act=_save,
        about="Keep these rows under a name for this session.",
    ),
    Action(
        "clear",
        label="Clear",
        page=PAGE,
        reads=("selected",),
        shown=_some,
        icon="close",
        act=lambda explorer: explorer.select(()),
        about="Clear the selection.",
    ),
    Action(
        "undo",
        label="Undo",
        page=PAGE,
        reads=("selected", "recorded"),
        shown=_changed,
        icon="undo",
        act=Explorer.undo_selection,
        enabled=lambda explorer: explorer.can_undo,
        about="Return to the previous selection (Ctrl+Z).",
    ),
    Action(
        "redo",
        label="Redo",
        page=PAGE,
        reads=("selected", "recorded"),
        shown=_changed,
        icon="redo",
        act=Explorer.redo_selection,
        enabled=lambda explorer: explorer.can_redo,
        about="Restore the selection that was undone last (Ctrl+Shift+Z).",
    ),
)


SELECTION = card(
    beside(
        Text(
            "selection",
            label="Selected rows",
            page=PAGE,
            reads=("selected", "removal", "frame", "status"),
            content=_sentence,
            width=420,
        ),
        beside(beside(*_ACTIONS, gap=8, centred=True, grow=0), FIND, gap=8, centred=True, grow=0),
        gap=8,
        centred=True,
    ),
    *FINDING,
    sticky=True,
)
