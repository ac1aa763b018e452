"""Every gap on screen names the groups it compares, or why it is undefined."""

from __future__ import annotations

import html
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from afif_explorer import study
from afif_explorer.app.page.status import StatusHead
from afif_explorer.notebook.context import ViewContext
from afif_explorer.notebook.statusbar import StatusBar
from afif_explorer.screens import SCREENS
from afif_explorer.screens.markup import markup
from afif_explorer.state import Explorer

ATTACK = "<img src=x onerror=alert(1)>"


def opened(outcomes: dict[str, float]) -> Explorer:
    rng = np.random.default_rng(0)
    side = rng.choice(list(outcomes), 500)
    frame = pd.DataFrame({"x": rng.normal(size=500), "z": rng.normal(size=500), "side": side})
    frame["y"] = np.where(rng.random(500) < [outcomes[group] for group in side], "yes", "no")
    content = frame.to_csv(index=False).encode()
    name = study.add_upload(content, "gaps.csv", target="y", sensitive=["side"])
    explorer = Explorer(name, target="equal_opportunity", view="unlearning", count=9)
    assert explorer.await_idle(60)
    return explorer


def said(name: str, explorer: Explorer) -> str:
    """What a text of the view shows, as markup."""
    [part] = [part for part in SCREENS["unlearning"].parts if part.name == name]
    return str(markup(part.says(explorer)))


@pytest.fixture(scope="module")
def explorer():
    made = opened({ATTACK: 0.7, "b": 0.4, "c": 0.0})
    yield made
    made.close()


def test_the_head_of_the_page_and_of_the_widgets_name_the_groups_and_warn(explorer):
    compares, notes = explorer.points.compares, explorer.points.notes
    assert f"'{ATTACK}'" in compares
    assert any("'c' of 'side'" in note for note in notes)
    assert any("may be due to chance" in note for note in notes)
    head = StatusHead(SimpleNamespace(explorer=explorer))
    bar = StatusBar(ViewContext(explorer, lambda: False, str))
    gap = head.shown["gap"].panel
    head.say(head.hears)
    for shown in (gap.object, bar.head.shown["gap"].widget.value):
        assert ATTACK not in shown
        for words in (compares, *notes):
            assert words in html.unescape(shown)
    explorer.target = "mean_loss"
    assert explorer.await_idle(60)
    head.say(head.hears)
    assert gap.object == ""
    assert bar.head.shown["gap"].widget.layout.display == "none"
    bar.close()


def test_the_table_names_the_groups_of_each_gap(explorer):
    explorer.target = "equal_opportunity"
    assert explorer.await_idle(60)
    shown = said("metrics", explorer)
    assert ATTACK not in shown
    for words in explorer.unlearning.compares.values():
        assert words in html.unescape(shown)


def test_the_table_says_why_a_gap_is_not_defined():
    explorer = opened({"a": 0.6, "b": 0.0})
    assert explorer.points is None
    assert "only 1 group of 'side' ('a')" in explorer.status.message
    shown = html.unescape(said("metrics", explorer))
    assert shown.count("only 1 group of 'side' ('a') has rows in the test split") == 4
    assert "not defined" in shown
    assert "0 of" not in explorer.unlearning.rule
    notes = html.unescape(said("notes", explorer))
    assert "This target cannot rank the rows, so none is removed" in notes
    explorer.close()
