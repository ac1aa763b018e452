"""The card of one row of a split: values, prediction, outcome, and the training rows that matter for it."""

from __future__ import annotations

from afif_explorer.figures.drawing.text import number
from afif_explorer.results import FlipProof, Person, PersonDecision
from afif_explorer.screens.cards.picture import picture
from afif_explorer.screens.cards.row_card import values_of
from afif_explorer.screens.content import (
    Block,
    Content,
    Heading,
    Pairs,
    Table,
    TableRow,
    Values,
    hint,
    line,
)
from afif_explorer.screens.formats import plural
from afif_explorer.state import Explorer
from afif_explorer.wording import count


def person_card(explorer: Explorer) -> Content:
    """The card of ``explorer.person``."""
    person: Person = explorer.person
    about = f"Row {person.id}, observed {person.outcome}"
    shown, rest = picture(explorer.data, person.values.items(), about)
    return (
        Heading(f"Row {person.id} of the {person.rows_label}"),
        line(_carried(person, person.decision)),
        *_proven(person, person.proof),
        *shown,
        Values((*_measures(person), *values_of(rest))),
        _rows(person),
    )


def _carried(person: Person, decision: PersonDecision | None) -> str:
    """How few rows carry the decision."""
    if decision is None:
        return (
            f"The model predicts {number(person.prediction, 4)} {person.unit}. It makes no decision that "
            "could flip; the table lists the training rows with the largest effects on this prediction."
        )
    if not decision.rows.size:
        return (
            f"No set of at most {count(decision.most)} training rows is predicted to change the decision "
            f"{decision.decided!r}; the table lists those with the largest effects on its probability."
        )
    how = "a refit without them confirms it" if decision.verified else "this is a prediction"
    carries = "carries" if decision.rows.size == 1 else "carry"
    return (
        f"{plural(decision.rows.size, 'training row')} {carries} this decision: removal changes it from "
        f"{decision.decided!r} to {decision.rival!r}; {how}."
    )


def _proven(person: Person, proof: FlipProof | None) -> Content:
    if proof is None:
        return ()
    lead = number(abs(proof.margin))
    norm = f"The refit reached a gradient norm of {number(proof.gradient_norm)}."
    if proof.flipped:
        told = f"Retrained: the decision is {proof.after!r}; the one before is behind by {lead} log-odds."
    else:
        told = f"Retrained: the decision stays {proof.after!r}; it still leads by {lead} log-odds."
    return (line(told, tone="plain" if proof.flipped else "fair"), hint(norm))


def _measures(person: Person) -> Pairs:
    predicted = number(person.prediction, 4)
    pairs = [
        ("Observed", person.outcome),
        ("Predicted", f"{predicted} for {person.predicted!r}" if person.predicted else predicted),
    ]
    if person.decision is not None:
        pairs.append(("Margin (log-odds)", number(person.decision.margin)))
    return tuple(pairs)


def _rows(person: Person) -> Block:
    all_rows = 0 if person.decision is None else person.decision.rows.size
    carried = all_rows > 0
    what = (
        "that carry the decision, most important first" if carried else "with the largest effects"
    )
    some = f"; {len(person.shown)} of {count(all_rows)}" if all_rows > len(person.shown) else ""
    rows = tuple(
        TableRow(f"Row {row}", (str(outcome), number(effect)))
        for row, outcome, effect in zip(
            person.shown.tolist(), person.outcomes, person.effects.tolist(), strict=True
        )
    )
    change = f"Change of the prediction without it, {person.unit}"
    return Table(f"Training rows {what}{some}", ("Observed", change), rows)
