"""What a person does in the views of patterns, decisions, diagnostics and comparisons."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest

import afif_explorer as ax
from afif_explorer.errors import InvalidChoice
from afif_explorer.figures.drawing.serialization import Click
from afif_explorer.screens import SCREENS, SELECTION
from afif_explorer.screens.changes import sentence
from afif_explorer.screens.markup import markup
from afif_explorer.screens.parts import Action, Entry, Figure, Menu, Text, parts_of
from afif_explorer.screens.selecting.gestures import clicked
from afif_explorer.state import Explorer
from afif_explorer.wording import SPACE

WAIT = 120


@pytest.fixture(scope="module")
def explorer() -> Iterator[Explorer]:
    made = Explorer("hiring")
    yield made
    made.close()


def opened(explorer: Explorer, view: str, **choices: object) -> dict:
    """The parts of a view by name, once its results are there."""
    explorer.param.update(view=view, **choices)
    assert explorer.await_idle(WAIT)
    assert explorer.status.kind == "done", explorer.status
    return {part.name: part for part in SCREENS[view].parts}


def press(explorer: Explorer, action: Action) -> None:
    assert action.enabled(explorer), action.label
    action.act(explorer)


def told(explorer: Explorer, text: Text) -> str:
    return str(markup(text.says(explorer)))


def test_patterns_are_selected_and_combined(explorer: Explorer) -> None:
    parts = opened(explorer, "patterns")
    found = explorer.patterns.found
    figure, menu = parts["patterns"], parts["pattern"]
    assert isinstance(figure, Figure)
    assert isinstance(menu, Menu)
    clicked(explorer, figure, Click(None, 0.0, 1.2, add=False))
    assert explorer.pattern == 1
    assert set(explorer.selected) == set(found[1].ids.tolist())
    clicked(explorer, figure, Click(None, 0.0, 99.0, add=False))  # beside all patterns
    assert explorer.pattern == 1
    menu.act(explorer, 2)
    assert set(explorer.selected) == set(found[1].ids.tolist()), "looking does not select"
    press(explorer, parts["combine"])
    both = set(found[1].ids.tolist()) | set(found[2].ids.tolist())
    assert set(explorer.selected) == both
    press(explorer, parts["select"])
    assert set(explorer.selected) == set(found[2].ids.tolist())
    explorer.pattern = 80
    assert not parts["select"].enabled(explorer)
    with pytest.raises(InvalidChoice, match="no pattern"):
        parts["select"].act(explorer)


def test_a_decision_is_flipped(explorer: Explorer) -> None:
    parts = opened(explorer, "decisions", pattern=0)
    found = explorer.decisions
    place = int(np.nanargmin(found.counts))
    clicked(explorer, parts["decision_margins"], Click(int(found.ids[place]), 0.0, 0.0, add=False))
    assert explorer.row == place
    assert explorer.await_idle(WAIT)
    press(explorer, parts["select"])
    assert set(explorer.selected) == set(explorer.person.decision.rows.tolist())
    assert explorer.await_idle(WAIT)
    press(explorer, parts["verify"])
    assert explorer.await_idle(WAIT)
    assert "Retrained: the decision is" in told(explorer, parts["person"])


def test_the_card_of_a_row_tells_its_effects_on_what_is_watched(explorer: Explorer) -> None:
    parts = opened(explorer, "points", selected=())
    row = int(explorer.points.ids[7])
    explorer.primary = row
    explorer.prepare_brush()
    assert explorer.await_idle(WAIT)
    card = re.sub(r"<[^>]+>", " ", told(explorer, parts["row"])).replace(SPACE, " ")
    fit = ax.fit(ax.load_dataset("hiring"), penalty=ax.Ridge(1e-3))
    place = int(np.flatnonzero(fit.ids == row)[0])
    gap = ax.DemographicParityDifference("group", split="test")
    targets = {"accuracy": ax.SoftAccuracy("test"), "gap": gap}
    watched = {one.key: one for one in explorer.brush.watched}
    assert set(watched) == {"target", *targets}
    for key, target in targets.items():
        effect = float(np.asarray(ax.attribute(fit, target))[place])
        of = watched[key]
        says = sentence("it", of.label, effect, of.value, of.unit).replace(SPACE, " ")
        assert re.search(r"by \S+ in probability", says)
        assert f"{says}." in card


def test_influential_rows_are_selected(explorer: Explorer) -> None:
    parts = opened(explorer, "diagnostics", selected=())
    found = explorer.diagnostics
    press(explorer, parts["select_beyond"])
    beyond = np.abs(found.coefficient.dfbetas) > 2 / np.sqrt(found.ids.size)
    assert set(explorer.selected) == set(found.ids[beyond].tolist())
    menu = parts["coefficient"]
    menu.act(explorer, 10_000)  # from a link for data with more coefficients
    assert explorer.await_idle(WAIT)
    assert menu.value(explorer) == len(explorer.diagnostics.names) - 1
    assert explorer.diagnostics.coefficient.name == "intercept"


def test_two_strengths_are_compared(explorer: Explorer) -> None:
    parts = opened(explorer, "compare", selected=())
    assert "No fit is pinned" in told(explorer, parts["sides"])
    press(explorer, parts["pin"])
    explorer.strength = 0.3
    assert explorer.await_idle(WAIT)
    assert "ridge 0.001" in told(explorer, parts["sides"])
    assert "ridge 0.3" in told(explorer, parts["sides"])
    assert "decision" in told(explorer, parts["decisions"])
    press(explorer, parts["unpin"])
    assert explorer.await_idle(WAIT)
    assert explorer.comparison.rows is None


def test_removed_rows_are_selected(explorer: Explorer) -> None:
    parts = opened(explorer, "unlearning", rule="helpful", count=30, selected=())
    removed = explorer.unlearning.ids.tolist()
    select = parts["select_removed"]
    assert isinstance(select, Action)
    press(explorer, select)
    assert explorer.selected == tuple(removed)
    assert len(removed) == 30
    assert not select.enabled(explorer)


def test_the_selected_cohort_is_renamed_and_deleted(explorer: Explorer) -> None:
    parts = {part.name: part for part in parts_of((SELECTION,))}
    opened(explorer, "points")
    explorer.param.update(finding=True, selected=tuple(explorer.points.ids[:3].tolist()))
    rename, delete = parts["cohort_name"], parts["delete_cohort"]
    assert isinstance(rename, Entry)
    assert isinstance(delete, Action)
    assert not rename.shown(explorer)
    press(explorer, parts["save_cohort"])
    assert rename.shown(explorer)
    rename.act(explorer, "three rows")
    assert list(explorer.cohorts) == [rename.value(explorer)] == ["three rows"]
    kept = explorer.selected
    press(explorer, delete)
    assert (dict(explorer.cohorts), explorer.selected) == ({}, kept)
    assert not delete.shown(explorer)
    explorer.finding = False
