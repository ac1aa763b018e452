"""Declared parts as widgets: what has nothing to show takes no room, and labels have theirs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from afif_explorer.notebook.context import ViewContext
from afif_explorer.notebook.render import render
from afif_explorer.screens import parts
from afif_explorer.screens.content import hint


def context(**fields: Any) -> ViewContext:
    return ViewContext(SimpleNamespace(**fields), lambda: False, lambda reason: None)  # type: ignore[arg-type]


def text(name: str) -> parts.Text:
    return parts.Text(
        name,
        label=name,
        page="guide",
        reads=(name,),
        content=lambda explorer: (hint("here"),) if getattr(explorer, name) else (),
    )


def test_a_group_is_shown_while_one_of_its_parts_is() -> None:
    where = context(one=False, two=False)
    made = render((parts.card(parts.beside(text("one"), text("two"))),), where)
    [card] = made.widgets
    [beside] = card.children
    for one, two in ((False, False), (True, False), (False, False), (False, True)):
        where.explorer.one, where.explorer.two = one, two
        made.update({"one", "two"})
        for box in (card, beside):
            assert (box.layout.display != "none") == (one or two)


def test_a_label_does_not_take_the_room_of_its_field() -> None:
    entry = parts.Entry(
        "long",
        label="A label of some length",
        page="guide",
        reads=(),
        value=lambda explorer: "",
        act=lambda explorer, text: None,
        example="1",
        width=150,
    )
    [field] = render((entry,), context()).widgets
    grow, shrink, width = field.layout.flex.split()
    assert (grow, shrink) == ("1", "1")
    assert int(width.removesuffix("px")) >= 150 + 6 * len(entry.label)
    assert field.layout.width == "auto"  # not that of the toolkit, where none is declared
